"""Handing in one pair of a test: looked at, counted, forgotten. The tester is never told what it scored."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Now

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate
from portal.common.errors import Conflict, DomainError, InvalidInput
from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from recognition import accuracy, client, ends, images, reimports, rulings, usage
from recognition.accuracy import Score
from recognition.actions import passages
from recognition.actions.accuracy import finish, open_test, standing
from recognition.engine.types import ImageResult
from recognition.fences import insist
from recognition.models import AccuracyPair, AccuracyTest, JobKind
from recognition.parcels import BROKE, STOPPED, Answer, Ask

SIDES = ("first", "second")


@dataclass(frozen=True)
class HandedIn:
    """What became of a pair.

    Attributes:
        reasons: Why no face of a photo was compared, by photo; empty where the pair was compared.
    """

    pair: str
    reasons: dict[str, str]
    test: AccuracyTest


def hand_in(*, test: AccuracyTest, pair: str, photos: list[bytes], by: Actor) -> HandedIn:
    """Compare the largest usable faces of two photos, and keep the score until the test's result.

    The last pair finishes the test.

    Args:
        test: An open one.
        pair: The tester's name for it.
        photos: The first and the second; taken out of the list, so that they are not held while the engine
            looks at them.
        by: A key for independent tests.

    Raises:
        InvalidInput: The reason code of a photo that cannot be read, or `reimport`, it left another
            organization as part of a lead; with `field` first or second.
        NotFound: The test has no pair of this name.
        Conflict: `pair_done`, it was handed in before; `test_ended`; `model_changed`.
        Refused: `permission`; the id of the rule, with the `decision`.
        Unavailable: `no_worker`, `no_answer`, `no_broker`, `busy`, `rules_changed`, `stalled`. Nothing was
            counted then.
    """
    require(by, Permission.TEST_ACCURACY, organization=test.organization_id)
    for side, photo in zip(SIDES, photos, strict=True):
        _check(photo, side, test.organization_id)
    with open_test(test):
        row = _waiting(test, pair)
    ruling = accuracy.rule(test, gate=Gate.SYNCHRONOUS, by=by)
    answer = _ask(test, ruling, photos)
    reasons = _reasons(answer)
    score = None if reasons else _score(answer)
    left = insist(lambda: _keep(test, row, reasons, score, ruling, by))
    found = test if left else finish(test=test, by=by)
    return HandedIn(pair, reasons, found)


def _check(photo: bytes, side: str, organization_id: UUID) -> None:
    try:
        sha256 = images.inspect(photo).sha256
    except InvalidInput as error:
        raise InvalidInput(error.code, error.sentence, field=side) from error
    if reimports.digests_among([sha256], organization_id=organization_id):
        raise InvalidInput(reimports.REIMPORT, reimports.SENTENCE, field=side)


def _waiting(test: AccuracyTest, name: str) -> AccuracyPair:
    row: AccuracyPair = AccuracyPair.objects.filter(test=test).named(name)
    if row.done_at is not None:
        raise _done()
    return row


def _ask(test: AccuracyTest, ruling: RulingRecord, photos: list[bytes]) -> Answer:
    epochs = rulings.epochs(ruling)
    order = Ask(
        call=uuid7(),
        organization=test.organization_id,
        kind=JobKind.COMPARE.value,
        policy_epoch=epochs.policy,
        organization_epoch=epochs.organization,
        sketches_under=accuracy.secret_of(test).hex(),
    )
    found = client.call(order, photos, secrets.data_key(test.organization_id))
    if found.problem == STOPPED:
        raise passages.changed()
    if found.problem == BROKE:
        raise client.unavailable(client.NO_ANSWER)
    if found.problem:
        raise InvalidInput(found.problem, "This model was never calibrated: no similarity can be said.")
    if found.pipeline != test.pipeline:
        sentence = f"The engine runs {found.pipeline}, and this test is of {test.pipeline}. Begin anew."
        raise Conflict("model_changed", sentence)
    return found


def _reasons(answer: Answer) -> dict[str, str]:
    """Return why photos show no face that can be compared.

    Raises:
        InvalidInput: The engine could not read one, which says nothing about faces.
    """
    found = {side: _reason(photo) for side, photo in zip(SIDES, answer.photos, strict=True)}
    for side, reason in found.items():
        if not ends.is_answer(reason):
            raise InvalidInput(reason, f"The engine could not read the {side} photo.", field=side)
    return {side: reason for side, reason in found.items() if reason}


def _reason(photo: ImageResult) -> str:
    return photo.reason or ""


def _score(answer: Answer) -> Score:
    """Return the score of the largest faces: that of the second photo stands first."""
    first, second = answer.sketches
    return Score(answer.similarities[min(answer.similarities)], (first, second))


def _keep(
    test: AccuracyTest,
    row: AccuracyPair,
    reasons: dict[str, str],
    score: Score | None,
    ruling: RulingRecord,
    by: Actor,
) -> bool:
    """Write what came of a pair, once; returns whether others wait."""
    with open_test(test) as found, standing(ruling, by):
        key = secrets.sealing_key(found.organization_id)
        written = AccuracyPair.objects.filter(pk=row.pk, done_at=None).update(
            sealed=b"" if score is None else accuracy.sealed(score, row, key),
            first_reason=reasons.get("first", ""),
            second_reason=reasons.get("second", ""),
            done_at=Now(),
        )
        if not written:
            raise _done()
        usage.count_call(found.organization_id)
        gates.close(found.public_id, organization=found.organization_id)
        return AccuracyPair.objects.filter(test=found, done_at=None).exists()


def _done() -> DomainError:
    return Conflict("pair_done", "This pair was handed in before. A pair is scored once.")
