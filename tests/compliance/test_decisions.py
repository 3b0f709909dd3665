"""From the application to the ruling, through the hands of the office."""

import pytest
from django.utils import timezone

from compliance.actions import (
    cases,
    decisions,
    gate,
    onboarding,
)
from compliance.findings import Finding
from compliance.impartiality import draw_officer
from compliance.models import Application, Determination, Recommendation
from compliance.policy.vocabulary import Gate, OrganizationType
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import search_for_a_child
from tests.compliance.office import (
    appealed,
    applied,
    case_of,
    case_of_kind,
    exempt_finding,
    finding_for,
    rejected,
    second_of,
    status_of,
    under_review,
)


def test_from_application_to_ruling(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    assert status_of(applicant) == "in_review"
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    determination = decisions.determine(case=case, by=officer)
    assert (status_of(applicant), determination.decided_by_id) == ("active", officer.user_id)
    ruling = gate.rule(
        search_for_a_child(applicant.itself),
        gate=Gate.SUBMIT,
        subject="job_1",
        by=applicant.actor,
        organization=applicant.organization,
    )
    assert ruling.is_cleared


def test_every_step_leaves_its_event(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    decisions.determine(case=case, by=officer)
    cases.close(case=case, by=officer)
    verbs = dict.fromkeys(event.verb for event in Event.objects.about(case.public_id))
    steps = ["opened", "assigned", "checked", "recommended", "decided", "closed"]
    assert list(verbs) == [f"case.{step}" for step in steps]


def test_a_note_stays_in_the_office(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.note(case=case, body="The address is a mailbox.", by=officer)
    with tenant_scope(applicant.organization):
        assert not case.messages.filter(internal=True).exists()
    with officer_scope():
        assert case.messages.filter(internal=True).count() == 1


def test_only_the_officer_drawn_decides(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    other = next(one for one in officers if one != officer)
    with pytest.raises(Refused, match="not_assigned"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=other)


def test_a_member_is_never_drawn(applicant, officers):
    for officer in officers[1:]:
        Membership.objects.create(
            organization=applicant.organization, user_id=officer.user_id, role=Role.AUDITOR
        )
    applied(applicant)
    _case, officer = under_review(applicant, officers)
    assert officer == officers[0]


def test_nobody_left_to_draw_is_said(applicant, officers):
    for officer in officers:
        Membership.objects.create(
            organization=applicant.organization, user_id=officer.user_id, role=Role.AUDITOR
        )
    applied(applicant)
    with pytest.raises(Conflict, match="no_officer"):
        cases.assign(case=case_of(applicant), by=Actor.system("tests"))
    assert case_of(applicant).status == "new"


def test_an_officer_who_once_belonged_does_not_decide(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    Membership.objects.create(
        organization=applicant.organization,
        user_id=officer.user_id,
        role=Role.ANALYST,
        ended_at=timezone.now(),
    )
    with pytest.raises(Refused, match="own_organization"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)


def test_nobody_reviews_their_own_application(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    with tenant_scope(applicant.organization):
        Application.objects.filter(pk=application.pk).update(declared_by=officer.id)
    with pytest.raises(Refused, match="self_review"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)


def test_a_tenant_does_not_find_the_office(applicant, officers):
    applied(applicant)
    case, _ = under_review(applicant, officers)
    with pytest.raises(NotFound):
        cases.note(case=case, body="x", by=applicant.actor)


def test_an_exemption_takes_a_second_officer(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    with pytest.raises(Refused, match="second_officer"):
        decisions.determine(case=case, by=first)
    second = second_of(applicant, officers)
    assert second != first
    decisions.countersign(case=case, vote="approve", reasons="Same finding.", by=second)
    with tenant_scope(applicant.organization):
        determination = Determination.objects.get(organization=applicant.organization)
    assert (determination.decided_by_id, determination.countersigned_by_id) == (first.user_id, second.user_id)


def test_only_the_second_officer_countersigns(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    with pytest.raises(Refused, match="not_assigned"):
        decisions.countersign(case=case, vote="approve", reasons="Mine.", by=first)


def test_a_returned_case_is_reviewed_again(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    decisions.countersign(case=case, vote="return", reasons="Which unit?", by=second_of(applicant, officers))
    assert case_of(applicant).status == "under_review"
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    decisions.determine(case=case, by=first)
    assert status_of(applicant) == "active"


@pytest.mark.parametrize(("third_vote", "status"), [("approve", "active"), ("refuse", "rejected")])
def test_a_third_officer_breaks_the_tie(applicant, officers, police_unit, third_vote, status):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    second = second_of(applicant, officers)
    decisions.countersign(case=case, vote="refuse", reasons="No case file.", by=second)
    third = second_of(applicant, officers)
    assert len({first, second, third}) == 3
    decisions.countersign(case=case, vote=third_vote, reasons="I looked.", by=third)
    assert (status_of(applicant), case_of(applicant).status) == (status, "decided")


def test_a_vote_needs_reasons(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    with pytest.raises(InvalidInput, match="vote"):
        decisions.countersign(case=case, vote="approve", reasons="", by=second_of(applicant, officers))


def test_a_case_without_a_recommendation_is_not_decided(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    with pytest.raises(Refused, match="no_recommendation"):
        decisions.determine(case=case, by=officer)


def test_a_rejection_is_a_determination_without_grants(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    finding = Finding(
        organization_type=OrganizationType.DATA_BROKER, outcome="rejected", reasons="It sells results."
    )
    decisions.recommend(case=case, finding=finding, by=officer)
    decisions.determine(case=case, by=officer)
    assert status_of(applicant) == "rejected"


def test_an_appeal_goes_to_an_officer_without_part_in_the_decision(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=rejected(), by=officer)
    against = decisions.determine(case=case, by=officer).public_id
    appeal = appealed(applicant, against)
    onboarding.submit(application=appeal, by=applicant.actor)
    for _ in range(5):
        with officer_scope():
            drawn = draw_officer(case_of_kind(applicant, "appeal"), besides=())
        assert drawn.pk != officer.user_id


def test_a_tenant_does_not_read_what_an_officer_recommended(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    with tenant_scope(applicant.organization):
        assert not Recommendation.objects.filter(case=case).exists()
    with officer_scope():
        assert Recommendation.objects.filter(case=case).count() == 1


def test_a_tenant_does_not_assign_cases(applicant, officers):
    applied(applicant)
    with pytest.raises(NotFound):
        cases.assign(case=case_of(applicant), by=applicant.actor)
