"""Results by HTTP: behind the gate, marked unreviewed, judged with the score hidden, exported by name."""

import csv
import io
import json

import pytest

from portal.audit.models import Event
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.models import Adjudication, Candidate, Job
from tests.support.jobs import NOBODY, photo, work_off
from tests.web.tenant.conftest import new_site


def events_of(site, verb):
    return Event.objects.filter(organization=str(site.organization.pk), verb=verb).count()


def wait_for_review(site):
    """Put the search where a purpose with review before release would have put it."""
    with tenant_scope(site.organization):
        Job.objects.filter(pk=site.job.pk).update(status="awaiting_review", review="before_release")


def judge(client, site, verdict="lead", reason="Same ear and scar."):
    sent = {"verdict": verdict, "compared": ["ears", "marks"], "reason": reason}
    return client.post(site.paths()["candidate"], sent)


def test_each_look_at_results_is_ruled_on_and_recorded(site, database):
    before = events_of(site, "results.viewed")
    for name in ("results", "result", "candidates"):
        site.alice.get(site.paths()[name])
    assert events_of(site, "results.viewed") == before + 3


def test_a_photo_shows_numbered_faces_and_their_candidates(site, database):
    page = site.alice.get(site.paths()["result"]).content.decode()
    assert 'class="face-number"' in page
    assert f'href="{site.paths()["photo"]}"' in page
    assert "1 candidate" in page


def test_candidates_stand_beside_the_probe_with_what_their_similarity_means(site, database):
    page = site.alice.get(site.paths()["candidates"]).content.decode()
    for words in (site.paths()["face"], site.paths()["enrolled"], "comparisons of different people"):
        assert words in page
    assert "Unreviewed" in page
    assert "match</" not in page.lower()


def test_no_candidate_is_not_told_as_absence(site, database):
    job = site.desk.submit("search", [("stranger.png", photo((250, 120, 0)))])
    work_off()
    item = site.desk.items(job)[0]
    page = site.alice.get(f"/jobs/{job.public_id}/results/{item.public_id}/1/").content.decode()
    assert "No candidate above 80." in page
    assert "This does not show that the person is absent." in page


def test_a_photo_without_a_face_says_so(site, database):
    job = site.desk.submit("search", [("wall.png", photo(NOBODY))])
    work_off()
    item = site.desk.items(job)[0]
    page = site.alice.get(f"/jobs/{job.public_id}/results/{item.public_id}/").content.decode()
    assert "No face was found in the photo." in page


def test_a_face_that_is_not_used_says_every_reason(site, database):
    job = site.desk.submit("search", [("far.png", photo((250, 250, 250)))])
    work_off()
    item = site.desk.items(job)[0]
    page = site.alice.get(f"/jobs/{job.public_id}/results/{item.public_id}/").content.decode()
    for words in ("The face is too small to compare.", "less than 24 pixels wide", "SMALL_BOUNDING_BOX"):
        assert words in page


def test_a_face_that_was_not_found_has_no_page(site, database):
    assert site.alice.get(f"{site.paths()['result']}9/").status_code == 404
    assert site.alice.get(f"{site.paths()['result']}0/").status_code == 404


def test_an_item_of_another_job_is_not_found(site, database):
    job = site.desk.submit("search", [("probe.png", photo((10, 200, 200)))])
    work_off()
    assert site.alice.get(f"/jobs/{job.public_id}/results/{site.item.public_id}/").status_code == 404


def test_results_of_a_running_job_are_not_shown(site, database):
    job = site.desk.submit("search", [("probe.png", photo((10, 10, 200)))])
    answer = site.alice.get(f"/jobs/{job.public_id}/results/")
    assert answer.status_code == 409
    assert "no results to show" in answer.content.decode()
    work_off()


def test_results_are_closed_when_the_organization_is_stopped(database):
    own = new_site()
    Organization.objects.filter(pk=own.organization.pk).update(status="suspended")
    answer = own.alice.get(own.paths()["candidates"])
    assert answer.status_code == 403
    assert "organization-stopped" in answer.content.decode()
    assert own.desk.reload(own.job).status == "held"
    assert own.candidate.subject.public_id not in answer.content.decode()


