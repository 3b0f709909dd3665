"""A child taken two hours ago: filed, decided by two officers on call, bound to one case, reviewed after."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from compliance.actions import assignments, cases, decisions, gate, revocations, shifts, urgent, urgent_votes
from compliance.models import Case, Determination, EndUser, Letter, Shift, UrgentRequest, UrgentVote
from compliance.policy.vocabulary import Gate
from compliance.standing import standing
from compliance.urgency import Urgency
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.models import Membership, Organization, User
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant, search_for_a_child
from tests.compliance.office import applied, finding_for, status_of, under_review

TAKEN = {
    "purpose": "find_missing_child",
    "requested_by": "police",
    "authority": "Westford Police, Missing Children Unit",
    "authority_reference": "WP-2026-118",
    "case_reference": "CASE-118",
    "story": "Taken from a school two hours ago.",
}


@pytest.fixture
def on_call(officers):
    for officer in officers[:2]:
        shifts.begin(hours=8, by=officer)
    return officers[:2]


@pytest.fixture
def cleared(tenant):
    determine(tenant, "find_missing_adult")
    return tenant


def stated(tenant, **changes):
    return Urgency(**{**TAKEN, "end_user": tenant.itself.public_id, **changes})


def filed(tenant, **changes):
    urgency = stated(tenant, **changes)
    return urgent.file(organization=tenant.organization, urgency=urgency, by=tenant.actor)


def case_of(request):
    with officer_scope():
        return Case.objects.get(pk=request.case_id)


def granted(request, officers, hours=24):
    for officer in drawn(request, officers):
        urgent_votes.vote(request=request, grants=True, hours=hours, reasons="Credible.", by=officer)


def drawn(request, officers):
    case = case_of(request)
    return [one for one in officers if one.user_id in {case.assigned_to_id, case.second_officer_id}]


def refused(request, officer):
    urgent_votes.vote(request=request, grants=False, hours=0, reasons="Not credible.", by=officer)


def reviewing(tenant, officers):
    with officer_scope():
        cases.open_case(
            kind="new_purpose", organization_id=tenant.organization.pk, summary="x", by=officers[0]
        )
    return under_review(tenant, officers)


def ruling(tenant, of=None, **facts):
    return gate.rule(
        search_for_a_child(of or tenant.itself, **facts),
        gate=Gate.SUBMIT,
        subject="job_u",
        by=tenant.actor,
        organization=tenant.organization,
    )


# On call


def test_an_officer_goes_on_call_once_and_leaves(officers):
    shifts.begin(hours=8, by=officers[0])
    with pytest.raises(Conflict, match="already"):
        shifts.begin(hours=8, by=officers[0])
    shifts.leave(by=officers[0])
    assert not Shift.objects.all().now().filter(officer_id=officers[0].user_id).exists()
    with pytest.raises(Conflict, match="not on call"):
        shifts.leave(by=officers[0])


@pytest.mark.parametrize("hours", [0, 25])
def test_a_shift_has_a_sensible_length(officers, hours):
    with pytest.raises(InvalidInput, match="1 to 24"):
        shifts.begin(hours=hours, by=officers[0])


def test_a_dismissed_officer_is_not_on_call(officers):
    shifts.begin(hours=8, by=officers[0])
    User.objects.filter(pk=officers[0].user_id).update(is_active=False)
    assert not Shift.objects.all().now().exists()


# Filing


def test_two_officers_on_call_are_drawn_and_written_to_at_once(cleared, on_call):
    request = filed(cleared)
    case = case_of(request)
    assert {case.assigned_to_id, case.second_officer_id} == {one.user_id for one in on_call}
    assert case.due_at - case.opened_at < timedelta(hours=1, seconds=5)
    with officer_scope():
        letters = Letter.objects.filter(about=case.public_id, kind="urgent_asked")
        asked = {letter.address for letter in letters}
    assert asked == {User.objects.get(pk=one.user_id).email for one in on_call}


def test_where_nobody_is_on_call_others_are_drawn(cleared, officers):
    case = case_of(filed(cleared))
    assert case.assigned_to_id
    assert case.second_officer_id


@pytest.mark.parametrize("purpose", ["criminal_investigation_lead", "live_watchlist", "media_archive"])
def test_only_finding_people_is_urgent(cleared, on_call, purpose):
    with pytest.raises(InvalidInput, match="finding people only"):
        filed(cleared, purpose=purpose)


@pytest.mark.parametrize("name", ["authority", "authority_reference", "case_reference", "story"])
def test_what_is_missing_is_named(cleared, on_call, name):
    with pytest.raises(InvalidInput) as error:
        filed(cleared, **{name: " "})
    assert error.value.detail["field"] == name


def test_an_end_user_is_chosen_or_named(cleared, on_call):
    for wrong in ({"end_user": ""}, {"body_name": "Both"}, {"end_user": "eus_nobody"}):
        with pytest.raises(InvalidInput):
            filed(cleared, **wrong)


@pytest.mark.parametrize("status", ["draft", "suspended", "revoked", "rejected", "restricted", "closed"])
def test_a_stopped_organization_or_one_that_has_not_applied_files_nothing(cleared, on_call, status):
    Organization.objects.filter(pk=cleared.organization.pk).update(status=status)
    with pytest.raises(Conflict, match="active or in review"):
        filed(cleared)


def test_the_same_case_is_not_filed_twice(cleared, on_call):
    filed(cleared)
    with pytest.raises(Conflict, match="waits already"):
        filed(cleared)


def test_police_are_refused_also_on_the_urgent_path(on_call):
    police = new_tenant("Westford Police", "law_enforcement_local")
    determine(police, "criminal_investigation_lead", moratorium_status="covered")
    with pytest.raises(Refused) as error:
        filed(police)
    assert error.value.detail["rule"] == "us-police-2020"
    with tenant_scope(police.organization):
        assert not UrgentRequest.objects.exists()
    barred = Event.objects.of_organization(police.organization.pk).filter(verb="urgent.barred")
    assert barred.get().payload["rule"] == "us-police-2020"


def test_abuse_material_is_refused_where_nobody_may_hold_it(cleared, on_call):
    with pytest.raises(Refused):
        filed(cleared, purpose="csam_victim_identification")


def test_a_reader_of_the_trail_files_nothing(cleared, on_call):
    Membership.objects.filter(organization=cleared.organization).update(role="auditor")
    with pytest.raises(Refused, match="role"):
        filed(cleared)


# Two votes


def test_two_officers_grant_one_case_for_the_shorter_time(cleared, on_call):
    request = filed(cleared)
    first, second = on_call
    urgent_votes.vote(request=request, grants=True, hours=72, reasons="Yes.", by=first)
    with officer_scope():
        assert Determination.objects.filter(organization=cleared.organization).count() == 1
    urgent_votes.vote(request=request, grants=True, hours=12, reasons="Yes.", by=second)
    with officer_scope():
        newest = standing(cleared.organization).determination
        lines = {line.case_reference: line for line in newest.grants.all()}
    assert {newest.decided_by_id, newest.countersigned_by_id} == {first.user_id, second.user_id}
    assert set(lines) == {"", "CASE-118"}
    assert lines["CASE-118"].expires_at - lines["CASE-118"].starts_at == timedelta(hours=12)
    assert case_of(request).outcome == "granted"


def test_the_grant_is_for_its_case_and_no_other(cleared, on_call):
    granted(filed(cleared), on_call)
    assert ruling(cleared, case_reference="CASE-118").is_cleared
    other = ruling(cleared, case_reference="CASE-119")
    assert (other.outcome, other.rule) == ("refused", "not-granted")


def test_a_named_police_unit_is_served_under_the_exemption_only(cleared, on_call):
    name = "Westford Missing Children Unit"
    unit = {"end_user": "", "body_name": name, "body_type": "law_enforcement_local"}
    granted(filed(cleared, **unit), on_call)
    with officer_scope():
        line = standing(cleared.organization).determination.grants.get(case_reference="CASE-118")
        assert line.end_user.name == name
    assert (line.moratorium_status, line.exemption) == ("exempt", "humanitarian-exemption")
    entry = EndUser.objects.get(name=name)
    assert ruling(cleared, of=entry, case_reference="CASE-118").is_cleared
    suspect = ruling(cleared, of=entry, case_reference="CASE-118", subject_class="suspect")
    assert suspect.outcome == "refused"


def test_an_organization_in_review_gets_its_grant_and_stays_in_review(applicant, on_call):
    applied(applicant)
    Organization.objects.filter(pk=applicant.organization.pk).update(status="in_review")
    granted(filed(applicant), on_call)
    assert status_of(applicant) == "in_review"
    assert ruling(applicant, case_reference="CASE-118").is_cleared
    assert ruling(applicant, case_reference="CASE-119").rule == "organization-not-active"


def test_two_who_refuse_refuse(cleared, on_call):
    request = filed(cleared)
    for officer in on_call:
        refused(request, officer)
    assert case_of(request).outcome == "refused"
    assert not ruling(cleared, case_reference="CASE-118").is_cleared
    with tenant_scope(cleared.organization):
        assert Letter.objects.filter(kind="urgent_refused").exists()


def test_where_two_disagree_a_third_decides(cleared, on_call, officers):
    request = filed(cleared)
    urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=on_call[0])
    refused(request, on_call[1])
    assert case_of(request).status == "third_vote"
    third = officers[2]
    urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=third)
    with officer_scope():
        newest = standing(cleared.organization).determination
    assert {newest.decided_by_id, newest.countersigned_by_id} == {on_call[0].user_id, third.user_id}


def test_one_officer_has_one_vote(cleared, on_call):
    request = filed(cleared)
    urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=on_call[0])
    with pytest.raises(Conflict, match="already"):
        urgent_votes.vote(request=request, grants=True, hours=24, reasons="Again.", by=on_call[0])
    assert case_of(request).status == "awaiting_countersign"


def test_an_officer_who_was_not_drawn_has_no_vote(cleared, on_call, officers):
    request = filed(cleared)
    with pytest.raises(Refused, match="Other officers"):
        urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=officers[2])


def test_whoever_filed_it_or_belongs_there_does_not_decide(cleared, officers):
    insider = officers[0]
    Membership.objects.create(organization=cleared.organization, user_id=insider.user_id, role="analyst")
    shifts.begin(hours=8, by=insider)
    request = filed(cleared)
    assert insider.user_id not in {case_of(request).assigned_to_id, case_of(request).second_officer_id}
    with officer_scope():
        Case.objects.filter(pk=request.case_id).update(assigned_to_id=insider.user_id)
    with pytest.raises(Refused, match="belong"):
        urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=insider)


@pytest.mark.parametrize(("grants", "hours"), [(True, 0), (True, 73), (False, 5)])
def test_a_grant_lasts_72_hours_at_most(cleared, on_call, grants, hours):
    request = filed(cleared)
    with pytest.raises(InvalidInput, match="1 to 72"):
        urgent_votes.vote(request=request, grants=grants, hours=hours, reasons="x", by=on_call[0])


def test_the_database_knows_the_72_hours_too(cleared, on_call):
    request = filed(cleared)
    now = timezone.now()
    with pytest.raises(IntegrityError, match="urgent_within_72_hours"), officer_scope():
        UrgentRequest.objects.filter(pk=request.pk).update(
            granted_at=now, granted_until=now + timedelta(hours=73)
        )


def test_two_votes_at_the_same_instant_make_one_grant(cleared, on_call):
    request = filed(cleared)

    def attempt(officer):
        try:
            urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=officer)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(attempt, on_call))
    with officer_scope():
        assert Determination.objects.filter(organization=cleared.organization).count() == 2


def test_an_urgent_case_is_not_decided_on_the_ordinary_path(cleared, on_call):
    request = filed(cleared)
    case = case_of(request)
    officer = next(one for one in on_call if one.user_id == case.assigned_to_id)
    with pytest.raises(Refused, match="two votes"):
        decisions.recommend(case=case, finding=finding_for(cleared.itself), by=officer)


def test_votes_show_to_no_organization(cleared, on_call):
    request = filed(cleared)
    refused(request, on_call[0])
    with tenant_scope(cleared.organization):
        assert not UrgentVote.objects.exists()


def test_a_conflict_of_interest_draws_another_and_keeps_the_vote(cleared, on_call, officers):
    request = filed(cleared)
    urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=on_call[0])
    assignments.recuse(case=case_of(request), reason="A cousin works there.", by=on_call[1])
    urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=officers[2])
    assert case_of(request).outcome == "granted"


def test_what_was_withdrawn_is_not_decided(cleared, on_call):
    request = filed(cleared)
    urgent.withdraw(request=request, by=cleared.actor)
    with pytest.raises(Conflict, match="withdrew"):
        urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=on_call[0])


def test_an_ordinary_determination_keeps_the_urgent_line(cleared, on_call, officers):
    granted(filed(cleared), on_call)
    case, officer = reviewing(cleared, officers)
    decisions.recommend(case=case, finding=finding_for(cleared.itself), by=officer)
    decisions.determine(case=case, by=officer)
    with officer_scope():
        lines = standing(cleared.organization).determination.grants
        assert set(lines.values_list("case_reference", flat=True)) == {"", "CASE-118"}


def test_an_urgent_grant_is_revoked_like_any_other(cleared, on_call, officers):
    granted(filed(cleared), on_call)
    with officer_scope():
        line = standing(cleared.organization).determination.grants.get(case_reference="CASE-118")
    revocations.revoke_grant(grant=line, reasons="The child was found.", by=officers[2])
    assert ruling(cleared, case_reference="CASE-118").rule == "not-granted"


# By the clock


def overdue(request):
    with officer_scope():
        Case.objects.filter(pk=request.case_id).update(due_at=timezone.now() - timedelta(minutes=1))


def test_after_an_hour_all_officers_are_told_once_and_the_silent_are_replaced(cleared, on_call, officers):
    request = filed(cleared)
    urgent_votes.vote(request=request, grants=True, hours=24, reasons="Yes.", by=on_call[0])
    shifts.begin(hours=8, by=officers[2])
    overdue(request)
    urgent_votes.escalate_late()
    urgent_votes.escalate_late()
    with officer_scope():
        late = Letter.objects.filter(about=request.case.public_id, kind="urgent_late")
        assert late.count() == len(officers)
    drawn_now = {case_of(request).assigned_to_id, case_of(request).second_officer_id}
    assert drawn_now == {on_call[0].user_id, officers[2].user_id}


def test_a_request_in_time_is_left_alone(cleared, on_call):
    request = filed(cleared)
    urgent_votes.escalate_late()
    with officer_scope():
        assert UrgentRequest.objects.get(pk=request.pk).escalated_at is None


def test_when_the_grant_ends_its_review_opens_once(cleared, on_call, officers):
    request = filed(cleared)
    granted(request, on_call)
    urgent_votes.open_reviews()
    with officer_scope():
        assert UrgentRequest.objects.get(pk=request.pk).review == ""
        ago = timezone.now() - timedelta(hours=30)
        UrgentRequest.objects.filter(pk=request.pk).update(
            granted_at=ago, granted_until=ago + timedelta(hours=24)
        )
    urgent_votes.open_reviews()
    urgent_votes.open_reviews()
    with officer_scope():
        [review] = Case.objects.filter(kind="urgent_review", organization=cleared.organization)
        assert UrgentRequest.objects.get(pk=request.pk).review == review.public_id


def test_nobody_but_officers_goes_on_call(cleared):
    with pytest.raises(NotFound):
        shifts.begin(hours=8, by=cleared.actor)
