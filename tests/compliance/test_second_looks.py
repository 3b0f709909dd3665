"""One clearance in twenty is decided again by an officer who does not know how it was decided."""

import pytest

from compliance.actions import assignments, decisions, second_looks
from compliance.impartiality import require_not_blind, require_reader
from compliance.models import Case, SecondLook
from portal import settings as ours
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.office import applied, exempt_finding, finding_for, second_of, under_review


@pytest.fixture
def always(settings):
    settings.SECOND_LOOK_ONE_IN = 1


def decided(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    decisions.determine(case=case, by=first)
    return case, first


def look_of(case):
    with officer_scope():
        return SecondLook.objects.filter(case=case).select_related("officer").first()


def drawn(look, officers):
    return next(one for one in officers if one.user_id == look.officer_id)


def answer(look, by, outcome="granted", status="not_covered", reasons="Seen it all."):
    return second_looks.judge(look=look, outcome=outcome, moratorium_status=status, reasons=reasons, by=by)


def opened(applicant):
    with officer_scope():
        return list(Case.objects.filter(organization=applicant.organization, kind="second_look"))


def test_a_clearance_is_drawn_for_an_officer_who_took_no_part(always, applicant, officers):
    case, first = decided(applicant, officers)
    look = look_of(case)
    assert look.officer_id not in {first.user_id, None}
    assert (look.outcome, look.agrees, look.judged_at) == ("", None, None)
    assert Event.objects.about(look.public_id).get(verb="second_look.drawn").organization in (None, "")


def test_it_is_drawn_by_chance_and_not_of_every_clearance(applicant, officers):
    assert ours.SECOND_LOOK_ONE_IN == 20
    case, _ = decided(applicant, officers)
    assert look_of(case) is None


def test_nobody_is_drawn_where_all_took_part(always, applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers[:3])
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    third = next(one for one in officers if one not in (first, second))
    assignments.recuse(case=case, reason="A friend.", by=second)
    decisions.countersign(case=case, vote="approve", reasons="Seen.", by=third)
    assert look_of(case) is None


def test_the_officer_drawn_reads_nothing_of_what_was_decided(always, applicant, officers):
    case, _ = decided(applicant, officers)
    look = look_of(case)
    by = drawn(look, officers)
    with officer_scope():
        with pytest.raises(Refused, match="second_look"):
            require_reader(Case.objects.get(pk=case.pk), by)
        with pytest.raises(Refused, match="second_look"):
            require_not_blind(applicant.organization.pk, by.user_id)
    answer(look, by)
    with officer_scope():
        require_reader(Case.objects.get(pk=case.pk), by)


def test_an_answer_that_agrees_opens_nothing(always, applicant, officers):
    case, _ = decided(applicant, officers)
    look = look_of(case)
    assert answer(look, drawn(look, officers)).agrees is True
    assert opened(applicant) == []


@pytest.mark.parametrize(
    ("outcome", "status"), [("rejected", "not_covered"), ("granted", "covered")], ids=["outcome", "status"]
)
def test_a_disagreement_opens_a_case_that_the_organization_does_not_see(
    always, applicant, officers, outcome, status
):
    case, _ = decided(applicant, officers)
    look = look_of(case)
    assert answer(look, drawn(look, officers), outcome, status).agrees is False
    [disagreement] = opened(applicant)
    assert case.reference in disagreement.summary
    with tenant_scope(applicant.organization):
        assert not Case.objects.filter(pk=disagreement.pk).exists()


def test_only_the_officer_drawn_answers_and_once(always, applicant, officers):
    case, first = decided(applicant, officers)
    look = look_of(case)
    with pytest.raises(Refused, match="not_drawn"):
        answer(look, first)
    with pytest.raises(NotFound):
        answer(look, applicant.actor)
    answer(look, drawn(look, officers))
    with pytest.raises(Conflict, match="already_judged"):
        answer(look, drawn(look, officers), outcome="rejected")
    assert look_of(case).outcome == "granted"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"status": "?"}, "moratorium_status"),
        ({"reasons": " "}, "reasons_missing"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(always, applicant, officers, values, code):
    case, _ = decided(applicant, officers)
    look = look_of(case)
    with pytest.raises(InvalidInput, match=code):
        answer(look, drawn(look, officers), **values)
    assert look_of(case).judged_at is None


def test_the_organization_never_learns_of_it(always, applicant, officers):
    case, _ = decided(applicant, officers)
    with tenant_scope(applicant.organization):
        assert not SecondLook.objects.filter(case=case).exists()
    mine = Event.objects.all().of_organization(applicant.organization.pk)
    assert not mine.filter(verb__startswith="second_look").exists()
