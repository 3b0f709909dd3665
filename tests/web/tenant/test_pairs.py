"""Comparing and detecting by screen: ordered by purpose, shown side by side, judged blind."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.tenancy.actions import members
from portal.tenancy.models import Membership
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.models import Image, Item, Job, Verification
from tests.compliance.conftest import determine
from tests.support.jobs import ANNA, BORIS, NOBODY, photo, work_off
from tests.support.photos import zipped
from tests.web.tenant.conftest import browser, join, new_site, order, upload

COMPARE = "/jobs/new/compare/find_missing_child/"
DETECT = "/jobs/new/detect/find_missing_child/"


def ordered(site, address, **changes):
    """Send an order; return the job's address."""
    sent = order(site.desk, **changes) | {"subject_from": changes.get("subject_from", "folder")}
    answer = site.alice.post(address, sent)
    assert answer.status_code == 302, answer.content.decode()
    work_off()
    return answer["Location"]


def pair(site, first, second, **changes) -> str:
    return ordered(site, COMPARE, images=upload(first), second=upload(second), **changes)


def item_page(site, job: str, client=None) -> str:
    with tenant_scope(site.organization):
        found = Item.objects.get(job=Job.objects.all().with_public_id(job.split("/")[2]))
    return (client or site.alice).get(f"{job}results/{found.public_id}/").content.decode()


@pytest.mark.parametrize(
    ("kind", "chosen", "leads_to"),
    [
        ("compare", {"purpose": "find_missing_child"}, COMPARE),
        ("detect", {"purpose": "find_missing_child"}, DETECT),
    ],
)
def test_what_needs_no_gallery_starts_from_a_purpose(site, database, kind, chosen, leads_to):
    assert site.alice.get("/jobs/new/", {"kind": kind} | chosen)["Location"] == leads_to


