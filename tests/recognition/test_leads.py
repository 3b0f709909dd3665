"""What becomes of leads: outcomes from another source, withdrawal with notice, and second looks."""

import pytest
from django.core import mail

from compliance.actions import letters
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import states
from recognition.actions import erasure, leads, reopenings, results
from recognition.actions.exports import Recipient
from recognition.models import (
    Candidate,
    CandidateStatus,
    ExportedLead,
    Face,
    FoundFace,
    LeadOutcome,
    LeadWithdrawal,
    OutcomeStatus,
    Reopening,
    Subject,
)
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off
from tests.support.review import a_lead, clear_ledger, hand_out, judge, member, now, searched
from tests.support.threads import together


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Lead House")


def follow_up(desk: Desk, lead: Candidate, outcome: str = "confirmed", **more):
    values = {"source": "Dental records", "reason": "They agree.", "by": desk.by} | more
    return leads.record_outcome(lead=lead, outcome=outcome, **values)


def outcomes(desk: Desk, lead: Candidate) -> list[str]:
    with tenant_scope(desk.tenant.organization):
        return list(LeadOutcome.objects.filter(lead=lead).order_by("pk").values_list("outcome", flat=True))


# Outcomes


def test_what_became_of_a_lead_is_kept_with_source_and_reason(desk):
    _, lead = a_lead(desk)
    made = follow_up(desk, lead)
    assert (made.source, made.reason, made.recorded_by) == ("Dental records", "They agree.", desk.by.id)
    assert Event.objects.get(target=lead.public_id, verb="lead.outcome_recorded").payload == {
        "outcome": "confirmed"
    }


def test_a_correction_stands_beside_what_it_corrects(desk):
    job, lead = a_lead(desk)
    for outcome in ("unknown", "confirmed", "ruled_out"):
        follow_up(desk, lead, outcome)
    assert outcomes(desk, lead) == ["unknown", "confirmed", "ruled_out"]
    [row] = results.rows(job, results.open_results(job=job, by=desk.by))
    assert row["faces"][0]["candidates"][0]["outcome"] == "ruled_out"


def test_the_same_outcome_is_not_recorded_twice(desk):
    _, lead = a_lead(desk)
    follow_up(desk, lead)
    with pytest.raises(Conflict, match="outcome_already: This outcome stands already: Confirmed"):
        follow_up(desk, lead)
    assert outcomes(desk, lead) == ["confirmed"]


def test_of_the_same_outcome_recorded_by_two_at_once_one_is_kept(desk):
    _, lead = a_lead(desk)
    came = together(*[lambda: follow_up(desk, lead)] * 2)
    assert "outcome_already" in came
    assert outcomes(desk, lead) == ["confirmed"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": "certain"}, "outcome_unknown"),
        ({"source": " "}, "source_missing"),
        ({"source": "x" * 201}, "source_too_long"),
        ({"reason": ""}, "reason_missing"),
    ],
)
def test_an_outcome_names_its_source_and_reason(desk, change, code):
    _, lead = a_lead(desk)
    with pytest.raises(InvalidInput, match=code):
        follow_up(desk, lead, **change)
    assert outcomes(desk, lead) == []


@pytest.mark.parametrize("verdict", ["rejected", "inconclusive", ""])
def test_only_a_lead_has_an_outcome(desk, verdict):
    _, candidate = searched(desk)
    if verdict:
        judge(candidate, member(desk), verdict)
    with pytest.raises(Conflict, match="not_a_lead: Only what reviewers made a lead"):
        follow_up(desk, candidate)
    assert outcomes(desk, candidate) == []


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR])
def test_somebody_who_neither_hands_out_nor_judges_follows_up_nothing(desk, role):
    _, lead = a_lead(desk)
    with pytest.raises(Refused, match="permission"):
        follow_up(desk, lead, by=member(desk, role, trained=False))
    with pytest.raises(Refused, match="permission"):
        leads.withdraw(lead=lead, reason="Wrong.", by=member(desk, role, trained=False))
    assert now(desk, lead).status == "lead"


