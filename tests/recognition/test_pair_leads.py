"""What becomes of one pair that reviewers judged: its outcome, its withdrawal with notice, a second look."""

import pytest

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.actions import found, images, leads, reopenings, results
from recognition.actions.exports import Recipient
from recognition.actions.images import Photo, Received
from recognition.models import (
    ExportedLead,
    FoundFace,
    Item,
    Job,
    LeadWithdrawal,
    Reopening,
    Verification,
)
from tests.compliance.conftest import determine
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off
from tests.support.records import new_record
from tests.support.review import clear_ledger, hand_out, judge, member
from tests.support.threads import together


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    desk = new_desk("Pair Leads House")
    determine(desk.tenant, "find_missing_child", conditions={"review": "before_release"})
    return desk


def compare(desk: Desk, *pairs, **changes) -> Job:
    """Compare the two people of each pair, given by their colors."""
    taken = []
    for pair in pairs:
        files = [(f"{number}.png", photo(color)) for number, color in enumerate(pair)]
        organization = desk.tenant.organization
        got = images.receive(organization=organization, files=files, subject_from="filename", by=desk.by)
        one, other = got.photos
        taken.append(Photo(one.image, second=other.image))
    job = desk.order("compare", Received(taken), gallery=None, **changes)
    work_off()
    return desk.reload(job)


def compare_again(desk: Desk, item: Item) -> Job:
    """Compare the same two photos once more."""
    job = desk.order("compare", Received([Photo(item.image, second=item.second)]), gallery=None)
    work_off()
    return desk.reload(job)


def pair_of(desk: Desk, job: Job) -> Verification:
    with tenant_scope(desk.tenant.organization):
        return Verification.objects.filter(item__job=job).earliest("item__position")


def now(desk: Desk, pair: Verification) -> Verification:
    with tenant_scope(desk.tenant.organization):
        return Verification.objects.get(pk=pair.pk)


def judged(
    desk: Desk, verdict: str = "lead", *, pairs=((ANNA, ANNA),), **changes
) -> tuple[Job, Verification]:
    """A finished comparison whose pairs a reviewer judged."""
    job, reviewer = compare(desk, *pairs, **changes), member(desk)
    with tenant_scope(desk.tenant.organization):
        waiting = list(Verification.objects.unsettled().filter(item__job=job))
    for one in waiting:
        judge(one, reviewer, verdict)
    return desk.reload(job), pair_of(desk, job)


def pairs_told(desk: Desk, job: Job) -> list[dict]:
    rows = results.rows(job, results.open_results(job=job, by=desk.by))
    return [row["pair"] for row in rows]


def in_file(export) -> list[str]:
    return [row["pair"]["compared"] for row in export.rows]


# Withdrawal


def test_withdrawing_a_pair_tells_whoever_was_handed_it(desk):
    job, pair = judged(desk)
    hand_out(desk, job, Recipient("Unit", email="pair.unit@example.org"))
    hand_out(desk, job)
    made = leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    assert sorted(bool(notice.letter_id) for notice in made) == [False, True]
    assert {notice.about for notice in made} == {pair.public_id}
    assert now(desk, pair).status == "withdrawn"
    assert Event.objects.get(target=pair.public_id, verb="lead.withdrawn").payload == {"exports": 2}


def test_a_withdrawn_pair_leaves_its_job_and_its_other_pairs_as_they_were(desk):
    job, pair = judged(desk, pairs=[(ANNA, ANNA), (BORIS, BORIS)])
    leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    assert desk.reload(job).status == "released"
    assert [one["review"] for one in pairs_told(desk, job)] == ["withdrawn", "lead"]


def test_no_later_file_carries_a_withdrawn_pair(desk):
    job, pair = judged(desk)
    leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    assert in_file(hand_out(desk, job)) == ["left_out"]
    with tenant_scope(desk.tenant.organization):
        assert not ExportedLead.objects.filter(lead_id=pair.pk).exists()


def test_a_withdrawn_pair_is_left_out_also_where_nothing_asks_for_review(desk):
    job, pair = judged(desk)
    leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(review="none")
    assert in_file(hand_out(desk, job)) == ["left_out"]


def test_a_file_that_is_read_while_its_pair_is_withdrawn_does_not_carry_it(desk):
    job, pair = judged(desk)
    export = hand_out(desk, job)
    leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    assert in_file(export) == ["left_out"]


def test_of_two_who_withdraw_a_pair_at_once_one_does(desk):
    _, pair = judged(desk)
    came = together(*[lambda: leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)] * 2)
    assert sorted(map(str, came)) == ["[]", "not_a_lead"]
    with tenant_scope(desk.tenant.organization):
        assert LeadWithdrawal.objects.filter(verification=pair).count() == 1


def test_a_pair_is_withdrawn_also_while_a_rule_closes_the_results(desk):
    job, pair = judged(desk)
    hand_out(desk, job)
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended")
    with pytest.raises(Refused):
        results.open_results(job=desk.reload(job), by=desk.by)
    assert len(leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)) == 1


@pytest.mark.parametrize("verdict", ["rejected", "inconclusive"])
def test_a_pair_that_is_no_lead_is_not_withdrawn(desk, verdict):
    _, pair = judged(desk, verdict)
    with pytest.raises(Conflict, match="not_a_lead: Only what reviewers made a lead"):
        leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    assert now(desk, pair).status == verdict


def test_a_pair_below_the_threshold_is_never_a_lead(desk):
    _, pair = judged(desk, pairs=[(ANNA, BORIS)])
    with pytest.raises(Conflict, match="not_a_lead"):
        leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)


