"""Who judges candidates, what a judgment takes, and two reviewers at the same instant."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actions import members
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization
from portal.tenancy.scope import tenant_scope
from recognition.actions import results, reviews
from recognition.models import Adjudication, Candidate, Job, JobStatus
from tests.compliance.conftest import determine
from tests.support.jobs import Desk, new_desk
from tests.support.review import TWO_REVIEWERS, clear_ledger, judge, member, now, searched
from tests.support.threads import together


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Review House")


@pytest.fixture
def strict(database) -> Desk:
    clear_ledger()
    return new_desk("Strict Review House", conditions=TWO_REVIEWERS)


def judgments(desk: Desk, candidate: Candidate) -> int:
    with tenant_scope(desk.tenant.organization):
        return Adjudication.objects.filter(candidate=candidate).count()


def submitted_by_a_reviewer(desk: Desk):
    """A candidate of a search that somebody submitted who is a reviewer by now."""
    _, candidate = searched(desk)
    own = member(desk)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=candidate.item.job_id).update(submitted_by=own.id)
    return candidate, own


def trained_before(desk: Desk, days: int) -> Actor:
    reviewer = member(desk)
    day = timezone.now().date() - timedelta(days=days)
    Membership.objects.filter(user=reviewer.user_id).update(trained_on=day)
    return reviewer


def test_a_judgment_keeps_what_was_compared_in_the_order_of_the_checklist(desk):
    _, candidate = searched(desk)
    made = reviews.adjudicate(
        candidate=candidate, verdict="lead", compared=["marks", "ears"], reason="Same.", by=member(desk)
    )
    assert made.compared == ["ears", "marks"]
    assert Event.objects.get(target=candidate.public_id).payload == {"verdict": "lead", "round": 1}


@pytest.mark.parametrize(
    ("compared", "code"), [([], "compared_missing"), (["ears", "aura"], "compared_unknown")]
)
def test_a_judgment_needs_the_checklist(desk, compared, code):
    _, candidate = searched(desk)
    with pytest.raises(InvalidInput, match=code):
        reviews.adjudicate(
            candidate=candidate, verdict="lead", compared=compared, reason="Same.", by=member(desk)
        )
    assert judgments(desk, candidate) == 0


def test_a_key_judges_nothing_and_is_told_that_people_do(desk):
    _, candidate = searched(desk)
    key = Actor(kind="key", id="key_1", label="Program", organization_id=desk.tenant.organization.pk)
    with pytest.raises(Refused, match="person_needed: Candidates are judged by trained people"):
        judge(candidate, key)
    assert judgments(desk, candidate) == 0


def test_a_stranger_is_not_told_that_there_is_such_a_candidate(desk):
    _, candidate = searched(desk)
    with pytest.raises(NotFound):
        judge(candidate, member(new_desk("Other Review House")))


def test_training_counts_for_twelve_months(desk):
    _, candidate = searched(desk)
    with pytest.raises(Refused, match="training_expired: Your training counted for 12 months"):
        judge(candidate, trained_before(desk, 365))
    assert judgments(desk, candidate) == 0
    assert judge(candidate, trained_before(desk, 364))


def test_a_training_that_lies_ahead_is_not_recorded(desk):
    reviewer = member(desk, trained=False)
    own = Membership.objects.get(user=reviewer.user_id)
    with pytest.raises(InvalidInput, match="training_ahead"):
        members.record_training(
            membership=own, trained_on=timezone.now().date() + timedelta(days=2), by=desk.by
        )
    assert Membership.objects.get(pk=own.pk).trained_on is None


def test_whoever_submitted_a_job_is_not_its_reviewer_where_review_comes_before_release(strict):
    candidate, own = submitted_by_a_reviewer(strict)
    with pytest.raises(Refused, match="own_job"):
        judge(candidate, own)
    job = reviews.job_of(candidate)
    with pytest.raises(Conflict, match="not_released"):
        results.open_results(job=job, by=own)
    assert judgments(strict, candidate) == 0


def test_whoever_submitted_a_job_may_judge_what_was_handed_out_unreviewed(desk):
    candidate, own = submitted_by_a_reviewer(desk)
    assert judge(candidate, own)


def test_a_verdict_after_the_policy_closed_is_refused_with_the_rule(desk):
    job, candidate = searched(desk)
    reviewer = member(desk)
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended")
    with pytest.raises(Refused) as refused:
        judge(candidate, reviewer)
    assert refused.value.detail["rule"] == "organization-stopped"
    assert judgments(desk, candidate) == 0
    assert desk.reload(job).status == JobStatus.HELD


def test_a_verdict_on_a_candidate_that_was_just_decided_is_refused(desk):
    _, candidate = searched(desk)
    judge(candidate, member(desk))
    with pytest.raises(Conflict, match="state_changed: This candidate was judged while"):
        judge(candidate, member(desk), "rejected")
    assert (now(desk, candidate).status, judgments(desk, candidate)) == ("lead", 1)


def test_what_the_rules_ask_of_reviewers_is_raised_also_after_the_search(desk):
    job, candidate = searched(desk)
    determine(desk.tenant, "find_missing_child", conditions=TWO_REVIEWERS)
    first = member(desk)
    judge(candidate, first)
    assert now(desk, candidate).status == "candidate"
    stored = desk.reload(job)
    assert (stored.review, stored.reviewers) == ("before_release", 2)


def test_of_two_reviewers_at_the_same_instant_one_decides_where_one_is_asked(desk):
    _, candidate = searched(desk)
    first, second = member(desk), member(desk)
    outcomes = together(lambda: judge(candidate, first), lambda: judge(candidate, second, "rejected"))
    assert [one for one in outcomes if one == "state_changed"] == ["state_changed"]
    assert judgments(desk, candidate) == 1


def test_two_reviewers_at_the_same_instant_make_a_lead_together_and_release_the_job_once(strict):
    job, candidate = searched(strict)
    first, second = member(strict), member(strict)
    outcomes = together(lambda: judge(candidate, first), lambda: judge(candidate, second))
    assert not [one for one in outcomes if isinstance(one, str)]
    assert now(strict, candidate).status == "lead"
    assert strict.reload(job).status == JobStatus.RELEASED
    assert Event.objects.filter(verb="results.released", target=job.public_id).count() == 1


def test_one_reviewer_in_two_windows_judges_once(strict):
    _, candidate = searched(strict)
    reviewer = member(strict)
    outcomes = together(*[lambda: judge(candidate, reviewer)] * 2)
    assert "adjudicated_already" in outcomes
    assert judgments(strict, candidate) == 1


def test_candidates_that_nobody_judged_are_hidden_where_a_tighter_rule_came_after_release(desk):
    (job, _), reviewer = searched(desk), member(desk)
    determine(desk.tenant, "find_missing_child", conditions={"review": "before_release"})
    ruling = results.open_results(job=job, by=desk.by)
    [row] = results.rows(job, ruling)
    assert (row["faces"][0]["candidates"], row["faces"][0]["unreviewed"]) == ([], 1)
    with tenant_scope(desk.tenant.organization):
        assert not results.candidates(job, desk.by).exists()
        assert results.candidates(job, reviewer).exists()


VERDICTS = st.lists(st.sampled_from(["lead", "rejected", "inconclusive"]), max_size=5)


@given(VERDICTS, st.integers(1, 4))
def test_a_verdict_takes_as_many_reviewers_as_are_asked_and_never_waits_in_vain(verdicts, needed):
    reached = reviews.agreed(verdicts, needed)
    most = max((verdicts.count(one) for one in verdicts), default=0)
    if reached in ("lead", "rejected"):
        assert verdicts.count(reached) >= needed
    if reached is None:
        assert most < needed
        assert len(verdicts) <= needed
    if len(verdicts) > needed:
        assert reached is not None
