"""`accuracy/`: independent tests. Labels first, then pairs of one's own photos, then rates with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.policy.vocabulary import ImageSource, SubjectClass
from portal.api.accuracy_answers import HandedInOutput, TestBrief, TestOutput, handed_in, progress
from portal.api.accuracy_examples import FINISHED_TEST, HANDED_IN, NEW_TEST, NO_GRANT, OPEN_TEST
from portal.api.documents import PAGING, PROBLEM, Problem, paged
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import answered, listed, refused, sent, uploaded
from portal.api.pagination import page
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.accuracy import LONGEST_NAME, MOST_PAIRS, Label
from recognition.actions import accuracy, accuracy_pairs
from recognition.actions.accuracy_pairs import SIDES
from recognition.images import MAX_BYTES
from recognition.models import AccuracyTest

_TEST = (Permission.TEST_ACCURACY,)
# Facts that a key may carry. What a form calls the source of probes is that of all photos here.
_CARRIED = {"subject_class": "subject_class", "image_source": "probe_source", "probe_source": "probe_source"}


class PairInput(Input):
    """What is declared of one pair before anything is scored."""

    pair = serializers.RegexField(
        r"^[A-Za-z0-9._-]+$",
        max_length=LONGEST_NAME,
        help_text="Your name for it: letters, digits, . _ -",
    )
    same = serializers.BooleanField(help_text="Whether both photos show one person.")
    group = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_NAME,
        help_text="As the people or the data set declare it, never inferred. Both photos are of this group.",
    )


class TestInput(Input):
    """The labels of all pairs, and what is to be tested."""

    threshold = serializers.IntegerField(
        min_value=0, max_value=100, help_text="Similarity, a whole number: nothing finer is told of a pair."
    )
    model = serializers.CharField(
        required=False, max_length=LONGEST_NAME, help_text="Name of the net; the installation's unless given."
    )
    image_source = serializers.ChoiceField([(word.value, word.label) for word in ImageSource], required=False)
    subject_class = serializers.ChoiceField(
        [(word.value, word.label) for word in SubjectClass], required=False
    )
    pairs = serializers.ListField(child=PairInput(), allow_empty=False, max_length=MOST_PAIRS)


class PhotosInput(Input):
    """The two photos of a pair."""

    first = serializers.FileField(allow_empty_file=True, help_text="JPEG, PNG or WebP, at most 15 MB.")
    second = serializers.FileField(allow_empty_file=True)


class Tests(Endpoint):
    """All tests of the key's purpose and end user."""

    parser_classes = (JSONParser,)
    needs = {"GET": _TEST, "POST": _TEST}

    @extend_schema(
        operation_id="accuracy_list",
        tags=["accuracy"],
        parameters=PAGING,
        responses=paged(TestBrief),
        examples=[listed("Tests", {k: v for k, v in OPEN_TEST.items() if k not in ("progress", "result")})],
    )
    def get(self, request: Request) -> Response:
        """List tests, the newest first."""
        with tenant_scope(self.organization):
            return Response(page(request, _reached(self), TestBrief, newest_first=True))

    @extend_schema(
        operation_id="accuracy_begin",
        tags=["accuracy"],
        request=TestInput,
        responses={201: TestOutput, (403, PROBLEM): Problem},
        examples=[
            sent("Labels of two of the pairs", NEW_TEST),
            answered("A test", OPEN_TEST),
            refused("Refused", NO_GRANT),
        ],
    )
    def post(self, request: Request) -> Response:
        """Commit the labels of at least 50 pairs.

        At least 10 pairs show one person, and at least 10 two. Labels cannot be changed afterwards: their
        SHA-256 stands in the trail before any pair is scored. Only keys for independent tests open this.
        """
        values = self.read(TestInput)
        test = accuracy.begin(
            organization=self.organization,
            labels=[Label(**one) for one in values["pairs"]],
            threshold=float(values["threshold"]),
            model=values.get("model"),
            facts=self._facts(values),
            by=self.by,
        )
        return Response(_described(self, test.public_id), status=201)

    def _facts(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts of the test: what the key carries, and over it what the request says."""
        layers = (self.caller.key.defaults, values)
        return {fact: layer[name] for layer in layers for name, fact in _CARRIED.items() if layer.get(name)}


class TestDetail(Endpoint):
    """One test."""

    needs = {"GET": _TEST, "DELETE": _TEST}

    @extend_schema(
        operation_id="accuracy_read",
        tags=["accuracy"],
        responses=TestOutput,
        examples=[answered("While pairs are handed in", OPEN_TEST), answered("Finished", FINISHED_TEST)],
    )
    def get(self, request: Request, test: str) -> Response:
        """Return how far a test is, and its result once it is finished."""
        return Response(_described(self, test))

    @extend_schema(operation_id="accuracy_withdraw", tags=["accuracy"], responses={204: None})
    def delete(self, request: Request, test: str) -> Response:
        """Give an open test up. Its scores are destroyed, it never has a result, and the trail says so."""
        accuracy.withdraw(test=_found(self, test), by=self.by)
        return Response(status=204)


class TestPair(Endpoint):
    """One pair of a test."""

    parser_classes = (MultiPartParser,)
    needs = {"POST": _TEST}
    counts_as = {"POST": "upload"}

    @extend_schema(
        operation_id="accuracy_hand_in",
        tags=["accuracy"],
        request={"multipart/form-data": PhotosInput},
        responses={200: HandedInOutput, (403, PROBLEM): Problem},
        examples=[
            uploaded("Two photos", {"first": "(bytes)", "second": "(bytes)"}),
            answered("No face in one photo", HANDED_IN),
            refused("Refused", NO_GRANT),
        ],
    )
    def post(self, request: Request, test: str, pair: str) -> Response:
        """Hand in the two photos of a pair.

        Their largest faces are compared, and what they score is not told. Photos are not stored. A pair is
        scored once; one that could not be read (422) or reached no engine (503) can be sent again. The last
        pair finishes the test; where that answer was lost, `finish/` does.
        """
        found = _found(self, test)
        files = self.read(PhotosInput)
        # One byte more than is taken is enough to say so. Held nowhere else, they go while the engine looks.
        photos = [files[side].read(MAX_BYTES + 1) for side in SIDES]
        made = accuracy_pairs.hand_in(test=found, pair=pair, photos=photos, by=self.by)
        with tenant_scope(self.organization):
            return Response(HandedInOutput(handed_in(made)).data)


class TestFinish(Endpoint):
    """The end of a test."""

    needs = {"POST": _TEST}

    @extend_schema(
        operation_id="accuracy_finish",
        tags=["accuracy"],
        request=None,
        responses={200: TestOutput, (403, PROBLEM): Problem},
        examples=[answered("Finished", FINISHED_TEST), refused("Refused", NO_GRANT)],
    )
    def post(self, request: Request, test: str) -> Response:
        """Finish a test before all its pairs are handed in; those that are not are counted.

        409 `too_few_scored` where fewer than 50 different pairs, or fewer than 10 of a kind, were compared.
        """
        made = accuracy.finish(test=_found(self, test), by=self.by)
        return Response(_described(self, made.public_id))


def _reached(view: Endpoint) -> Any:
    """Return the tests of the key's purpose and end user, in the scope in force."""
    return AccuracyTest.objects.filter(
        purpose=view.caller.key.purpose, end_user_id=view.caller.key.end_user_id
    )


def _found(view: Endpoint, text: str) -> AccuracyTest:
    with tenant_scope(view.organization):
        found: AccuracyTest = _reached(view).with_public_id(text)
        return found


def _described(view: Endpoint, text: str) -> dict[str, Any]:
    with tenant_scope(view.organization):
        test = _reached(view).with_public_id(text)
        test.progress = progress(test)
        described: dict[str, Any] = TestOutput(test).data
        return described