def test_a_stranger_withdraws_no_pair(desk):
    _, pair = judged(desk)
    with pytest.raises(NotFound):
        leads.withdraw(lead=pair, reason="Wrong.", by=new_desk("Other Pair House").by)
    assert now(desk, pair).status == "lead"


# Outcomes and files of one pair


def test_what_became_of_a_pair_stands_in_its_results(desk):
    job, pair = judged(desk)
    for outcome in ("unknown", "ruled_out"):
        values = {"source": "Dental records", "reason": "They differ.", "by": desk.by}
        leads.record_outcome(lead=pair, outcome=outcome, **values)
    assert [one["outcome"] for one in pairs_told(desk, job)] == ["ruled_out"]


def test_one_pair_is_handed_out_alone(desk):
    job, pair = judged(desk, pairs=[(ANNA, ANNA), (BORIS, BORIS)])
    [row] = hand_out(desk, job, lead=pair).rows
    assert (row["pair"]["id"], row["pair"]["compared"]) == (pair.public_id, "at_or_above")
    assert [face["photo"] for face in row["faces"]] == [1, 2]
    with tenant_scope(desk.tenant.organization):
        assert [one.lead_id for one in ExportedLead.objects.all()] == [pair.pk]


def test_a_pair_of_another_job_is_not_handed_out_here(desk):
    job, _ = judged(desk)
    _, other = judged(desk)
    with pytest.raises(Conflict, match="lead_of_another_job"):
        hand_out(desk, job, lead=other)


def test_when_the_person_is_found_what_became_of_the_pair_is_destroyed(desk):
    record = new_record(desk, reference=FACTS["case_reference"])
    job, pair = judged(desk)
    leads.withdraw(lead=pair, reason="Her twin.", by=desk.by)
    assert desk.reload(job).record_id == record.pk
    found.found(record=record, by=desk.by)
    with tenant_scope(desk.tenant.organization):
        assert not LeadWithdrawal.objects.exists()
        assert not Verification.objects.filter(pk=pair.pk).exists()


# Second looks


def later_face(desk: Desk, colors=(ANNA, BORIS), **changes) -> FoundFace:
    """The first photo's face of a later comparison of the same case, which has nothing to judge."""
    return first_face(desk, compare(desk, colors, **changes))


def released(desk: Desk, job: Job) -> Job:
    """The job, once a reviewer has judged its pair."""
    judge(pair_of(desk, job), member(desk), "rejected")
    return job


def first_face(desk: Desk, job: Job) -> FoundFace:
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).earliest("side")


def look_again(desk: Desk, pair: Verification, new: FoundFace, **more) -> Reopening:
    values = {"reason": "From the side.", "by": desk.by} | more
    return reopenings.reopen(candidate=pair, photo=new, **values)


def test_an_inconclusive_pair_is_judged_again_beside_a_photo_that_was_compared_since(desk):
    _, pair = judged(desk, "inconclusive")
    made = look_again(desk, pair, later_face(desk))
    stored = now(desk, pair)
    assert (stored.status, stored.round, made.verification_id) == ("candidate", 2, pair.pk)
    judge(stored, member(desk))
    assert now(desk, pair).status == "lead"
    assert Event.objects.get(target=pair.public_id, verb="verification.reopened").payload["round"] == 2


def test_whoever_judged_a_pair_before_may_judge_its_new_round_and_once(desk):
    job, reviewer = compare(desk, (ANNA, ANNA)), member(desk)
    pair = pair_of(desk, job)
    judge(pair, reviewer, "inconclusive")
    look_again(desk, pair, later_face(desk))
    with tenant_scope(desk.tenant.organization):
        assert Verification.objects.to_judge(reviewer.user_id).filter(pk=pair.pk).exists()
    judge(now(desk, pair), reviewer)
    assert now(desk, pair).status == "lead"


def test_a_pair_that_is_judged_again_is_withheld_until_then(desk):
    job, pair = judged(desk, "inconclusive")
    look_again(desk, pair, later_face(desk))
    assert [one["compared"] for one in pairs_told(desk, job)] == ["awaits_review"]


def test_a_photo_of_another_case_or_one_of_the_two_is_no_new_photo(desk):
    _, pair = judged(desk, "inconclusive")
    elsewhere = later_face(desk, facts=FACTS | {"case_reference": "CASE-2"})
    with tenant_scope(desk.tenant.organization):
        both = Item.objects.select_related("image", "second").get(pk=pair.item_id)
    same = first_face(desk, released(desk, compare_again(desk, both)))
    for wrong in (elsewhere, same):
        with pytest.raises(InvalidInput, match="photo_not_new"):
            look_again(desk, pair, wrong)
    assert now(desk, pair).status == "inconclusive"


def test_a_photo_that_still_waits_for_reviewers_is_offered_to_them_alone(desk):
    _, pair = judged(desk, "inconclusive")
    waiting = later_face(desk, (ANNA, ANNA))
    with pytest.raises(InvalidInput, match="photo_not_new"):
        look_again(desk, pair, waiting)
    assert look_again(desk, pair, waiting, by=member(desk)).found_id == waiting.pk


def test_a_decided_pair_is_not_judged_again(desk):
    _, pair = judged(desk)
    with pytest.raises(Conflict, match="not_inconclusive: Only an inconclusive pair"):
        look_again(desk, pair, later_face(desk))


def test_a_second_look_at_a_pair_begins_once(desk):
    _, pair = judged(desk, "inconclusive")
    new = later_face(desk)
    came = together(*[lambda: look_again(desk, pair, new)] * 2)
    assert "not_inconclusive" in came
    assert now(desk, pair).round == 2
