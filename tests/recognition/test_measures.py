"""What an officer takes away stops what runs under it: no row is written afterwards, and the job is held."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from compliance.actions import revocations, suspensions
from compliance.models import EndUser
from portal.tenancy.actions import organizations
from portal.tenancy.models import User
from portal.tenancy.scope import tenant_scope
from recognition import ledger, reconcile, runner
from recognition.models import FoundFace, JobStatus, Shard, ShardState
from tests.compliance.conftest import determine, new_officer
from tests.support.jobs import ANNA, Meanwhile, new_desk, photo, work_off


@pytest.fixture
def officer(database):
    """Leave no ready shard and no other officer behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    User.objects.filter(officer__active=True).update(is_active=False)
    return new_officer("Ada")


@pytest.fixture
def desk(officer):
    return new_desk()


def rows_of(desk, job):
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).count()


def granted(desk, **line):
    return determine(desk.tenant, "find_missing_child", **line)


def stopped_by(desk, happens, **order):
    """Run a search during which something happens; return the job afterwards."""
    job = desk.submit("search", [("a.png", photo(ANNA))], **order)
    runner.run(ledger.claim("test:worker"), Meanwhile(happens))
    assert rows_of(desk, job) == 0
    reconcile.reconcile()
    work_off()
    assert rows_of(desk, job) == 0
    return desk.reload(job)


def test_revoking_a_grant_stops_the_job_that_runs_under_it(desk, officer):
    grant = granted(desk)
    job = stopped_by(desk, lambda: revocations.revoke_grant(grant=grant, reasons="Misused.", by=officer))
    assert (job.status, job.refused_by) == (JobStatus.HELD, "not-granted")


def test_revoking_an_exemption_stops_the_job_that_runs_under_it(desk, officer):
    unit = EndUser.objects.create(
        name=f"Westford Police {desk.tenant.organization.pk}", organization_type="law_enforcement_local"
    )
    grant = granted(desk, end_user=unit, moratorium_status="exempt", exemption="humanitarian-exemption")
    revoke = lambda: revocations.revoke_exemption(grant=grant, reasons="Ended.", by=officer)  # noqa: E731
    job = stopped_by(desk, revoke, end_user_id=unit.pk)
    assert (job.status, job.refused_by) == (JobStatus.HELD, "us-police-2020")


def test_suspending_stops_what_runs_and_restricting_refers_it(desk, officer):
    organization = desk.tenant.organization
    restricts = lambda: suspensions.restrict(organization=organization, reasons="Unclear.", by=officer)  # noqa: E731
    assert stopped_by(desk, restricts).refused_by == "organization-restricted"
    suspends = lambda: suspensions.suspend(organization=organization, reasons="Misused.", by=officer)  # noqa: E731
    other = new_desk("Quayside Aid")
    organization = other.tenant.organization
    assert stopped_by(other, suspends).refused_by == "organization-stopped"


def test_an_end_user_who_is_no_longer_served_stops_the_job_for_them(desk):
    unit = EndUser.objects.create(
        name=f"Lost Children Trust {desk.tenant.organization.pk}", organization_type="missing_persons_ngo"
    )
    granted(desk, end_user=unit)

    def changes():
        granted(desk)  # the new determination names the organization itself alone
        with tenant_scope(desk.tenant.organization):
            organizations.raise_epoch(desk.tenant.organization)

    assert stopped_by(desk, changes, end_user_id=unit.pk).refused_by == "not-granted"


@pytest.mark.parametrize("end", ["expires_at", "exemption_expires_at"])
def test_an_end_reached_during_a_shard_writes_no_row(desk, end):
    unit = EndUser.objects.create(
        name=f"Eastbrook Police {end} {desk.tenant.organization.pk}",
        organization_type="law_enforcement_local",
    )
    soon = {end: timezone.now() + timedelta(seconds=2)}
    exempt = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}
    granted(desk, end_user=unit, **exempt, **soon)

    def waits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(2.1)")

    job = stopped_by(desk, waits, end_user_id=unit.pk)
    assert job.status == JobStatus.HELD
    assert job.refused_by == {"expires_at": "grant-expired", "exemption_expires_at": "exemption-expired"}[end]
