"""Two people deciding at the same instant, each over a database connection of their own."""

import pytest

from compliance.actions import assignments, decisions, onboarding
from compliance.models import Determination
from portal.common.errors import Conflict
from portal.tenancy.scope import officer_scope
from tests.compliance.office import (
    applied,
    case_of,
    exempt_finding,
    finding_for,
    second_of,
    status_of,
    under_review,
)
from tests.support.threads import together


def codes(outcomes):
    return {one for one in outcomes if isinstance(one, str)}


def determined(case):
    with officer_scope():
        return Determination.objects.filter(case=case).count()


@pytest.fixture
def recommended(applicant, officers):
    application = applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    return application, case, first


def test_a_decision_sent_twice_at_once_is_recorded_once(recommended):
    _, case, first = recommended
    outcomes = together(*[lambda: decisions.determine(case=case, by=first)] * 2)
    assert codes(outcomes) == {"case_decided"}
    assert determined(case) == 1


def test_two_votes_sent_at_once_count_once(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    vote = lambda: decisions.countersign(case=case, vote="approve", reasons="Seen.", by=second)  # noqa: E731
    assert codes(together(vote, vote)) == {"case_decided"}
    assert determined(case) == 1


def test_a_vote_and_a_conflict_declared_at_once_leave_one_of_the_two(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    outcomes = together(
        lambda: decisions.countersign(case=case, vote="approve", reasons="Seen.", by=second),
        lambda: assignments.recuse(case=case, reason="I worked there once.", by=first),
    )
    assert codes(outcomes) in ({"case_ended"}, {"not_assigned"})
    assert determined(case) == (1 if codes(outcomes) == {"case_ended"} else 0)


def test_a_withdrawal_and_a_decision_at_once_leave_one_of_the_two(applicant, recommended):
    application, case, first = recommended
    outcomes = together(
        lambda: decisions.determine(case=case, by=first),
        lambda: onboarding.withdraw(application=application, by=applicant.actor),
    )
    decided = determined(case) == 1
    assert codes(outcomes) == ({"application_closed"} if decided else {"case_withdrawn"})
    assert status_of(applicant) == ("active" if decided else "withdrawn")


def test_a_decision_on_a_withdrawn_application_says_what_to_do(applicant, recommended):
    application, case, first = recommended
    onboarding.withdraw(application=application, by=applicant.actor)
    with pytest.raises(Conflict) as refused:
        decisions.determine(case=case, by=first)
    assert refused.value.code == "case_withdrawn"
    assert "It can apply again" in refused.value.sentence
    assert (determined(case), status_of(applicant)) == (0, "withdrawn")


def test_an_application_can_be_withdrawn_while_a_second_officer_is_asked(applicant, officers):
    application = applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    second = second_of(applicant, officers)
    onboarding.withdraw(application=application, by=applicant.actor)
    with pytest.raises(Conflict, match="case_withdrawn"):
        decisions.countersign(case=case, vote="approve", reasons="Seen.", by=second)
    assert (case_of(applicant).status, determined(case)) == ("withdrawn", 0)
