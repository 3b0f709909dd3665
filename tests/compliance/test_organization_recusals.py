"""A conflict of interest about a whole organization: drawn for nothing of it, until another withdraws it."""

import pytest
from django.db.utils import ProgrammingError

from compliance.actions import assignments, cases, decisions
from compliance.impartiality import drawable_officers
from compliance.models import Case, OrganizationRecusal, Recusal
from compliance.models.cases import CaseKind
from portal.audit.models import Event
from portal.common.errors import Conflict, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import new_officer
from tests.compliance.office import applied, exempt_finding, second_of, under_review

SYSTEM = Actor.system("tests")


def another_case(applicant):
    with tenant_scope(applicant.organization):
        return cases.open_case(
            kind=CaseKind.MISUSE_REPORT, organization_id=applicant.organization.pk, summary="Again", by=SYSTEM
        )


@pytest.fixture
def conflict(applicant, officers):
    """The conflict that the officer of an organization's case declared, with that officer and case."""
    applied(applicant)
    case, officer = under_review(applicant, officers)
    assignments.recuse(case=case, reason="My sister leads it.", by=officer, whole_organization=True)
    with officer_scope():
        return OrganizationRecusal.objects.get(organization=applicant.organization), officer, case


def test_whoever_has_a_conflict_about_an_organization_is_drawn_for_none_of_its_cases(applicant, conflict):
    other = another_case(applicant)
    with officer_scope():
        drawable = {one.pk for one in drawable_officers(other, besides=())}
    assert drawable
    assert conflict[1].user_id not in drawable


def test_an_urgent_draw_in_the_scope_of_the_organization_leaves_them_out_too(applicant, conflict):
    other = another_case(applicant)
    with tenant_scope(applicant.organization):
        drawable = {one.pk for one in drawable_officers(other, besides=())}
    assert drawable
    assert conflict[1].user_id not in drawable


def test_they_take_no_step_in_another_case_of_the_organization(applicant, conflict):
    other = another_case(applicant)
    with pytest.raises(Refused, match="recused"):
        cases.note(case=other, body="All fine.", by=conflict[1])


def test_a_case_drawn_before_goes_to_another_officer_at_once(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    other = another_case(applicant)
    with officer_scope():
        Case.objects.filter(pk=other.pk).update(status="assigned", assigned_to=officer.user_id)
    assignments.recuse(case=case, reason="My sister leads it.", by=officer, whole_organization=True)
    with officer_scope():
        assert Case.objects.get(pk=other.pk).assigned_to_id not in {None, officer.user_id}
        assert Recusal.objects.filter(case=other, officer=officer.user_id).exists()


def test_a_second_officer_with_a_conflict_countersigns_nothing(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    assignments.recuse(case=case, reason="A friend.", by=second, whole_organization=True)
    with pytest.raises(Refused, match="recused"):
        decisions.countersign(case=case, vote="approve", reasons="Fine.", by=second)


def test_a_conflict_about_one_case_says_nothing_about_the_next(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    assignments.recuse(case=case, reason="I wrote its statute.", by=officer)
    assert cases.note(case=another_case(applicant), body="Seen.", by=officer)


def test_another_officer_withdraws_it_and_nobody_their_own(applicant, conflict):
    recusal, officer, case = conflict
    with pytest.raises(Refused, match="second_officer"):
        assignments.withdraw_recusal(recusal=recusal, reasons="It is over.", by=officer)
    other = new_officer("Dora")
    assignments.withdraw_recusal(recusal=recusal, reasons="She left.", by=other)
    with pytest.raises(Conflict, match="withdrawn"):
        assignments.withdraw_recusal(recusal=recusal, reasons="She left.", by=other)
    assert cases.note(case=another_case(applicant), body="Seen.", by=officer)
    with pytest.raises(Refused, match="recused"):
        cases.note(case=case, body="Seen.", by=officer)


def test_what_is_declared_and_withdrawn_stands_in_the_trail_of_the_office_alone(applicant, conflict):
    assignments.withdraw_recusal(recusal=conflict[0], reasons="She left.", by=new_officer("Dora"))
    events = list(Event.objects.about(conflict[0].public_id))
    assert [one.verb for one in events] == ["recusal.declared", "recusal.withdrawn"]
    assert {one.organization for one in events} == {""}


def test_no_scope_of_an_organization_withdraws_a_conflict(applicant, conflict):
    with tenant_scope(applicant.organization):
        own = OrganizationRecusal.objects.filter(officer=conflict[1].user_id)
        assert own.update(withdrawn_by=applicant.administrator, withdrawn_at=conflict[0].declared_at) == 0
        assert own.standing().exists()


def test_no_scope_of_an_organization_declares_one(applicant, conflict):
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(applicant.organization):
        OrganizationRecusal.objects.create(
            organization=applicant.organization,
            recusal_id=conflict[0].recusal_id,
            officer=applicant.administrator,
        )