def test_each_kind_asks_for_what_it_works_on(site, database):
    for kind in ("search", "compare"):
        answer = site.alice.get("/jobs/new/", {"kind": kind})
        assert (answer.status_code, "Choose one." in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("address", [COMPARE, DETECT])
def test_the_order_and_its_estimate_are_shown_without_a_gallery(site, database, address):
    page = site.alice.get(address).content.decode()
    assert "Only check the files" in page
    assert site.alice.get(f"{address}estimate/").status_code == 200


def test_two_photos_are_picked_compared_and_shown_side_by_side(site, database):
    page = item_page(site, pair(site, ANNA, ANNA))
    assert "At or above the threshold" in page
    assert "This is not an identification." in page
    assert "First photo" in page
    assert "Second photo" in page
    assert "True persons missed" in page


def test_a_pair_that_was_not_compared_is_no_no(site, database):
    page = item_page(site, pair(site, ANNA, NOBODY))
    assert "This is not a no." in page
    assert "No face was found in the photo." in page
    assert "similarity of 100" not in page


def test_results_list_pairs_with_what_became_of_them(site, database):
    job = pair(site, ANNA, BORIS)
    page = site.alice.get(f"{job}results/").content.decode()
    assert "Below the threshold" in page
    assert "A pair that was not compared is not a no." in page


def test_faces_of_a_photo_are_drawn_over_it(site, database):
    job = ordered(site, DETECT)
    page = item_page(site, job)
    assert page.count('class="face-box"') == 1
    assert "Used." in page


def strict_site():
    site = new_site()
    determine(site.desk.tenant, "find_missing_child", conditions={"review": "before_release"})
    return site


def reviewer_of(site):
    user = join(site.organization, Role.REVIEWER, site.desk)
    own = Membership.objects.get(user=user, organization=site.organization)
    members.record_training(membership=own, trained_on=own.created_at.date(), by=site.desk.by)
    return browser(user)


def test_a_reviewer_judges_a_pair_before_seeing_how_alike_it_is(database):
    site = strict_site()
    job = pair(site, ANNA, ANNA)
    reviewer = reviewer_of(site)
    assert "1 pair to judge" in reviewer.get("/reviews/").content.decode()
    address = reviewer.get(f"{job}review/")["Location"]
    before = reviewer.get(address).content.decode()
    assert "similarity of 100" not in before
    verdict = {"verdict": "lead", "compared": ["ears"], "reason": "The same ear."}
    assert reviewer.post(f"{address}judge/", verdict)["Location"] == address
    after = reviewer.get(address).content.decode()
    assert "similarity of 100" in after
    assert "The same ear." in after


def test_nobody_else_sees_how_alike_a_pair_is_before_it_was_judged(database):
    site = strict_site()
    job = pair(site, ANNA, ANNA)
    assert site.alice.get(f"{job}results/").status_code == 409


def test_a_judgment_without_a_reason_is_asked_for_again(database):
    site = strict_site()
    reviewer = reviewer_of(site)
    job = pair(site, ANNA, ANNA)
    address = reviewer.get(f"{job}review/")["Location"]
    answer = reviewer.post(f"{address}judge/", {"verdict": "lead"})
    assert answer.status_code == 422
    assert "Mark what you compared" in answer.content.decode()


def judged(site, verdict: str) -> tuple[str, str]:
    """Compare a pair that a reviewer then judges; return the addresses of its page and of steps on it."""
    job, reviewer = pair(site, ANNA, ANNA), reviewer_of(site)
    address = reviewer.get(f"{job}review/")["Location"]
    told = {"verdict": verdict, "compared": ["ears"], "reason": "The same ear."}
    assert reviewer.post(f"{address}judge/", told).status_code == 302
    with tenant_scope(site.organization):
        found = Verification.objects.get(item__job=Job.objects.all().with_public_id(job.split("/")[2]))
    return address, found.public_id


def test_a_pair_that_became_a_lead_is_withdrawn_from_its_page_and_its_recipient_named_first(database):
    site = strict_site()
    address, lead = judged(site, "lead")
    assert f"/leads/{lead}/withdraw/" in site.alice.get(address).content.decode()
    sent = {"to": "organization", "recipient": "Shift leader Ode", "email": "", "format_": "csv"}
    file = b"".join(site.alice.post(f"/leads/{lead}/export/", sent).streaming_content).decode()
    assert [row["verification"] for row in csv.DictReader(io.StringIO(file)) if row["compared"]] == [lead]
    assert "Shift leader Ode" in site.alice.get(f"/leads/{lead}/withdraw/").content.decode()
    answer = site.alice.post(f"/leads/{lead}/withdraw/", {"reason": "It is her twin."})
    assert answer["Location"] == address
    page = site.alice.get(address).content.decode()
    assert all(words in page for words in ("Withdrawn", "It is her twin.", "Not told yet"))


def test_an_export_lists_its_pairs_each_to_be_withdrawn(database):
    site = strict_site()
    address, lead = judged(site, "lead")
    sent = {"to": "organization", "recipient": "Ode", "email": "", "format_": "csv"}
    export = site.alice.post(f"{address.split('results/')[0]}export/", sent)["X-Countenance-Export"]
    page = site.alice.get(f"/exports/{export}/").content.decode()
    assert address in page
    assert f"/leads/{lead}/withdraw/" in page


def test_what_became_of_a_pair_stands_on_its_page(database):
    site = strict_site()
    address, lead = judged(site, "lead")
    told = {"outcome": "ruled_out", "source": "Dental records", "reason": "They differ."}
    assert site.alice.post(f"/leads/{lead}/outcome/", told)["Location"] == address
    assert "They differ. Known from: Dental records" in site.alice.get(address).content.decode()


def test_an_inconclusive_pair_is_judged_again_beside_a_photo_that_came_since(database):
    site = strict_site()
    address, found = judged(site, "inconclusive")
    again = f"/reviews/{found}/again/"
    assert "No new photo yet" in site.alice.get(again).content.decode()
    pair(site, ANNA, BORIS)
    choice = site.alice.get(again).content.decode().split('name="photo" value="')[1].split('"')[0]
    answer = site.alice.post(again, {"photo": choice, "reason": "From the front."})
    assert answer["Location"] == address
    page = reviewer_of(site).get(address).content.decode()
    assert "From the front." in page
    assert "The same ear." not in page
    assert "similarity of 100" not in page


def test_a_stranger_finds_no_pair(database, bob):
    _, lead = judged(strict_site(), "lead")
    steps = [f"/leads/{lead}/{step}/" for step in ("withdraw", "outcome", "export")]
    assert {bob.get(step).status_code for step in (*steps, f"/reviews/{lead}/again/")} == {404}


# Imports


def archive_of(**files) -> SimpleUploadedFile:
    return SimpleUploadedFile("photos.zip", zipped(files), "application/zip")


def kept(site) -> int:
    with tenant_scope(site.organization):
        return Image.objects.filter(purged_at=None).count()


def test_checking_the_files_says_what_would_come_of_each_and_keeps_nothing(database):
    site = new_site()
    before = kept(site)
    zipped_files = archive_of(**{"a/1.png": photo(ANNA), "b/1.png": photo(ANNA), "b/2.txt": b"no photo"})
    page = site.alice.post(COMPARE, {"check": "1", "images": [zipped_files], "subject_from": "folder"})
    text = page.content.decode()
    assert "first/a/1.png and first/b/1.png" in text
    assert "This is not a JPEG, PNG or WebP photo." in text
    assert kept(site) == before


def test_a_report_names_every_file_and_comes_as_a_table(site, database):
    files = archive_of(**{"a/1.png": photo(ANNA), "b/1.png": photo(ANNA), "b/2.png": photo(ANNA)})
    job = ordered(site, COMPARE, images=[files])
    page = site.alice.get(f"{job}import/").content.decode()
    assert "There is no photo to compare this one with." in page
    table = b"".join(site.alice.get(f"{job}import/?format=csv").streaming_content).decode()
    assert [row["outcome"] for row in csv.DictReader(io.StringIO(table))] == ["accepted", "unpaired"]


def test_the_columns_of_an_export_are_explained_beside_its_form(site, database):
    page = site.alice.get(f"{site.paths()['job']}export/").content.decode()
    assert "What the columns mean" in page
    assert "not_compared" in page
