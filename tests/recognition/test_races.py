"""Two at the same instant, each on a connection of its own: exactly one wins, and nothing is half done."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from portal.audit.models import Event
from portal.common.errors import DomainError
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import ledger, runner
from recognition.actions import holds, jobs, progress, recalls, retention
from recognition.models import FoundFace, Item, Job, JobStatus, Shard, ShardState
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, Desk, new_desk, photo, work_off

pytestmark = pytest.mark.proof
ROUNDS = 30 if os.environ.get("PROOF") == "full" else 2


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def at_once(*steps: Callable[[], object]) -> list[str]:
    """Take steps in threads that start together; return what each came to: `done` or its error's code."""
    barrier, came_to = threading.Barrier(len(steps)), [""] * len(steps)

    def run(place: int, step: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            step()
            came_to[place] = "done"
        except DomainError as error:
            came_to[place] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return came_to


def member(desk: Desk, role: Role, number: int) -> Actor:
    return Actor("user", f"usr_{role}{number}", "M", organization_id=desk.tenant.organization.pk, role=role)


def detect(desk: Desk) -> Job:
    return desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)


def finished(desk: Desk) -> Job:
    job = detect(desk)
    work_off()
    return desk.reload(job)


def events(job: Job, verb: str) -> int:
    return Event.objects.filter(target=job.public_id, verb=verb).count()


def rows_of(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).count()


def changed(desk: Desk, job: Job, **values) -> Job:
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(**values)
    return desk.reload(job)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_approvers_one_queues_the_job(desk, _):
    job = changed(desk, detect(desk), status="awaiting_approval")
    Shard.objects.filter(job_id=job.pk).delete()
    both = [member(desk, Role.APPROVER, number) for number in range(2)]
    came_to = at_once(*(lambda by=by: jobs.approve(job=desk.reload(job), by=by) for by in both))
    assert came_to.count("done") == 1
    assert (events(job, "job.approved"), Shard.objects.filter(job_id=job.pk).count()) == (1, 1)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_approver_and_canceller_one_wins(desk, _):
    job = changed(desk, detect(desk), status="awaiting_approval")
    Shard.objects.filter(job_id=job.pk).delete()
    approver = member(desk, Role.APPROVER, 1)
    came_to = at_once(
        lambda: jobs.approve(job=desk.reload(job), by=approver),
        lambda: jobs.cancel(job=desk.reload(job), by=desk.by),
    )
    assert "done" in came_to
    left = Shard.objects.filter(job_id=job.pk, state=ShardState.READY).count()
    assert (desk.reload(job).status, left) in {(JobStatus.QUEUED, 1), (JobStatus.CANCELLED, 0)}


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_cancellers_one_cancels(desk, _):
    job = detect(desk)
    came_to = at_once(*(lambda: jobs.cancel(job=job_again(desk, job), by=desk.by) for _ in range(2)))
    assert (came_to.count("done"), events(job, "job.cancelled")) == (1, 1)


def job_again(desk: Desk, job: Job) -> Job:
    """Return the job as both saw it, before either changed it."""
    fresh = desk.reload(job)
    fresh.status = JobStatus.QUEUED
    return fresh


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_workers_one_does_the_shard(desk, _):
    job = detect(desk)
    claims: list[object] = []
    at_once(*(lambda: claims.append(ledger.claim("test:worker")) for _ in range(4)))
    taken = [claim for claim in claims if claim]
    assert len(taken) == 1
    runner.run(taken[0], FakeEngine())
    assert rows_of(desk, job) == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_shard_is_written_once_though_two_hold_it_for_theirs(desk, _):
    job = detect(desk)
    claim = ledger.claim("test:worker")
    at_once(*(lambda: runner.run(claim, FakeEngine()) for _ in range(2)))
    work_off()
    assert (rows_of(desk, job), events(job, "job.finished")) == (1, 1)
    assert desk.reload(job).status == JobStatus.RELEASED


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_job_cancelled_while_its_last_shard_is_written_is_either_done_or_cancelled(desk, _):
    job, claim = detect(desk), None
    claim = ledger.claim("test:worker")
    came_to = at_once(
        lambda: runner.run(claim, FakeEngine()), lambda: jobs.cancel(job=desk.reload(job), by=desk.by)
    )
    status, rows = desk.reload(job).status, rows_of(desk, job)
    assert (status, rows, came_to[1] == "done") in {
        (JobStatus.RELEASED, 1, False),
        (JobStatus.CANCELLED, 0, True),
    }


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_job_paused_while_its_last_shard_is_written_has_all_of_it_or_none(desk, _):
    job = detect(desk)
    claim = ledger.claim("test:worker")
    at_once(lambda: runner.run(claim, FakeEngine()), lambda: holds.pause(job=desk.reload(job), by=desk.by))
    now = desk.reload(job)
    done = JobStatus.RELEASED in {now.status, now.held_from}
    assert rows_of(desk, job) == (1 if done else 0)
    open_ = Shard.objects.filter(job_id=job.pk).exclude(state=ShardState.DONE)
    assert [shard.state for shard in open_] == ([] if done else [ShardState.HELD])


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_who_let_a_job_go_on_one_does(desk, _):
    job = detect(desk)
    holds.pause(job=job, by=desk.by)
    held = [desk.reload(job), desk.reload(job)]
    came_to = at_once(*(lambda one=one: holds.resume(job=one, by=desk.by) for one in held))
    assert (came_to.count("done"), events(job, "job.resumed")) == (1, 1)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_who_recall_one_does_and_recipients_are_told_once(desk, _):
    job = finished(desk)
    came_to = at_once(*(lambda: recalls.recall(job=job, because="Wrong.", by=desk.by) for _ in range(2)))
    assert sorted(came_to) == ["done", "not_released"]
    assert events(job, "job.recalled") == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_two_sweeps_destroy_a_job_once(desk, _):
    job = finished(desk)
    changed(desk, job, released_at=F("released_at") - timedelta(days=31))
    at_once(retention.sweep, retention.sweep)
    assert (desk.reload(job).status, events(job, "job.purged")) == (JobStatus.PURGED, 1)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_recall_and_purge_at_once_come_to_one_end(desk, _):
    job = finished(desk)
    changed(desk, job, released_at=F("released_at") - timedelta(days=31))
    at_once(retention.sweep, lambda: recalls.recall(job=job, because="Wrong.", by=desk.by))
    ends = Counter(events(job, verb) for verb in ("job.purged", "job.recalled"))
    assert desk.reload(job).status in {JobStatus.PURGED, JobStatus.RECALLED}
    assert ends[2] == 0


@pytest.mark.parametrize("_", range(ROUNDS))
def test_retry_and_acceptance_of_half_done_work_at_once_come_to_one(desk, _):
    job = finished(desk)
    with tenant_scope(desk.tenant.organization):
        Item.objects.filter(job=job).update(status="failed", reason="timeout")
    job = changed(desk, job, status="partial", released_at=None)
    came_to = at_once(
        lambda: jobs.retry(job=desk.reload(job), by=desk.by),
        lambda: progress.accept(job=desk.reload(job), by=desk.by),
    )
    assert came_to.count("done") == 1
    assert desk.reload(job).status in {JobStatus.QUEUED, JobStatus.RELEASED}
