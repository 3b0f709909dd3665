"""What `accuracy/` answers with: how far a test is, and rates in the end. No score of a pair is among it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from recognition.actions.accuracy_pairs import HandedIn
from recognition.models import AccuracyPair, AccuracyStatus, AccuracyTest


class RateOutput(serializers.Serializer[Any]):
    """A share with its 95 % interval (Clopper-Pearson)."""

    value = serializers.FloatField(help_text="0 to 1.")
    low = serializers.FloatField()
    high = serializers.FloatField()
    events = serializers.IntegerField(help_text="How often it happened.")
    trials = serializers.IntegerField(help_text="How often it could have.")


class RatesOutput(serializers.Serializer[Any]):
    """Both error rates at one threshold."""

    threshold = serializers.FloatField()
    fmr = RateOutput(allow_null=True, help_text="Of pairs of two people, those at or above the threshold.")
    fnmr = RateOutput(allow_null=True, help_text="Of pairs of one person, those below it.")


class GroupOutput(serializers.Serializer[Any]):
    """Both error rates of one declared group."""

    group = serializers.CharField(allow_blank=True)
    same = serializers.IntegerField()
    different = serializers.IntegerField()
    fmr = RateOutput(allow_null=True)
    fnmr = RateOutput(allow_null=True)
    withheld = serializers.ListField(
        child=serializers.CharField(), help_text="Which are not shown: too few pairs stand behind them."
    )


class FailureOutput(serializers.Serializer[Any]):
    """A photo in which no face could be compared."""

    pair = serializers.CharField()
    photo = serializers.CharField(help_text="first or second")
    reason = serializers.CharField(help_text="no_face, face_too_small or low_quality")


class LeftOutOutput(serializers.Serializer[Any]):
    """A pair that was compared and is in no rate."""

    pair = serializers.CharField()
    reason = serializers.CharField(
        help_text="one_photo (both sides), repeated_pair or photo_too_often: copies of photos, however saved."
    )


class ResultOutput(RatesOutput):
    """What a test came to. No score of a pair is in it, or kept."""

    is_enough = serializers.BooleanField(help_text="Whether enough pairs were compared for rates.")
    compared = serializers.IntegerField(help_text="Pairs behind the rates.")
    same = serializers.IntegerField(help_text="Of them, pairs of one person.")
    different = serializers.IntegerField(help_text="Of them, pairs of two people.")
    not_handed_in = serializers.IntegerField()
    thresholds = RatesOutput(many=True)
    groups = GroupOutput(many=True, help_text="Where groups were declared.")
    failure_to_enroll = RateOutput(allow_null=True, help_text="Photos without a face to compare.")
    failures = FailureOutput(many=True)
    left_out = LeftOutOutput(many=True)


class ProgressOutput(serializers.Serializer[Any]):
    """How many pairs were handed in."""

    compared = serializers.IntegerField()
    not_compared = serializers.IntegerField(help_text="A photo had no face to compare.")
    waiting = serializers.IntegerField()


class TestBrief(serializers.Serializer[Any]):
    """A test in a list."""

    id = serializers.CharField(source="public_id")
    status = serializers.CharField(help_text="open, finished, withdrawn or expired")
    purpose = serializers.CharField()
    threshold = serializers.FloatField(help_text="In force: raised where a rule asks for more.")
    model = serializers.SerializerMethodField()
    pipeline = serializers.CharField(help_text="Net, detector, landmarks, averaging, version.")
    scale = serializers.CharField(help_text="Version of the similarity scale.")
    labels_sha256 = serializers.CharField(
        help_text='SHA-256 of the labels, by pair: RFC 8785 JSON of [{"group", "pair", "same"}]. Recorded in '
        "the trail before any pair was scored."
    )
    pairs = serializers.IntegerField(help_text="Declared.")
    ruling = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="An unfinished test ends then, and its scores go.")
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_model(self, test: AccuracyTest) -> str:
        """The net alone."""
        return test.pipeline.partition("/")[0]


class TestOutput(TestBrief):
    """A test, and its result once it has one."""

    progress = ProgressOutput(allow_null=True, help_text="While it is open.")
    result = ResultOutput(allow_null=True, help_text="Once it is finished.")


class HandedInOutput(serializers.Serializer[Any]):
    """What became of a pair: never what it scored."""

    pair = serializers.CharField()
    compared = serializers.BooleanField()
    failures = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text="Photos in which no face could be compared, with the reason.",
    )
    status = serializers.CharField(help_text="Of the test; the last pair finishes it.")
    progress = ProgressOutput(allow_null=True)


def progress(test: AccuracyTest) -> dict[str, int] | None:
    """Return how many pairs of an open test were handed in, in the scope in force; None once it has ended."""
    if test.status != AccuracyStatus.OPEN:
        return None
    return AccuracyPair.objects.filter(test=test).counts()


def handed_in(made: HandedIn) -> dict[str, Any]:
    """Return what is told of a pair, in the scope in force: the same of every pair that was compared."""
    return {
        "pair": made.pair,
        "compared": not made.reasons,
        "failures": [{"photo": side, "reason": reason} for side, reason in made.reasons.items()],
        "status": made.test.status,
        "progress": progress(made.test),
    }