def test_a_stranger_follows_up_nothing(desk):
    _, lead = a_lead(desk)
    with pytest.raises(NotFound):
        leads.withdraw(lead=lead, reason="Wrong.", by=new_desk("Other Lead House").by)


# Withdrawal


def test_withdrawing_a_lead_tells_everybody_it_was_handed_to(desk):
    job, lead = a_lead(desk)
    hand_out(desk, job, Recipient("Unit", email="lead.unit@example.org"))
    hand_out(desk, job)
    made = leads.withdraw(lead=lead, reason="Another person.", by=desk.by)
    while letters.send_due():  # those of other tests too
        pass
    told = [one for one in mail.outbox if one.to == ["lead.unit@example.org"]]
    assert [message.subject for message in told] == [f"A lead was withdrawn: {lead.public_id}"]
    assert "Another person" not in told[0].body
    assert sorted(bool(notice.letter_id) for notice in made) == [False, True]
    assert now(desk, lead).status == "withdrawn"
    assert Event.objects.get(target=lead.public_id, verb="lead.withdrawn").payload == {"exports": 2}


def test_an_export_without_the_lead_is_told_nothing(desk):
    job, candidate = searched(desk)
    hand_out(desk, job)
    judge(candidate, member(desk))
    assert leads.withdraw(lead=candidate, reason="Another person.", by=desk.by) == []


def test_a_lead_is_withdrawn_once_and_with_a_reason(desk):
    _, lead = a_lead(desk)
    with pytest.raises(InvalidInput, match="reason_missing"):
        leads.withdraw(lead=lead, reason=" ", by=desk.by)
    came = together(*[lambda: leads.withdraw(lead=lead, reason="Wrong.", by=desk.by)] * 2)
    assert sorted(map(str, came)) == ["[]", "not_a_lead"]
    with tenant_scope(desk.tenant.organization):
        assert LeadWithdrawal.objects.filter(lead=lead).count() == 1


def test_a_withdrawn_lead_has_no_further_outcome(desk):
    _, lead = a_lead(desk)
    leads.withdraw(lead=lead, reason="Wrong.", by=desk.by)
    with pytest.raises(Conflict, match="not_a_lead: This lead was withdrawn"):
        follow_up(desk, lead)


def test_a_lead_is_withdrawn_also_while_a_rule_closes_the_results(desk):
    job, lead = a_lead(desk)
    hand_out(desk, job, Recipient("Unit", email="held.unit@example.org"))
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended")
    with pytest.raises(Refused):
        results.open_results(job=desk.reload(job), by=desk.by)
    assert len(leads.withdraw(lead=lead, reason="Wrong.", by=desk.by)) == 1


def test_an_erasure_takes_what_became_of_a_lead_and_leaves_which_export_carried_it(desk):
    job, lead = a_lead(desk)
    hand_out(desk, job)
    follow_up(desk, lead)
    with tenant_scope(desk.tenant.organization):
        subject = Subject.objects.get(pk=lead.subject_id)
    erasure.erase_subject(subject=subject, by=desk.by)
    assert outcomes(desk, lead) == []
    with tenant_scope(desk.tenant.organization):
        assert ExportedLead.objects.filter(lead_id=lead.pk).count() == 1


# Second looks


def inconclusive(desk: Desk, **order):
    job, candidate = searched(desk, **order)
    judge(candidate, member(desk), "inconclusive")
    return job, now(desk, candidate)


