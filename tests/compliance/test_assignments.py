"""Who works on a case: drawn at random, stepping back, and opened again."""

import pytest

from compliance.actions import assignments, cases, decisions, documents, onboarding
from compliance.impartiality import draw_officer
from compliance.models import Case, Determination, Recusal
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import new_officer
from tests.compliance.office import (
    ANSWERS,
    add_document,
    applied,
    case_of,
    exempt_finding,
    finding_for,
    second_of,
    under_review,
)

SYSTEM = Actor.system("tests")


def officer(officers, key):
    return next(one for one in officers if one.user_id == key)


def drawn(case, times, **how):
    with officer_scope():
        return {draw_officer(case, besides=(), **how).pk for _ in range(times)}


def test_an_officer_who_declares_a_conflict_is_replaced(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    after = assignments.recuse(case=case, reason="My sister works there.", by=first)
    assert after.status == "assigned"
    assert after.assigned_to_id not in {first.user_id, None}
    with officer_scope():
        assert Recusal.objects.get(case=case).officer_id == first.user_id
    assert Event.objects.about(case.public_id).filter(verb="case.recused").count() == 1


def test_whoever_stepped_back_takes_no_step_and_is_not_drawn_again(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    assignments.recuse(case=case, reason="My sister works there.", by=first)
    with pytest.raises(Refused, match="recused"):
        cases.note(case=case, body="All fine.", by=first)
    assert first.user_id not in drawn(case, 30)


def test_whoever_stepped_back_opens_no_document(applicant, officers):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    onboarding.save_answer(application=application, answers=ANSWERS, by=applicant.actor)
    document = add_document(application, applicant)
    onboarding.submit(application=application, by=applicant.actor)
    case, first = under_review(applicant, officers)
    assert documents.open_for_officer(evidence=document, by=first).pk == document.pk
    assignments.recuse(case=case, reason="My sister works there.", by=first)
    for refused in (documents.open_for_officer, documents.verify):
        with pytest.raises(Refused, match="recused"):
            refused(evidence=document, by=first)
    assert Event.objects.about(document.public_id).filter(verb="evidence.opened").count() == 1


def test_what_an_officer_with_a_conflict_recommended_is_not_carried_out(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    after = assignments.recuse(case=case, reason="I forgot: I once worked there.", by=first)
    fresh = officer(officers, after.assigned_to_id)
    with pytest.raises(Refused, match="no_recommendation"):
        decisions.determine(case=case, by=fresh)
    with officer_scope():
        assert not Determination.objects.filter(case=case).exists()


def test_a_second_officer_steps_back_and_the_vote_goes_on(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    after = assignments.recuse(case=case, reason="A friend.", by=second)
    assert after.status == "awaiting_countersign"
    assert after.second_officer_id not in {first.user_id, second.user_id}


def test_a_conflict_needs_a_reason_and_a_part_in_the_case(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    other = next(one for one in officers if one != first)
    with pytest.raises(InvalidInput, match="reason_missing"):
        assignments.recuse(case=case, reason=" ", by=first)
    with pytest.raises(Refused, match="not_assigned"):
        assignments.recuse(case=case, reason="A friend.", by=other)
    with officer_scope():
        assert not Recusal.objects.filter(case=case).exists()


def test_the_draw_is_among_the_least_busy_and_never_from_one(applicant, officers):
    applied(applicant)
    case = case_of(applicant)
    busy = officers[0]
    with officer_scope():
        for _ in range(3):
            made = cases.open_case(
                kind="incident", organization_id=applicant.organization.pk, summary="x", by=SYSTEM
            )
            Case.objects.filter(pk=made.pk).update(assigned_to_id=busy.user_id, status="assigned")
    assert drawn(case, 40, evenly=True) == {officers[1].user_id, officers[2].user_id}
    assert drawn(case, 60) == {one.user_id for one in officers}


def test_a_reopened_case_goes_to_an_officer_who_did_not_decide_it(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    decisions.determine(case=case, by=first)
    again = assignments.reopen(case=case, reasons="A document turned out to be forged.", by=officers[0])
    assert (again.status, again.assigned_to) == ("reopened", None)
    case = cases.assign(case=case, by=SYSTEM)
    assert case.assigned_to_id != first.user_id
    fresh = officer(officers, case.assigned_to_id)
    cases.begin_review(case=case, by=fresh)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=fresh)
    decisions.determine(case=case, by=fresh)
    with officer_scope():
        assert Determination.objects.filter(case=case).count() == 2


def test_an_open_case_is_not_opened_again(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        assignments.reopen(case=case, reasons="Once more.", by=first)


def test_a_returned_case_is_voted_on_by_somebody_fresh(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    decisions.countersign(case=case, vote="return", reasons="The agreement is missing.", by=second)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    assert case_of(applicant).second_officer_id not in {first.user_id, second.user_id}


def test_a_third_vote_does_not_return_a_case(applicant, officers):
    officers.append(new_officer("Dora"))
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    decisions.countersign(case=case, vote="refuse", reasons="No.", by=second_of(applicant, officers))
    with pytest.raises(InvalidInput, match="third vote decides"):
        decisions.countersign(case=case, vote="return", reasons="Hm.", by=second_of(applicant, officers))
    assert case_of(applicant).status == "third_vote"


def test_nobody_draws_again_until_the_lot_suits_them(applicant, officers):
    applied(applicant)
    case, _ = under_review(applicant, officers)
    for officer in officers:
        with pytest.raises(Conflict, match="drawn_already"):
            cases.assign(case=case, by=officer)
    assert case_of(applicant).assigned_to_id == case.assigned_to_id
