from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import cases
from compliance.models import Case, EndUser, RulingRecord
from portal.common.errors import Conflict, Refused
from portal.common.ids import uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, User
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.actions import jobs, referrals
from recognition.actions.exports import Recipient
from recognition.models import ExportRecord, JobStatus, Shard, ShardState
from tests.compliance.conftest import determine, new_officer
from tests.support import policy
from tests.support.jobs import ANNA, FACTS, Desk, new_desk, photo, work_off
from tests.support.review import hand_out


@pytest.fixture
def desk(database) -> Desk:
    """A tenant with a grant for a purpose that no rule knows."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    desk = new_desk("House of Other Purposes")
    determine(desk.tenant, "other")
    return desk


def referred(desk: Desk):
    """A job that waits for an officer, and its case in the hands of the officer who was drawn."""
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None, purpose="other", facts=FACTS)
    new_officer("drawn")
    return job, *drawn(job)


def drawn(job):
    """The case that is open on a job, under review by the officer who was drawn."""
    with officer_scope():
        case = Case.objects.open().get(subject=job.public_id)
    case = cases.assign(case=case, by=Actor.system("tests"))
    officer = Actor.for_user(User.objects.get(pk=case.assigned_to_id))
    cases.begin_review(case=case, by=officer)
    with officer_scope():
        return Case.objects.get(pk=case.pk), officer


def test_a_job_that_no_rule_knows_waits_for_an_officer_and_opens_a_case(desk):
    job, case, _ = referred(desk)
    assert (job.status, case.kind) == (JobStatus.AWAITING_APPROVAL, "no_rule")
    assert work_off() == 0


def test_an_approved_referral_runs_through_every_later_gate(desk):
    job, case, officer = referred(desk)
    referrals.decide(case=case, approve=True, reasons="Seen the plan.", by=officer)
    assert desk.reload(job).status == JobStatus.QUEUED
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_an_approval_is_of_the_recipient_the_job_declared_and_of_no_other(desk):
    job, case, officer = referred(desk)
    referrals.decide(case=case, approve=True, reasons="Seen the plan.", by=officer)
    work_off()
    job = desk.reload(job)
    assert hand_out(desk, job).id
    body = EndUser.objects.create(name=f"Quayside {uuid7()}", organization_type="missing_persons_ngo")
    with pytest.raises(Refused, match="no-rule"):
        hand_out(desk, job, Recipient("Shift leader", party="registered", end_user=body.pk))
    with tenant_scope(desk.tenant.organization):
        assert ExportRecord.objects.filter(job=job).count() == 1


def test_an_approval_is_of_the_rule_the_officer_had_before_them(desk):
    job, case, officer = referred(desk)
    referrals.decide(case=case, approve=True, reasons="Seen the plan.", by=officer)
    with officer_scope():
        Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="restricted", epoch=1)
    work_off()
    held = desk.reload(job)
    assert (held.state, held.refused_by) == ("held:policy", "organization-restricted")
    case, officer = drawn(job)
    referrals.decide(case=case, approve=True, reasons="Seen this too.", by=officer)
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_a_declined_referral_is_refused_and_never_runs(desk):
    job, case, officer = referred(desk)
    referrals.decide(case=case, approve=False, reasons="No plan.", by=officer)
    assert desk.reload(job).status == JobStatus.REFUSED
    assert work_off() == 0


def test_no_approver_of_the_tenant_can_decide_in_place_of_the_officer(desk):
    job, _, _ = referred(desk)
    approver = Actor(
        kind="user",
        id="usr_approver",
        label="Approver",
        organization_id=desk.tenant.organization.pk,
        role=desk.by.role.APPROVER,
    )
    with pytest.raises(Conflict, match="needs_officer"):
        jobs.approve(job=job, by=approver)


def test_an_approval_does_not_reach_a_rule_that_refers_beside_the_one_named_first(fresh_database):
    desk = new_desk()
    policy.moratorium(ends_at=timezone.now() - timedelta(minutes=1))  # lapsed: an officer has to say so
    job = desk.submit("search", [("a.png", photo(ANNA))])
    new_officer("drawn")
    case, officer = drawn(job)
    referrals.decide(case=case, approve=True, reasons="Its end is confirmed for this.", by=officer)
    assert desk.reload(job).status == JobStatus.QUEUED
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="restricted", epoch=1)
    work_off()
    held = desk.reload(job)
    assert (held.state, held.refused_by) == ("held:policy", "no-search-today")
    case, officer = drawn(job)
    referrals.decide(case=case, approve=True, reasons="Seen the restriction too.", by=officer)
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_a_referral_that_was_declined_leaves_no_open_ruling(desk):
    job, case, officer = referred(desk)
    referrals.decide(case=case, approve=False, reasons="No plan.", by=officer)
    with officer_scope():
        assert not RulingRecord.objects.about(job.public_id).still_open().exists()