def another_face(desk: Desk, candidate: Candidate, color=ANNA) -> Face:
    """Enroll another photo, of the same person by its color."""
    desk.submit("enroll", [("anna.png" if color == ANNA else "boris.png", photo(color))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        return Face.objects.exclude(pk=candidate.face_id).latest("pk")


def look_again(desk: Desk, candidate: Candidate, new, **more):
    values = {"reason": "From the front.", "by": desk.by} | more
    return reopenings.reopen(candidate=candidate, photo=new, **values)


def test_an_inconclusive_candidate_is_judged_again_beside_a_new_photo_of_the_subject(desk):
    _, candidate = inconclusive(desk)
    made = look_again(desk, candidate, another_face(desk, candidate))
    stored = now(desk, candidate)
    assert (stored.status, stored.round, made.round) == ("candidate", 2, 2)
    judge(stored, member(desk))
    assert now(desk, candidate).status == "lead"
    assert Event.objects.filter(target=candidate.public_id, verb="candidate.reopened").exists()


def test_whoever_judged_before_may_judge_the_new_round_and_once(desk):
    _, candidate = searched(desk)
    reviewer = member(desk)
    judge(candidate, reviewer, "inconclusive")
    look_again(desk, candidate, another_face(desk, candidate))
    judge(now(desk, candidate), reviewer)
    assert now(desk, candidate).status == "lead"


def test_a_later_probe_of_the_same_case_is_a_new_photo(desk):
    _, candidate = inconclusive(desk)
    desk.submit("search", [("later.png", photo(ANNA))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        found = FoundFace.objects.latest("pk")
    assert look_again(desk, candidate, found).found_id == found.pk


def test_a_probe_of_another_case_is_no_new_photo(desk):
    _, candidate = inconclusive(desk)
    desk.submit("search", [("later.png", photo(ANNA))], facts=FACTS | {"case_reference": "CASE-2"})
    work_off()
    with tenant_scope(desk.tenant.organization):
        found = FoundFace.objects.latest("pk")
    with pytest.raises(InvalidInput, match="photo_not_new"):
        look_again(desk, candidate, found)
    assert now(desk, candidate).status == "inconclusive"


def test_a_photo_of_somebody_else_or_from_before_is_no_new_photo(desk):
    _, candidate = inconclusive(desk)
    boris = another_face(desk, candidate, BORIS)
    with tenant_scope(desk.tenant.organization):
        old = Face.objects.get(pk=candidate.face_id)
    for wrong in (boris, old):
        with pytest.raises(InvalidInput, match="photo_not_new"):
            look_again(desk, candidate, wrong)
    with tenant_scope(desk.tenant.organization):
        assert not Reopening.objects.filter(candidate=candidate).exists()


@pytest.mark.parametrize("verdict", ["lead", "rejected"])
def test_only_an_inconclusive_candidate_is_judged_again(desk, verdict):
    _, candidate = searched(desk)
    judge(candidate, member(desk), verdict)
    with pytest.raises(Conflict, match="not_inconclusive: Only an inconclusive candidate"):
        look_again(desk, candidate, another_face(desk, candidate))


def test_a_second_look_needs_a_reason_and_the_right(desk):
    _, candidate = inconclusive(desk)
    new = another_face(desk, candidate)
    with pytest.raises(InvalidInput, match="reason_missing"):
        look_again(desk, candidate, new, reason=" ")
    with pytest.raises(Refused, match="permission"):
        look_again(desk, candidate, new, by=member(desk, Role.APPROVER, trained=False))


def test_a_second_look_passes_the_gate(desk):
    _, candidate = inconclusive(desk)
    new = another_face(desk, candidate)
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended")
    with pytest.raises(Refused, match="organization-stopped"):
        look_again(desk, candidate, new)
    assert now(desk, candidate).status == "inconclusive"


def test_a_second_look_begins_once(desk):
    _, candidate = inconclusive(desk)
    new = another_face(desk, candidate)
    came = together(*[lambda: look_again(desk, candidate, new)] * 2)
    assert "not_inconclusive" in came
    assert now(desk, candidate).round == 2


# The tables


def test_every_step_of_a_candidate_is_in_the_table():
    steps = states.CANDIDATE.pairs()
    assert ("lead", "withdrawn") in steps
    assert ("inconclusive", "candidate") in steps
    assert not [new for old, new in steps if old in ("withdrawn", "rejected")]
    assert {old for old, _ in steps} | {new for _, new in steps} == set(CandidateStatus.values)


def test_no_outcome_follows_itself():
    steps = states.OUTCOME.pairs()
    assert {new for _, new in steps} == set(OutcomeStatus.values)
    assert not [(old, new) for old, new in steps if old == new]
