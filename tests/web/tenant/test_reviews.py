"""Judging by HTTP: blind to similarity, rank, order and other reviewers, from one candidate to the next."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.tenancy.models import Membership, User
from portal.tenancy.scope import tenant_scope
from recognition.actions import results
from recognition.models import Adjudication, Candidate, Job
from tests.support.jobs import ANNA, new_desk, photo, work_off
from tests.support.review import TWO_REVIEWERS, clear_ledger, judge, member
from tests.web.tenant.conftest import browser, new_site


def several(**line):
    """A search of one photo with six candidates, and their addresses."""
    clear_ledger()
    desk = new_desk("Blind House", **line)
    desk.submit("enroll", [(f"anna {number}.png", photo(ANNA)) for number in range(6)])
    work_off()
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        found = list(Candidate.objects.filter(item__job=job).order_by("rank").select_related("item"))
    return desk, desk.reload(job), found


def as_member(actor):
    return browser(User.objects.get(pk=actor.user_id))


def page_of(client, candidate) -> str:
    return client.get(f"/candidates/{candidate.public_id}/").content.decode()


def send(client, candidate, verdict="lead", **more):
    sent = {"verdict": verdict, "compared": ["ears"], "reason": "Same ear."} | more
    return client.post(f"/candidates/{candidate.public_id}/", sent)


def listed(client, job, item) -> str:
    return client.get(f"/jobs/{job.public_id}/results/{item.public_id}/1/").content.decode()


def order_in(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/candidates/(can_\w+)/", page)))


def test_neither_similarity_nor_rank_is_in_the_page_before_the_verdict(database):
    desk, job, found = several()
    client = as_member(member(desk))
    pages = [*(page_of(client, one) for one in found), listed(client, job, found[0].item)]
    for page in pages:
        assert "similarity of 100" not in page
        assert not re.search(r"Candidate \d", page)
        assert not any(f"{one.similarity:.1f}" in page for one in found)


def test_the_order_is_each_reviewers_own_and_stays(database):
    desk, job, found = several()
    first, second = as_member(member(desk)), as_member(member(desk))
    orders = [order_in(listed(client, job, found[0].item)) for client in (first, first, second)]
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(one.public_id for one in found)
    third = as_member(member(desk))
    others = {tuple(orders[0]), tuple(orders[2]), tuple(order_in(listed(third, job, found[0].item)))}
    assert len(others) > 1


def test_the_similarity_opens_with_the_verdict_and_the_ranks_when_all_are_judged(database):
    desk, job, found = several()
    client = as_member(member(desk))
    send(client, found[0])
    page = page_of(client, found[0])
    assert "similarity of 100" in page
    assert not re.search(r"Candidate \d", page)
    for one in found[1:]:
        send(client, one, "rejected")
    ranked = listed(client, job, found[0].item)
    assert order_in(ranked) == [one.public_id for one in found]
    assert "The most similar first" in ranked


def test_a_reviewer_is_led_from_one_to_the_next_with_the_count(database):
    desk, job, _ = several()
    client = as_member(member(desk))
    for number in range(1, 7):
        address = client.get(f"/jobs/{job.public_id}/review/")["Location"]
        assert f"{number} of 6 to review" in client.get(address).content.decode()
        client.post(address, {"verdict": "rejected", "compared": ["nose"], "reason": "Another nose."})
    assert client.get(f"/jobs/{job.public_id}/review/")["Location"] == f"/jobs/{job.public_id}/"


def test_nobody_sees_another_verdict_before_their_own_nor_before_the_candidate_is_settled(database):
    desk, _, found = several(conditions=TWO_REVIEWERS)
    judge(found[0], member(desk), "rejected")
    second, third = as_member(member(desk)), as_member(member(desk))
    assert "Same ear." not in page_of(second, found[0])
    send(second, found[0], "lead", reason="A scar on the left.")
    waiting = page_of(second, found[0])
    assert "Another reviewer has to judge it too" in waiting
    assert "Same ear." not in waiting
    assert "A scar on the left." not in page_of(third, found[0])
    send(third, found[0], "rejected", reason="Other ears.")
    settled = page_of(second, found[0])
    assert all(words in settled for words in ("Same ear.", "A scar on the left.", "Other ears."))


def test_a_reviewer_who_submitted_the_job_is_offered_nothing_of_it(database):
    desk, job, found = several(conditions=TWO_REVIEWERS)
    own = member(desk)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(submitted_by=own.id)
    client = as_member(own)
    assert "Nothing to judge" in client.get("/reviews/").content.decode()
    assert client.get(f"/candidates/{found[0].public_id}/").status_code == 409
    assert send(client, found[0]).status_code == 403


def test_a_judgment_keeps_the_checklist(database):
    site = new_site()
    client = as_member(member(site.desk))
    send(client, site.candidate, compared=["marks", "ears"])
    with tenant_scope(site.organization):
        assert Adjudication.objects.get(candidate=site.candidate).compared == ["ears", "marks"]
    assert "Compared: ears, scars." in page_of(client, site.candidate)


def test_a_judgment_without_the_checklist_says_what_to_mark(database):
    site = new_site()
    answer = send(as_member(member(site.desk)), site.candidate, compared=[])
    assert answer.status_code == 422
    assert "Mark what you compared" in answer.content.decode()
    with tenant_scope(site.organization):
        assert not Adjudication.objects.filter(candidate=site.candidate).exists()


def test_a_candidate_that_somebody_decided_meanwhile_says_so_on_its_page(database):
    site = new_site()
    client = as_member(member(site.desk))
    judge(site.candidate, member(site.desk))
    answer = send(client, site.candidate, "rejected")
    assert answer.status_code == 422
    assert "was judged while you were looking at it" in answer.content.decode()


@pytest.mark.parametrize(("days", "words"), [(400, "counted for 12 months"), (None, "after training")])
def test_training_that_is_over_or_missing_is_told_where_it_matters(database, days, words):
    site = new_site()
    reviewer = member(site.desk, trained=days is not None)
    if days:
        day = timezone.now().date() - timedelta(days=days)
        Membership.objects.filter(user=reviewer.user_id).update(trained_on=day)
    client = as_member(reviewer)
    assert words in client.get("/reviews/").content.decode()
    page = page_of(client, site.candidate)
    assert words in page
    assert "similarity of 100" not in page
    if days:
        assert "Over: judges nothing" in site.alice.get("/members/").content.decode()


def test_number_keys_are_an_enhancement_of_buttons_that_work_without(database):
    site = new_site()
    page = page_of(as_member(member(site.desk)), site.candidate)
    for key, verdict in (("1", "lead"), ("2", "rejected"), ("3", "inconclusive")):
        assert re.search(rf'name="verdict" value="{verdict}"\s+data-key="{key}"', page)
    assert "data-shortcuts-switch hidden" in page


def test_only_reviewers_see_a_candidate_again_that_waits_before_release(database):
    desk, job, found = several(conditions={"review": "before_release"})
    for one in found:
        judge(one, member(desk), "inconclusive")
    with tenant_scope(desk.tenant.organization):
        Candidate.objects.filter(pk=found[0].pk).update(status="candidate", round=2)
    analyst = browser(desk.tenant.administrator)
    assert analyst.get(f"/candidates/{found[0].public_id}/").status_code == 409
    assert found[0].public_id not in listed(analyst, job, found[0].item)
    assert analyst.get(f"/candidates/{found[1].public_id}/").status_code == 200
    assert results.judges(desk.reload(job), member(desk))
