"""Case records on the screens: opened, dated, searched for, found."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.audit.models import Event
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.actions import record_photos, records
from recognition.models import CaseRecord, CaseRecordPhoto, Image, Job, Subject
from tests.support.jobs import ANNA, FACTS, photo
from tests.support.photos import truncated
from tests.support.records import REPORT, add_photo, new_record, record_of
from tests.web.tenant.conftest import elsewhere, new_site, order

NEW = {
    "reference": "WP-0114",
    "purpose": "find_missing_child",
    "requested_by": "family",
    "born_month": "5", "born_day": "1", "born_year": "2015",
    "missing_since_year": "2026",
    "authority_kind": "report",
    "authority_issuer": "Westford Police",
    "authority_reference": "26-412",
    "authority_dated_month": "1", "authority_dated_day": "14", "authority_dated_year": "2026",
}  # fmt: skip


@pytest.fixture
def record(site, database) -> CaseRecord:
    return new_record(site.desk, requested_by="family", **REPORT)


def path(record, *rest):
    return "/".join(("/cases", record.public_id, *rest)) + "/"


def a_photo(**changes):
    file = SimpleUploadedFile("anna.png", photo(ANNA), "image/png")
    return {"photo": file, "taken_year": "2024", "note": "From school"} | changes


def test_a_case_is_opened_with_days_and_years(site, database):
    answer = site.alice.post("/cases/new/", NEW | {"reference": "WP-NEW"})
    made = record_of(site.desk, "WP-NEW")
    assert answer["Location"] == path(made)
    known = records.details_of(made)
    assert (known.born, known.missing_since, known.authority_dated) == ("2015-05-01", "2026", "2026-01-14")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"authority_kind": "", "authority_issuer": ""}, "authority&#x27;s report or proof of custody"),
        ({"born_day": ""}, "Enter the year alone, or month, day and year"),
        ({"born_month": "2", "born_day": "30"}, "Enter the year alone, or month, day and year"),
        ({"missing_since_year": "2999"}, "lies in the future"),
        ({"reference": ""}, "Reference"),
    ],
)
def test_what_is_wrong_in_a_case_is_said_where_it_is_mended(site, database, changes, words):
    answer = site.alice.post("/cases/new/", NEW | {"reference": "WP-BAD"} | changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert record_of(site.desk, "WP-BAD") is None


def test_a_case_shows_the_age_in_each_photo_and_where_leads_go(site, record):
    add_photo(site.desk, record, ANNA, "2024", age_progressed=True)
    page = site.alice.get(path(record)).content.decode()
    assert "Age: 8 to 9 years" in page
    assert "Age-progressed" in page
    assert "May 1, 2015, now" in page
    assert "never to the family" in page


def test_a_case_is_changed_and_shows_what_it_held(site, record):
    page = site.alice.get(path(record, "change")).content.decode()
    assert 'value="2015"' in page
    sent = NEW | {"reference": record.reference, "born_month": "", "born_day": ""}
    assert site.alice.post(path(record, "change"), sent).status_code == 302
    assert records.details_of(record_of(site.desk, record.reference)).born == "2015"


def test_a_photo_is_added_mended_and_removed(site, record, read):
    assert site.alice.post(path(record, "photos", "new"), a_photo()).status_code == 302
    made = read(lambda: CaseRecordPhoto.objects.select_related("organization").get(record=record))
    assert record_photos.details_of(made).taken == "2024"
    own = path(record, "photos", made.public_id)
    assert "From school" in site.alice.get(own).content.decode()
    site.alice.post(own, {"taken_month": "6", "taken_day": "2", "taken_year": "2024", "edited": "on"})
    kept = read(lambda: CaseRecordPhoto.objects.select_related("organization").get(pk=made.pk))
    assert (record_photos.details_of(kept).taken, kept.edited) == ("2024-06-02", True)
    assert site.alice.post(f"{own}remove/").status_code == 302
    assert read(lambda: Image.objects.get(pk=made.image_id).purged_at)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"photo": SimpleUploadedFile("a.png", truncated())}, "Photo"),
        ({"photo": ""}, "Photo"),
        ({"taken_year": "2010"}, "older than the person"),
    ],
)
def test_a_photo_that_cannot_be_is_not_kept(site, record, read, changes, words):
    answer = site.alice.post(path(record, "photos", "new"), a_photo(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not read(lambda: CaseRecordPhoto.objects.filter(record=record).exists())


def test_a_photo_that_was_searched_is_given_its_date(site, record, read):
    facts = FACTS | {"case_reference": record.reference}
    job = site.desk.submit("search", [("street.png", photo(ANNA))], facts=facts)
    image = site.desk.items(job)[0].image
    assert "Add its date" in site.alice.get(path(record)).content.decode()
    address = f"{path(record, 'photos', 'new')}?image={image.public_id}"
    assert site.alice.post(address, {"taken_year": "2025"}).status_code == 302
    assert "Add its date" not in site.alice.get(path(record)).content.decode()
    assert read(lambda: CaseRecordPhoto.objects.get(record=record).image_id) == image.pk


def test_the_order_of_a_search_takes_what_the_case_says(site, record, read):
    made = add_photo(site.desk, record, ANNA, "2024")
    address = f"{site.paths()['order']}?case={record.public_id}"
    page = site.alice.get(address).content.decode()
    for told in (record.reference, "Westford Police", "2024, age: 8 to 9 years"):
        assert told in page
    sent = order(site.desk, case_reference=record.reference, images="", case_photos=made.image.public_id)
    assert site.alice.post(address, sent)["Location"].startswith("/jobs/job_")
    assert read(lambda: Job.objects.latest("created_at").record_id) == record.pk


def test_a_refused_order_leaves_the_photos_of_the_case_alone(site, record, read):
    made = add_photo(site.desk, record, ANNA)
    records.close(record=record, by=site.desk.by)
    address = f"{site.paths()['order']}?case={record.public_id}"
    sent = order(site.desk, case_reference=record.reference, case_photos=made.image.public_id)
    answer = site.alice.post(address, sent)
    assert answer.status_code == 422
    assert "Open it again first" in answer.content.decode()
    assert read(lambda: Image.objects.get(pk=made.image_id).purged_at) is None


def test_a_search_for_a_person_without_a_case_is_asked_for_one(site, database):
    answer = site.alice.post(site.paths()["order"], order(site.desk, case_reference=""))
    assert answer.status_code == 422
    assert "Case reference:" in answer.content.decode()


def test_the_age_gap_stands_beside_candidates_and_before_the_judge(database):
    own = new_site()
    record = record_of(own.desk, "CASE-1")
    records.change(record=record, by=own.desk.by, born="2015-05-01")
    for image, taken in ((own.item.image, "2025-06-01"), (own.face.image, "2019")):
        details = record_photos.PhotoDetails(taken=taken)
        record_photos.add(record=record, image=image, details=details, by=own.desk.by)
    reviewer = own.member(Role.REVIEWER, trained=True)
    for page in (own.alice.get(own.paths()["candidates"]), reviewer.get(own.paths()["candidate"])):
        text = page.content.decode()
        assert "5 to 6 years" in text
        assert "10 years, photo of June 1, 2025" in text
        assert "Not measured on children" in text


def test_without_dates_the_gap_is_unknown_and_says_why(site, database):
    page = site.alice.get(site.paths()["candidates"]).content.decode()
    assert "Unknown: no date of the probe and the enrolled photo" in page


def test_an_export_of_a_familys_case_says_who_may_have_leads(database):
    own = new_site()
    with tenant_scope(own.organization):
        Job.objects.filter(pk=own.job.pk).update(facts=own.job.facts | {"requested_by": "family"})
    assert "never to the family" in own.alice.get(own.paths()["export"]).content.decode()
    assert "never to the family" not in new_site().alice.get("/cases/").content.decode()


def test_a_person_in_a_gallery_is_linked_and_unlinked(site, record, read):
    address = f"{site.paths()['subject']}case/"
    assert site.alice.post(address, {"reference": "nothing"}).status_code == 422
    site.alice.post(address, {"reference": record.reference})
    assert record.reference in site.alice.get(site.paths()["subject"]).content.decode()
    assert site.paths()["subject"] in site.alice.get(path(record)).content.decode()
    site.alice.post(address, {"action": "unlink"})
    assert read(lambda: Subject.objects.get(pk=site.subject.pk).record) is None


def test_a_case_is_closed_and_opened_again(site, record):
    site.alice.post(path(record, "close"), {"action": "close"})
    assert "No search can name this case" in site.alice.get(path(record)).content.decode()
    assert record.reference in site.alice.get("/cases/?status=closed").content.decode()
    site.alice.post(path(record, "close"), {"action": "reopen"})
    assert record_of(site.desk, record.reference).status == "open"


def test_found_asks_first_then_erases_and_shows_the_receipt(database):
    own = new_site()
    record = record_of(own.desk, "CASE-1")
    address = path(record, "found")
    assert "cannot be undone" in own.alice.get(address).content.decode()
    assert own.alice.post(address, {"typed": "something else"}).status_code == 422
    assert record_of(own.desk, "CASE-1").status == "open"
    answer = own.alice.post(address, {"typed": "CASE-1"}, follow=True)
    page = answer.content.decode()
    assert "All that was held about a person who was found" in page
    assert own.alice.get(own.paths()["candidates"]).status_code in {404, 409}
    shown = own.alice.get(path(record)).content.decode()
    assert "The reference stays" in shown
    assert "2015" not in shown


def test_a_reviewer_reads_a_case_and_changes_nothing(site, record):
    reviewer = site.member(Role.REVIEWER)
    page = reviewer.get(path(record)).content.decode()
    assert "Add a photo" not in page
    assert "was found" not in page
    for rest in (("change",), ("close",), ("found",), ("photos", "new")):
        assert reviewer.post(path(record, *rest)).status_code == 403
    assert record_of(site.desk, record.reference).status == "open"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PRIVACY_CONTACT])
def test_those_who_only_read_the_trail_see_no_case(site, record, role):
    assert site.member(role).get(path(record)).status_code == 403


@pytest.mark.parametrize("rest", [(), ("change",), ("found",), ("photos", "new")])
def test_a_stranger_cannot_tell_a_case_from_one_that_never_was(site, bob, record, rest):
    real, never = bob.get(path(record, *rest)), bob.get(elsewhere(path(record, *rest)))
    assert (real.status_code, never.status_code) == (404, 404)


def test_abuse_material_is_refused_with_its_rule_and_nothing_is_opened(site, database):
    sent = NEW | {"reference": "WP-X", "purpose": "csam_victim_identification", "requested_by": "self"}
    answer = site.alice.post("/cases/new/", sent)
    assert answer.status_code == 403
    assert "csam-lawful-holders" in answer.content.decode()
    assert record_of(site.desk, "WP-X") is None


def test_a_photo_of_another_record_is_not_found(site, record):
    made = add_photo(site.desk, new_record(site.desk), ANNA)
    assert site.alice.get(path(record, "photos", made.public_id)).status_code == 404


def test_an_analyst_sees_the_photos_of_a_case_without_a_grant_of_a_gallery(site, record):
    made = add_photo(site.desk, record, ANNA)
    assert site.member(Role.ANALYST).get(f"/images/{made.image.public_id}/?size=small").status_code == 200


def test_the_list_teaches_the_first_step(database):
    own = new_site()
    with tenant_scope(own.organization):
        Job.objects.update(record=None)
        Subject.objects.update(record=None)
        CaseRecord.objects.all().delete()
    assert "Open a record for each person" in own.alice.get("/cases/").content.decode()


def test_the_trail_leads_to_the_case(site, record):
    assert f'href="{path(record)}"' in site.alice.get("/trail/").content.decode()
    assert Event.objects.filter(target=record.public_id).exists()
