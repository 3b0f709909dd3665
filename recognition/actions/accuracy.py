"""Independent tests of accuracy, from their labels to their result. No score outlives its test.

Labels are committed in the trail before anything is scored. Whoever tests learns rates, never a score, and
only once: a test has one result. Every step passes the gate, and what is written is written under a ruling
that stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import rfc8785
from django.conf import settings
from django.db.models.functions import Now

from compliance.actions import gate as gates
from compliance.actions.gate import Epochs
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.ids import uuid7
from portal.common.states import move
from portal.common.steps import alone
from portal.tenancy import directory, secrets
from portal.tenancy.access import require
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import accuracy, accuracy_report, rulings
from recognition.accuracy import Label
from recognition.actions import passages
from recognition.engine import identity, scale
from recognition.fences import COMMIT_TAKES, insist, leave_nothing_but_the_commit
from recognition.models import AccuracyPair, AccuracyStatus, AccuracyTest
from recognition.states import ACCURACY

CLOCK = Actor.system("clock")
_BULK = 1_000


def begin(
    *,
    organization: Organization,
    labels: Sequence[Label],
    threshold: float,
    model: str | None = None,
    facts: Mapping[str, Any],
    by: Actor,
) -> AccuracyTest:
    """Commit the labels of a test; its pairs are handed in afterwards.

    Args:
        organization: Whose test.
        labels: Of every pair; none can be added or changed later.
        threshold: Similarity, 0 to 100, at which rates are wanted; the gate may ask for a higher one.
        model: Name of the recognition net; the installation's unless given.
        facts: What the tester declares, in words of the vocabulary.
        by: A key for independent tests.

    Raises:
        InvalidInput: As for `accuracy.check_labels`; `unknown_model`, `no_scale`, `model_not_running`.
        Refused: `permission`; the id of the rule, with the `decision`; `quota_tests`, `quota_test_pairs`.
    """
    require(by, Permission.TEST_ACCURACY, organization=organization)
    accuracy.check_labels(labels)
    test = _draft(organization, labels, threshold, _pipeline(model), facts, by)
    ruling = accuracy.rule(test, gate=Gate.SYNCHRONOUS, by=by)
    test.ruling, test.least_threshold = ruling.public_id, accuracy.floor_of(ruling)
    test.threshold = max(threshold, test.least_threshold)
    insist(lambda: _begin(test, labels, ruling, by))
    return test


def finish(*, test: AccuracyTest, by: Actor) -> AccuracyTest:
    """Make the result of a test and destroy its scores.

    Raises:
        Refused: `permission`; the id of the rule, with the `decision`.
        Conflict: `too_few_scored`, more pairs have to be handed in first; `test_ended`.
    """
    require(by, Permission.TEST_ACCURACY, organization=test.organization_id)
    ruling = accuracy.rule(test, gate=Gate.RELEASE, by=by)
    insist(lambda: _finish(test, ruling, by))
    return _read(test)


def withdraw(*, test: AccuracyTest, by: Actor) -> AccuracyTest:
    """Give a test up: its scores are destroyed, and it never has a result.

    Raises:
        Conflict: `test_ended`.
    """
    require(by, Permission.TEST_ACCURACY, organization=test.organization_id)
    with open_test(test) as found:
        _end(found, AccuracyStatus.WITHDRAWN, "accuracy.withdrawn", by)
    return _read(found)


def sweep() -> int:
    """End tests that were not finished in time; returns how many."""
    due = directory.organizations_with(AccuracyTest.objects.overdue)
    return sum(alone(_expire, key, test) for key in due for test in _overdue(key))


@contextmanager
def open_test(test: AccuracyTest) -> Iterator[AccuracyTest]:
    """Open the scope of a test and lock it, for as long as the block lasts.

    Raises:
        Conflict: `test_ended`.
    """
    with tenant_scope(test.organization_id):
        found: AccuracyTest = AccuracyTest.objects.select_for_update(of=("self",)).get(pk=test.pk)
        if found.status != AccuracyStatus.OPEN or found.expires_at <= database_now():
            raise Conflict("test_ended", "This test has ended. Nothing more can be handed in.")
        yield found


@contextmanager
def standing(ruling: RulingRecord, by: Actor) -> Iterator[None]:
    """Let what the block writes be committed only under a ruling and a key that stand. In scope.

    Raises:
        Refused: `key-revoked`, `key-expired`.
        Unavailable: `rules_changed`; sent again, the gate says what stands now.
    """
    epochs = gates.lock_epochs_for_share(ruling.organization_id)
    _require_standing(ruling, epochs, by)
    yield
    leave_nothing_but_the_commit()
    _require_standing(ruling, epochs, by, ahead=COMMIT_TAKES)  # writing took time


def _require_standing(
    ruling: RulingRecord, epochs: Epochs, by: Actor, *, ahead: timedelta = timedelta()
) -> None:
    if ended := keys.ended(by.id, ahead=ahead):
        raise Refused(ended, "This key ended meanwhile, so nothing was kept.", decision=ruling.public_id)
    if not gates.still_stands(ruling, epochs) or rulings.over(ruling, ahead=ahead):
        raise passages.changed()


def _pipeline(model: str | None) -> str:
    """Return the pipeline that pairs are compared with.

    Raises:
        InvalidInput: `unknown_model`; `model_not_running`, a net of another name is asked for.
    """
    ours = identity.pipeline_id()
    if model is None or identity.pipeline_id(model=model) == ours:
        return ours
    running = ours.partition("/")[0]
    sentence = f"This installation compares with {running}. Only what it uses can be tested here."
    raise InvalidInput("model_not_running", sentence, field="model")


def _begin(test: AccuracyTest, labels: Sequence[Label], ruling: RulingRecord, by: Actor) -> None:
    with tenant_scope(test.organization_id):
        Organization.objects.select_for_update().get(pk=test.organization_id)
        accuracy.require_room(len(labels))
        with standing(ruling, by):
            test.save(force_insert=True)
            AccuracyPair.objects.bulk_create(_pairs(test, labels), batch_size=_BULK)
            _record("accuracy.begun", test, by, **_committed(test), ruling=test.ruling)
            gates.close(test.public_id, organization=test.organization_id)


def _finish(test: AccuracyTest, ruling: RulingRecord, by: Actor) -> None:
    with open_test(test) as found:
        found.least_threshold = max(found.least_threshold, accuracy.floor_of(ruling))
        found.threshold = max(found.threshold, found.least_threshold)
        result = _result(found)
        with standing(ruling, by):
            now = {"threshold": found.threshold, "least_threshold": found.least_threshold}
            move(found, AccuracyStatus.FINISHED, table=ACCURACY, result=result, ended_at=Now(), **now)
            _destroy_scores(found)
            _record("accuracy.finished", found, by, **_counted(result), ruling=ruling.public_id)


def _draft(
    organization: Organization,
    labels: Sequence[Label],
    threshold: float,
    pipeline: str,
    facts: Mapping[str, Any],
    by: Actor,
) -> AccuracyTest:
    purpose, end_user_id = _bound(by)
    return AccuracyTest(
        id=uuid7(),
        organization=organization,
        purpose=purpose,
        end_user_id=end_user_id,
        facts=dict(facts),
        threshold=threshold,
        pipeline=pipeline,
        scale=scale.scale_of(pipeline).version,
        labels_sha256=accuracy.commitment(labels),
        pairs=len(labels),
        created_by=by.id,
        expires_at=database_now() + timedelta(hours=settings.ACCURACY_HOURS),
    )


def _bound(by: Actor) -> tuple[str, UUID]:
    """Return the purpose and end user that a tester's key is bound to.

    Raises:
        Refused: `key_needed`.
    """
    if by.purpose is None or by.end_user_id is None:
        raise Refused("key_needed", "Tests are made by programs, with a key for independent tests.")
    return by.purpose, by.end_user_id


def _pairs(test: AccuracyTest, labels: Sequence[Label]) -> Iterator[AccuracyPair]:
    for label in labels:
        yield AccuracyPair(
            organization_id=test.organization_id,
            test=test,
            name=label.pair,
            same=label.same,
            group=label.group,
        )


def _result(test: AccuracyTest) -> dict[str, Any]:
    """Return a test's result, in scope and with the test locked.

    Raises:
        Conflict: `too_few_scored`, and there are pairs that can still be handed in.
    """
    key = secrets.data_key(test.organization_id)
    pairs = list(AccuracyPair.objects.filter(test=test).order_by("pk"))
    made = accuracy_report.report(test, pairs, [accuracy.opened(pair, key) for pair in pairs])
    if not made.is_enough and any(pair.done_at is None for pair in pairs):
        sentence = (
            f"A result takes {accuracy.LEAST_PAIRS} different pairs that were compared, and "
            f"{accuracy.LEAST_OF_A_KIND} of each kind. Hand in more."
        )
        raise Conflict("too_few_scored", sentence)
    return made.result


def _end(test: AccuracyTest, status: AccuracyStatus, verb: str, by: Actor) -> None:
    done = AccuracyPair.objects.filter(test=test, done_at__isnull=False).count()
    move(test, status, table=ACCURACY, ended_at=Now())
    _destroy_scores(test)
    _record(verb, test, by, done=done)


def _destroy_scores(test: AccuracyTest) -> None:
    AccuracyPair.objects.filter(test=test).delete()
    gates.close(test.public_id, organization=test.organization_id)


def _expire(organization_id: UUID, test_id: UUID) -> bool:
    with tenant_scope(organization_id):
        test = AccuracyTest.objects.overdue().select_for_update(of=("self",)).get(pk=test_id)
        _end(test, AccuracyStatus.EXPIRED, "accuracy.expired", CLOCK)
    return True


def _overdue(organization_id: UUID) -> list[UUID]:
    with tenant_scope(organization_id):
        return list(AccuracyTest.objects.overdue().order_by("pk").values_list("pk", flat=True))


def _read(test: AccuracyTest) -> AccuracyTest:
    with tenant_scope(test.organization_id):
        found: AccuracyTest = AccuracyTest.objects.get(pk=test.pk)
        return found


def _committed(test: AccuracyTest) -> dict[str, Any]:
    names = ("labels_sha256", "pairs", "threshold", "pipeline", "scale")
    return {name: getattr(test, name) for name in names}


def _counted(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "compared": result["compared"],
        "not_compared": len({one["pair"] for one in result["failures"]}),
        "left_out": len(result["left_out"]),
        "not_handed_in": result["not_handed_in"],
        "result_sha256": hashlib.sha256(rfc8785.dumps(dict(result))).hexdigest(),
    }


def _record(verb: str, test: AccuracyTest, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=test, organization=test.organization_id, **payload)
