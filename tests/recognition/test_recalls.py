"""Results that are called back are closed at once, and whoever was handed them is told."""

import pytest

from compliance.actions import cases
from compliance.models import Case, Letter
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import User
from portal.tenancy.roles import Permission, Role
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.actions import exports, holds, interventions, recalls, results
from recognition.actions.exports import Recipient
from recognition.models import Job, JobStatus, Notice, Shard, ShardState
from tests.compliance.conftest import new_officer
from tests.support.jobs import ANNA, Desk, new_desk, photo, work_off


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def detect(desk: Desk) -> Job:
    return desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)


def finished(desk: Desk) -> Job:
    job = detect(desk)
    work_off()
    return desk.reload(job)


def under_review(desk: Desk) -> tuple[Case, Actor]:
    """A case about the desk's organization, with the officer who was drawn for it."""
    with officer_scope():
        made = cases.open_case(
            kind="incident",
            organization_id=desk.tenant.organization.pk,
            summary="Misuse",
            by=Actor.system("t"),
        )
    new_officer("drawn")
    case = cases.assign(case=made, by=Actor.system("tests"))
    return case, Actor.for_user(User.objects.get(pk=case.assigned_to_id))


def notices_of(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return Notice.objects.filter(about=job.public_id).count()


# By an administrator


def test_recalled_results_are_closed_and_their_recipients_told(desk):
    job = finished(desk)
    exports.export(job=job, recipient=Recipient("Westford Police"), format_="csv", by=desk.by)
    recalls.recall(job=job, because="The photo was of somebody else.", by=desk.by)
    assert (desk.reload(job).status, notices_of(desk, job)) == (JobStatus.RECALLED, 1)
    with pytest.raises(Conflict, match="not_released"):
        results.open_results(job=desk.reload(job), by=desk.by)
    event = Event.objects.get(target=job.public_id, verb="job.recalled")
    assert (event.actor, event.payload) == (desk.by.id, {"exports": 1, "case": ""})


def test_a_stream_of_results_stops_when_they_are_recalled(desk):
    job = finished(desk)
    ruling = results.open_results(job=job, by=desk.by)
    recalls.recall(job=job, because="Wrong case.", by=desk.by)
    with pytest.raises(Refused, match="results_closed"):
        list(results.rows(job, ruling))


def test_a_recall_takes_a_reason_and_an_administrator(desk):
    job = finished(desk)
    analyst = Actor("user", "usr_a", "A", organization_id=desk.tenant.organization.pk, role=Role.ANALYST)
    with pytest.raises(InvalidInput, match="reason_missing"):
        recalls.recall(job=job, because=" ", by=desk.by)
    with pytest.raises(Refused, match="permission"):
        recalls.recall(job=job, because="Wrong case.", by=analyst)
    assert desk.reload(job).status == JobStatus.RELEASED


def test_a_key_recalls_only_where_it_was_made_for_that():
    plain = Actor("key", "key_1", "Program")
    named = Actor("key", "key_2", "Program", scopes=frozenset({"recall_results"}))
    assert not plain.may(Permission.RECALL_RESULTS)
    assert named.may(Permission.RECALL_RESULTS)


def test_what_was_not_released_cannot_be_recalled(desk):
    job = detect(desk)
    with pytest.raises(Conflict, match="not_released"):
        recalls.recall(job=job, because="Wrong case.", by=desk.by)
    assert desk.reload(job).status == JobStatus.QUEUED


def test_held_results_are_recalled_without_being_opened(desk):
    job = finished(desk)
    holds.pause(job=job, by=desk.by)
    recalls.recall(job=desk.reload(job), because="Wrong case.", by=desk.by)
    recalled = desk.reload(job)
    assert (recalled.status, recalled.held_reason) == (JobStatus.RECALLED, "")
    assert not Event.objects.filter(target=job.public_id, verb="job.resumed").exists()


# By an officer, with a case


def test_an_officer_holds_a_job_and_lets_it_go_on(desk):
    job, (case, officer) = detect(desk), under_review(desk)
    interventions.hold(case=case, job_id=job.public_id, because="Looked into.", by=officer)
    assert (desk.reload(job).state, work_off()) == ("held:operator", 0)
    interventions.resume(case=case, job_id=job.public_id, by=officer)
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_the_organization_is_told_when_an_officer_steps_in(desk):
    job, (case, officer) = finished(desk), under_review(desk)
    interventions.recall(case=case, job_id=job.public_id, because="Looked into.", by=officer)
    assert desk.reload(job).status == JobStatus.RECALLED
    with tenant_scope(desk.tenant.organization):
        letter = Letter.objects.get(about=job.public_id)
    assert letter.subject.startswith("An officer recalled results of yours")
    assert "Looked into" not in letter.body


def test_an_officer_reaches_only_jobs_of_the_organization_the_case_is_about(desk):
    job, (case, officer) = finished(new_desk("Other House")), under_review(desk)
    with pytest.raises(NotFound):
        interventions.hold(case=case, job_id=job.public_id, because="Looked into.", by=officer)


def test_an_officer_who_was_not_drawn_recalls_nothing(desk):
    job, (case, _) = finished(desk), under_review(desk)
    with pytest.raises(Refused, match="not_assigned"):
        interventions.recall(case=case, job_id=job.public_id, because="So.", by=new_officer("other"))
    assert desk.reload(job).status == JobStatus.RELEASED


def test_no_member_steps_in_as_an_officer(desk):
    job, (case, _) = finished(desk), under_review(desk)
    with pytest.raises(NotFound):
        interventions.hold(case=case, job_id=job.public_id, because="So.", by=desk.by)


def test_a_hold_that_the_rules_placed_is_not_lifted_by_an_officer_alone(desk):
    job, (case, officer) = detect(desk), under_review(desk)
    holds.hold(job=job, reason="policy", ruling="", rule="x", by=desk.by)
    with pytest.raises(Refused, match="not_held_by_operator"):
        interventions.resume(case=case, job_id=job.public_id, by=officer)


def test_a_case_that_has_ended_is_no_ground_to_step_in(desk):
    job, (case, officer) = finished(desk), under_review(desk)
    with officer_scope():
        Case.objects.filter(pk=case.pk).update(status="closed")
    with pytest.raises(Conflict, match="case_ended"):
        interventions.hold(case=case, job_id=job.public_id, because="So.", by=officer)
