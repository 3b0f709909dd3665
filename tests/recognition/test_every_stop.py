"""Whatever ends a job's ground holds it before its next shard, and writes no row after.

On a database of its own: a policy holds for everybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from compliance.actions import revocations, stops
from compliance.models import Application, Evidence, Grant
from compliance.versions import PLATFORM_STOP
from portal.common.clock import database_now
from portal.common.errors import Refused
from portal.tenancy.actions import organizations
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition import ledger, reconcile, runner
from recognition.actions import results
from recognition.models import FoundFace, Job, JobStatus, Shard, ShardState
from tests.compliance.conftest import EndUser, determine, new_officer
from tests.support import policy
from tests.support.jobs import ANNA, Desk, Meanwhile, new_desk, photo, work_off

SOON = timedelta(seconds=1.5)
EEA_RECORDS = ["article_9_condition", "impact_assessment"]


@pytest.fixture
def desk(fresh_database) -> Desk:
    return new_desk()


def search(desk: Desk, photos: int = 1) -> Job:
    return desk.submit("search", [(f"{n}.png", photo(ANNA)) for n in range(photos)])


def rows_of(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).count()


def until(moment) -> None:
    """Wait for a moment of the database's clock."""
    while (left := (moment - database_now()).total_seconds()) > 0:
        time.sleep(left)


def suspend(desk: Desk) -> None:
    with transaction.atomic():
        tenant = Organization.objects.get(pk=desk.tenant.organization.pk)
        organizations.change_status(tenant, "suspended", by=desk.by, reason="t")


def revoke(desk: Desk, how: Callable[..., object]) -> None:
    with tenant_scope(desk.tenant.organization):
        grant = Grant.objects.select_related("end_user", "determination").latest("pk")
    how(grant=grant, reasons="Misused.", by=new_officer("Ada"))


def grant_another(desk: Desk) -> None:
    """Record a determination for another end user, as after a change of end users."""
    other = EndUser.objects.create(name="Quayside Aid", organization_type="child_protection_ngo")
    determine(desk.tenant, "find_missing_child", other)
    with tenant_scope(desk.tenant.organization):
        organizations.raise_epoch(desk.tenant.organization)


def evidence_until(desk: Desk, moment) -> None:
    """The lawful basis of an organization in the EEA, on file until a moment."""
    determine(desk.tenant, "find_missing_child", establishment=["DE"], records=EEA_RECORDS)
    with tenant_scope(desk.tenant.organization):
        Evidence.objects.create(
            organization=desk.tenant.organization,
            application=Application.objects.create(organization=desk.tenant.organization, expires_at=moment),
            kind="report",
            record="lawful_basis",
            name="r",
            content_type="text/plain",
            size=1,
            sha256="0" * 64,
            status="verified",
            verified_by="usr_1",
            verified_at=timezone.now(),
            expires_at=moment,
        )


AT_ONCE: dict[str, tuple[Callable[[Desk], object], str]] = {
    "a moratorium is published": (lambda desk: policy.moratorium(), "no-search-today"),
    "the platform is stopped": (
        lambda desk: stops.declare(reasons="A drill.", by=new_officer("Ada")),
        PLATFORM_STOP,
    ),
    "the grant is revoked": (lambda desk: revoke(desk, revocations.revoke_grant), "not-granted"),
    "the organization is suspended": (suspend, "organization-stopped"),
    "the end user changes": (grant_another, "not-granted"),
}
BY_DATE: dict[str, tuple[Callable[[Desk, object], object], str]] = {
    "a moratorium begins": (lambda desk, end: policy.moratorium(starts_at=end), "no-search-today"),
    "the grant expires": (
        lambda desk, end: determine(desk.tenant, "find_missing_child", expires_at=end),
        "grant-expired",
    ),
    "the exemption expires": (
        lambda desk, end: determine(
            desk.tenant,
            "find_missing_child",
            moratorium_status="exempt",
            exemption="humanitarian-exemption",
            exemption_expires_at=end,
        ),
        "exemption-expired",
    ),
    "evidence expires": (evidence_until, "gdpr-9-35"),
}


@pytest.mark.parametrize("stop", AT_ONCE)
def test_what_stops_at_once_lets_no_row_be_written_and_refuses_the_next_call(desk, stop):
    happens, rule = AT_ONCE[stop]
    job = search(desk)
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: happens(desk)))
    assert rows_of(desk, job) == 0
    with pytest.raises(Refused, match=rule):
        search(desk)
    work_off()
    held = desk.reload(job)
    assert (held.state, held.refused_by, rows_of(desk, job)) == ("held:policy", rule, 0)


def test_a_revoked_exemption_stops_the_job_it_was_for(fresh_database):
    desk = new_desk(moratorium_status="exempt", exemption="humanitarian-exemption")
    job = search(desk)
    revokes = Meanwhile(lambda: revoke(desk, revocations.revoke_exemption))
    runner.run(ledger.claim("test:worker"), revokes)
    work_off()
    assert (desk.reload(job).state, rows_of(desk, job)) == ("held:policy", 0)


@pytest.mark.parametrize("stop", BY_DATE)
def test_what_ends_by_date_lets_no_row_be_written_after_and_needs_no_worker_to_hold(desk, stop):
    prepare, rule = BY_DATE[stop]
    job = search(desk, photos=65)  # two shards
    end = timezone.now() + SOON
    prepare(desk, end)
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: until(end)))
    assert rows_of(desk, job) == 0
    reconcile.reconcile()
    held = desk.reload(job)
    assert (held.state, held.refused_by) == ("held:policy", rule)
    assert {shard.state for shard in Shard.objects.filter(job_id=job.pk)} == {ShardState.HELD}
    assert (work_off(), rows_of(desk, job)) == (0, 0)


def test_nothing_is_written_so_shortly_before_an_end_that_the_commit_might_come_after_it(desk):
    job = search(desk)
    end = timezone.now() + SOON
    determine(desk.tenant, "find_missing_child", expires_at=end)
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: until(end - runner.COMMIT_TAKES / 2)))
    assert rows_of(desk, job) == 0


def test_a_job_goes_on_by_itself_when_the_moratorium_is_lifted(desk):
    job = search(desk)
    policy.moratorium()
    work_off()
    assert desk.reload(job).state == "held:policy"
    policy.lifted()
    reconcile.reconcile()
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_results_are_closed_by_a_moratorium_and_open_again_after_it(desk):
    job = search(desk)
    work_off()
    policy.moratorium()
    with pytest.raises(Refused, match="no-search-today"):
        results.open_results(job=desk.reload(job), by=desk.by)
    assert desk.reload(job).state == "held:policy"
    policy.lifted()
    assert results.open_results(job=desk.reload(job), by=desk.by).is_cleared