def test_only_reviewers_see_candidates_that_wait_for_review(database):
    own = new_site()
    wait_for_review(own)
    answer = own.alice.get(own.paths()["candidates"])
    assert answer.status_code == 409
    assert "Reviewers have to judge" in answer.content.decode()
    assert "Look at the results" not in own.alice.get(own.paths()["job"]).content.decode()
    assert own.member(Role.REVIEWER).get(own.paths()["candidates"]).status_code == 200


def test_a_reviewer_judges_before_the_similarity_is_shown(database):
    own = new_site()
    reviewer = own.member(Role.REVIEWER, trained=True)
    before = reviewer.get(own.paths()["candidate"]).content.decode()
    assert "similarity of 100" not in before
    assert judge(reviewer, own).status_code == 302
    after = reviewer.get(own.paths()["candidate"]).content.decode()
    assert "similarity of 100" in after
    assert "Same ear and scar." in after


def test_the_list_of_candidates_hides_the_similarity_from_whoever_will_judge(site, database):
    page = site.member(Role.REVIEWER, trained=True).get(site.paths()["candidates"]).content.decode()
    assert "similarity of 100" not in page
    assert site.paths()["candidate"] in page


def test_a_judgment_makes_a_lead_and_releases_what_waited(database):
    own = new_site()
    wait_for_review(own)
    judge(own.member(Role.REVIEWER, trained=True), own)
    with tenant_scope(own.organization):
        assert Candidate.objects.get(pk=own.candidate.pk).status == "lead"
    assert own.desk.reload(own.job).status == "released"


@pytest.mark.parametrize(("verdict", "reason"), [("lead", ""), ("", "Same ear."), ("match", "Same ear.")])
def test_a_judgment_needs_a_verdict_and_a_reason(site, read, verdict, reason):
    answer = judge(site.member(Role.REVIEWER, trained=True), site, verdict, reason)
    assert answer.status_code == 422
    assert not read(lambda: Adjudication.objects.filter(candidate=site.candidate).exists())


def test_a_reviewer_without_training_judges_nothing(site, read):
    reviewer = site.member(Role.REVIEWER)
    assert "Training first" in reviewer.get(site.paths()["candidate"]).content.decode()
    assert judge(reviewer, site).status_code == 403
    assert not read(lambda: Adjudication.objects.filter(candidate=site.candidate).exists())


def test_an_analyst_judges_nothing(site, read):
    assert judge(site.alice, site).status_code == 403
    assert not read(lambda: Adjudication.objects.filter(candidate=site.candidate).exists())


def test_reviews_lead_to_the_next_candidate_and_end(database):
    own = new_site()
    reviewer = own.member(Role.REVIEWER, trained=True)
    assert "1 candidate to judge" in reviewer.get("/reviews/").content.decode()
    following = f"{own.paths()['job']}review/"
    assert reviewer.get(following)["Location"] == own.paths()["candidate"]
    judge(reviewer, own)
    assert reviewer.get(following)["Location"] == own.paths()["job"]
    assert "Nothing to judge" in reviewer.get("/reviews/").content.decode()


def test_an_export_names_its_recipient_and_streams_rows(site, database):
    sent = {"to": "organization", "recipient": "Detective Lane", "format_": "csv"}
    answer = site.alice.post(site.paths()["export"], sent)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["subject"], row["unreviewed"]) for row in rows] == [("", "1")]
    recorded = Event.objects.filter(verb="results.exported").latest("id")
    assert rows[0]["export"] == recorded.payload["export"]
    assert "Lane" not in str(recorded.payload)


def test_an_export_as_json_lines_holds_one_object_a_photo(site, database):
    answer = site.alice.post(
        f"{site.paths()['job']}export/", {"to": "organization", "recipient": "Lane", "format_": "jsonl"}
    )
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert rows[0]["faces"][0]["unreviewed"] == 1


def test_an_export_without_a_recipient_is_not_made(site, database):
    before = events_of(site, "results.exported")
    answer = site.alice.post(
        f"{site.paths()['job']}export/", {"to": "organization", "recipient": " ", "format_": "csv"}
    )
    assert answer.status_code == 422
    assert events_of(site, "results.exported") == before


def test_a_reviewer_exports_nothing(site, database):
    assert site.member(Role.REVIEWER).get(site.paths()["export"]).status_code == 403


def test_a_job_says_to_whom_its_results_went(site, database):
    paths = site.paths()
    site.alice.post(paths["export"], {"to": "organization", "recipient": "Captain Ode", "format_": "csv"})
    assert "Captain Ode" in site.alice.get(paths["job"]).content.decode()
