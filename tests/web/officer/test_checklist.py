"""The checklist on its page: answered item by item, shown in the case, asked for before a recommendation."""

import pytest

from compliance.actions import cases
from compliance.checklists import items_for
from compliance.models import ChecklistAnswer
from compliance.policy.vocabulary import OrganizationType
from portal.tenancy.scope import officer_scope
from tests.web.officer.people import applicant, case_of, officer_client, only_officers, submitted

ITEMS = items_for(OrganizationType.CHILD_PROTECTION_NGO)


@pytest.fixture
def begun(database):
    """A case under review with nothing ticked, its officer's client, and another's."""
    officers = only_officers("Ada", "Ben")
    tenant = applicant()
    submitted(tenant)
    case = cases.assign(case=case_of(tenant), by=officers[0])
    first = next(one for one in officers if one.user_id == case.assigned_to_id)
    other = next(one for one in officers if one is not first)
    cases.begin_review(case=case, by=first)
    return f"/officer/cases/{case.public_id}/", case, officer_client(first), officer_client(other)


def sent(code, found="seen", evidence="Called the number in the register."):
    return {f"{code}-found": found, f"{code}-evidence": evidence}


def standing(case):
    with officer_scope():
        return ChecklistAnswer.objects.standing(case)


def test_answers_are_recorded_and_shown_in_the_case(begun):
    base, case, client, _ = begun
    assert f"{len(ITEMS)} of {len(ITEMS)} items are open" in client.get(base).content.decode()
    page = client.post(f"{base}checklist/", sent("call_back") | sent("registration"), follow=True)
    assert set(standing(case)) == {"call_back", "registration"}
    assert "Called the number in the register." in page.content.decode()
    assert f"{len(ITEMS) - 2} of {len(ITEMS)} items are open" in page.content.decode()


def test_an_answer_without_what_it_rests_on_is_asked_for_it(begun):
    base, case, client, _ = begun
    page = client.post(f"{base}checklist/", sent("call_back", evidence=""))
    assert page.status_code == 422
    assert "Say what it rests on." in page.content.decode()
    assert standing(case) == {}


def test_the_list_of_another_type_can_be_answered(begun):
    base, case, client, _ = begun
    client.post(f"{base}checklist/?type=research_academic", sent("irb_approval"))
    assert set(standing(case)) == {"irb_approval"}


def test_another_officer_reads_the_checklist_and_cannot_answer(begun):
    base, case, _, other = begun
    page = other.get(f"{base}checklist/").content.decode()
    assert "Record the answers" not in page
    assert other.post(f"{base}checklist/", sent("call_back")).status_code == 403
    assert standing(case) == {}
