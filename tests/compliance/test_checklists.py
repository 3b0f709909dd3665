"""Nothing is recommended before an officer said of every item what was seen, and where."""

import pytest

from compliance.actions import cases, checklists, decisions
from compliance.actions.checklists import Answer
from compliance.checklists import ITEMS, items_for
from compliance.findings import Finding
from compliance.models import ChecklistAnswer, Determination
from compliance.policy.vocabulary import OrganizationType
from portal.audit.models import Event
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.office import applied, case_of, check_all, finding_for

CHARITY = OrganizationType.CHILD_PROTECTION_NGO


@pytest.fixture
def begun(applicant, officers):
    """A case under review of which nothing is ticked yet, and its officer."""
    applied(applicant)
    case = cases.assign(case=case_of(applicant), by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == case.assigned_to_id)
    return cases.begin_review(case=case, by=officer), officer


def seen(*items):
    return [Answer(item, "seen", "Looked it up in the register.") for item in items]


def rejection():
    return Finding(organization_type=CHARITY, outcome="rejected", reasons="It did not show what it is.")


@pytest.mark.parametrize("kind", OrganizationType)
def test_every_type_has_a_checklist_without_repetitions(kind):
    codes = [item.code for item in items_for(kind)]
    assert len(codes) == len(set(codes)) >= 5


def test_research_shows_its_ethics_board_and_police_its_law():
    research = {item.code for item in items_for(OrganizationType.RESEARCH_ACADEMIC)}
    police = {item.code for item in items_for(OrganizationType.LAW_ENFORCEMENT_LOCAL)}
    assert "irb_approval" in research - police
    assert {"statutory_basis", "oversight"} <= police - research


def test_nothing_is_recommended_while_an_item_is_open(applicant, begun):
    case, officer = begun
    codes = [item.code for item in items_for(CHARITY)]
    checklists.answer(case=case, answers=seen(*codes[1:]), by=officer)
    with pytest.raises(InvalidInput) as refused:
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    assert (refused.value.code, refused.value.detail["items"]) == ("checklist_open", codes[:1])
    assert ITEMS[codes[0]].title in refused.value.sentence
    assert case_of(applicant).status == "under_review"


def test_another_type_asks_for_other_items(applicant, begun):
    case, officer = begun
    checklists.answer(case=case, answers=seen(*(item.code for item in items_for(CHARITY))), by=officer)
    found = finding_for(applicant.itself, organization_type=OrganizationType.RESEARCH_ACADEMIC)
    with pytest.raises(InvalidInput) as refused:
        decisions.recommend(case=case, finding=found, by=officer)
    assert refused.value.detail["items"] == ["irb_approval", "data_origin"]


def test_what_is_lacking_allows_a_rejection_and_no_grant(applicant, begun):
    case, officer = begun
    check_all(case, officer, found="lacking")
    with pytest.raises(InvalidInput, match="checklist_lacking"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    decisions.recommend(case=case, finding=rejection(), by=officer)
    assert case_of(applicant).status == "recommended"
    with officer_scope():
        assert not Determination.objects.filter(case=case).exists()


def test_an_answer_says_who_when_and_what_it_rests_on(begun):
    case, officer = begun
    [made] = checklists.answer(case=case, answers=seen("call_back"), by=officer)
    with officer_scope():
        row = ChecklistAnswer.objects.get(pk=made.pk)
        assert (row.officer_id, row.found, bool(row.answered_at)) == (officer.user_id, "seen", True)
    event = Event.objects.about(case.public_id).get(verb="case.checked")
    assert event.payload == {"item": "call_back", "found": "seen"}


def test_a_later_answer_takes_the_place_of_an_earlier_one_and_both_are_kept(begun):
    case, officer = begun
    checklists.answer(case=case, answers=seen("call_back"), by=officer)
    later = Answer("call_back", "lacking", "Nobody answers the number.")
    checklists.answer(case=case, answers=[later], by=officer)
    assert checklists.answer(case=case, answers=[later], by=officer) == []
    with officer_scope():
        assert ChecklistAnswer.objects.standing(case)["call_back"].found == "lacking"
        assert ChecklistAnswer.objects.filter(case=case, item="call_back").count() == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer("shoe_size", "seen", "x"), "item_unknown"),
        (Answer("call_back", "maybe", "x"), "found_unknown"),
        (Answer("call_back", "not_applicable", "  "), "evidence_missing"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(begun, answer, code):
    case, officer = begun
    with pytest.raises(InvalidInput, match=code):
        checklists.answer(case=case, answers=[*seen("registration"), answer], by=officer)
    with officer_scope():
        assert not ChecklistAnswer.objects.filter(case=case).exists()


def test_only_the_officer_drawn_answers_and_the_organization_never_reads_it(applicant, officers, begun):
    case, officer = begun
    other = next(one for one in officers if one != officer)
    with pytest.raises(Refused, match="not_assigned"):
        checklists.answer(case=case, answers=seen("call_back"), by=other)
    checklists.answer(case=case, answers=seen("call_back"), by=officer)
    with tenant_scope(applicant.organization):
        assert not ChecklistAnswer.objects.filter(case=case).exists()
