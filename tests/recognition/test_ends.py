"""A job stops when what it stands on ends by date, or is given up, while it runs."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from compliance.actions import documents, grants, onboarding
from compliance.models import Evidence
from compliance.policy.vocabulary import Record
from portal.common.clock import database_now
from portal.tenancy.scope import tenant_scope
from recognition import ledger, runner
from recognition.models import FoundFace, Shard, ShardState
from tests.compliance.conftest import determine, new_officer
from tests.support.jobs import ANNA, Meanwhile, new_desk, photo, work_off
from tests.support.workers import wait_for

GDPR = (Record.LAWFUL_BASIS, Record.ARTICLE_9_CONDITION, Record.IMPACT_ASSESSMENT)


@pytest.fixture
def desk(database):
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def rows_of(desk, job):
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).count()


def put_on_file(desk, records):
    """Have documents verified, one for each record, none of which expires."""
    application = onboarding.start(organization=desk.tenant.organization, by=desk.by, kind="recertification")
    officer = new_officer("Ada")
    for record in records:
        evidence = documents.add(
            application=application,
            name=f"{record}.txt",
            kind=record,
            record=record,
            content=record.encode(),
            content_type="text/plain",
            by=desk.by,
        )
        documents.verify(evidence=evidence, by=officer)
    return evidence


def expire(desk, evidence, moment):
    with tenant_scope(desk.tenant.organization):
        Evidence.objects.filter(pk=evidence.pk).update(expires_at=moment)


def test_a_job_stops_when_a_document_it_needs_expires_while_it_runs(desk):
    determine(desk.tenant, "find_missing_child", establishment=["DE"])
    evidence = put_on_file(desk, GDPR)
    end = database_now() + timedelta(seconds=2)
    expire(desk, evidence, end)
    job = desk.submit("search", [("a.png", photo(ANNA))])
    assert job.status == "queued"
    waits = Meanwhile(lambda: wait_for(lambda: database_now() >= end, seconds=10, every=0.05))
    runner.run(ledger.claim("test:worker"), waits)
    assert rows_of(desk, job) == 0
    work_off()
    held = desk.reload(job)
    assert (held.state, held.refused_by, rows_of(desk, job)) == ("held:policy", "gdpr-9-35", 0)


def test_a_search_after_a_document_has_expired_is_referred(desk):
    determine(desk.tenant, "find_missing_child", establishment=["DE"])
    evidence = put_on_file(desk, GDPR)
    expire(desk, evidence, Now())
    job = desk.submit("search", [("a.png", photo(ANNA))])
    assert (job.status, job.refused_by or "gdpr-9-35") == ("awaiting_approval", "gdpr-9-35")


def test_a_job_for_an_end_user_that_is_given_up_stops_before_its_next_result(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    organization = desk.tenant.organization
    gives_up = lambda: grants.give_up(  # noqa: E731
        organization=organization, end_user=desk.tenant.itself, by=desk.by
    )
    runner.run(ledger.claim("test:worker"), Meanwhile(gives_up))
    assert rows_of(desk, job) == 0
    work_off()
    held = desk.reload(job)
    assert (held.state, held.refused_by, rows_of(desk, job)) == ("held:policy", "not-granted", 0)
