"""Case records: opened whole, sealed, named by jobs, and the calendar beside every candidate."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.actions import images, record_photos, record_retention, records, results
from recognition.actions.images import Photo, Received
from recognition.ages import CHILDREN
from recognition.details import PhotoDetails, RecordDetails
from recognition.models import CaseRecord, CaseRecordPhoto, Image, Job, JobStatus, Shard, ShardState
from tests.compliance.conftest import determine, new_officer, new_tenant, new_user
from tests.compliance.test_legal_holds import demanded, held
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off
from tests.support.records import REPORT, add_photo, new_record, record_of, subject_of


@pytest.fixture
def desk(database: None) -> Desk:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def stored(desk: Desk, record: CaseRecord) -> bytes:
    with tenant_scope(desk.tenant.organization), connection.cursor() as cursor:
        cursor.execute("SELECT details FROM recognition_caserecord WHERE id = %s", [record.pk])
        return bytes(cursor.fetchone()[0])


def events(desk: Desk, verb: str) -> list[Event]:
    return list(Event.objects.filter(organization=str(desk.tenant.organization.pk), verb=verb))


def ages(desk: Desk, job: Job) -> list[dict]:
    ruling = results.open_results(job=desk.reload(job), by=desk.by)
    rows = results.rows(desk.reload(job), ruling)
    return [one["age"] for row in rows for face in row["faces"] for one in face["candidates"]]


def test_what_a_record_says_about_a_person_lies_sealed(desk):
    record = new_record(desk, born="2015-05-01", **REPORT)
    assert b"2015" not in stored(desk, record)
    assert b"Westford" not in stored(desk, record)
    assert records.details_of(record).born == "2015-05-01"


def test_the_trail_tells_of_a_record_and_nothing_of_the_person(desk):
    record = new_record(desk, born="2015-05-01", **REPORT)
    [event] = events(desk, "record.opened")
    assert event.target == record.public_id
    assert event.payload == {"purpose": "find_missing_child", "requested_by": "police"}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"reference": " "}, "reference_missing", "reference"),
        ({"reference": "x" * 101}, "reference_too_long", "reference"),
        ({"purpose": "media_archive"}, "purpose_unknown", "purpose"),
        ({"requested_by": "nobody"}, "requester_unknown", "requested_by"),
        ({"born": "May 2015"}, "date_format", "born"),
        ({"born": "2015-02-29"}, "date_format", "born"),
        ({"born": "2999"}, "date_future", "born"),
        ({"born": "1850"}, "date_order", "born"),
        ({"missing_since": "2014"}, "date_order", "missing_since"),
        ({"requested_by": "family"}, "authority_missing", "authority_kind"),
        ({"authority_issuer": "Westford Police"}, "authority_missing", "authority_kind"),
        (REPORT | {"authority_kind": "rumor"}, "authority_unknown", "authority_kind"),
        (REPORT | {"authority_dated": "yesterday"}, "date_format", "authority_dated"),
        (REPORT | {"authority_issuer": "x" * 201}, "too_long", "authority_issuer"),
    ],
)
def test_what_is_wrong_with_a_record_is_said_and_nothing_is_kept(desk, changes, code, field):
    with pytest.raises(InvalidInput) as error:
        new_record(desk, **changes)
    assert (error.value.code, error.value.detail["field"]) == (code, field)
    assert events(desk, "record.opened") == []


def test_a_familys_request_comes_with_the_report_of_an_authority(desk):
    record = new_record(desk, requested_by="family", **REPORT)
    assert records.details_of(record).has_authority


def test_a_reference_is_used_once(desk):
    record = new_record(desk)
    with pytest.raises(Conflict, match="reference_taken"):
        new_record(desk, reference=record.reference)


def test_a_key_opens_records_of_its_own_purpose_only(desk):
    key = Actor(
        kind="key",
        id="key_x",
        label="x",
        organization_id=desk.tenant.organization.pk,
        purpose="find_missing_adult",
    )
    with pytest.raises(Refused, match="other_purpose"):
        records.open_record(
            organization=desk.tenant.organization,
            reference="WP-1",
            purpose="find_missing_child",
            requested_by="self",
            details=RecordDetails(),
            by=key,
        )


def test_a_reviewer_opens_no_record(desk):
    user = new_user("reviewer")
    own = Membership.objects.create(
        organization=desk.tenant.organization, user=user, role=Role.REVIEWER.value
    )
    with pytest.raises(Refused, match="permission"):
        records.close(record=new_record(desk), by=Actor.for_user(user, own))


def test_a_record_is_changed_but_for_its_purpose(desk):
    record = new_record(desk)
    records.change(record=record, by=desk.by, born="2016", missing_since="2025-05-02")
    known = records.details_of(record_of(desk, record.reference))
    assert (known.born, known.missing_since) == ("2016", "2025-05-02")
    with pytest.raises(InvalidInput, match="field_fixed"):
        records.change(record=record, by=desk.by, purpose="find_missing_adult")


def test_an_ended_record_is_not_changed(desk):
    record = new_record(desk)
    records.close(record=record, by=desk.by)
    with pytest.raises(Conflict, match="case_closed"):
        records.change(record=record, by=desk.by, born="2016")
    records.reopen(record=record, by=desk.by)
    records.change(record=record, by=desk.by, born="2016")


def test_photos_are_kept_with_their_dates_and_flags(desk):
    record = new_record(desk)
    made = add_photo(desk, record, ANNA, "2019", edited=True, note="From the grandmother")
    with tenant_scope(desk.tenant.organization):
        kept = CaseRecordPhoto.objects.get(pk=made.pk)
    assert record_photos.details_of(kept) == PhotoDetails("2019", "From the grandmother")
    assert (kept.edited, kept.age_progressed) == (True, False)
    assert b"grandmother" not in bytes(kept.details)


@pytest.mark.parametrize(
    ("taken", "code"), [("2014-12-31", "date_order"), ("1. 5. 2019", "date_format"), ("2999", "date_future")]
)
def test_a_photo_with_a_wrong_day_is_not_kept(desk, taken, code):
    record = new_record(desk)
    with pytest.raises(InvalidInput, match=code):
        add_photo(desk, record, ANNA, taken)
    with tenant_scope(desk.tenant.organization):
        assert not CaseRecordPhoto.objects.filter(record=record).exists()
        assert not Image.objects.filter(purged_at=None).exists()


def test_a_photo_is_in_a_record_once(desk):
    record = new_record(desk)
    made = add_photo(desk, record, ANNA)
    with pytest.raises(Conflict, match="photo_there"):
        record_photos.add(record=record, image=made.image, details=PhotoDetails(), by=desk.by)


def test_what_is_known_of_a_photo_is_mended(desk):
    made = add_photo(desk, new_record(desk), ANNA, "2019", note="School")
    record_photos.change(photo=made, by=desk.by, taken="2020-06-01", age_progressed=True)
    with tenant_scope(desk.tenant.organization):
        kept = CaseRecordPhoto.objects.get(pk=made.pk)
    assert record_photos.details_of(kept) == PhotoDetails("2020-06-01", "School")
    assert kept.age_progressed


def test_a_removed_photo_is_destroyed_where_nothing_else_needs_it(desk):
    record = new_record(desk)
    made = add_photo(desk, record, ANNA)
    record_photos.remove(photo=made, by=desk.by)
    with tenant_scope(desk.tenant.organization):
        assert Image.objects.get(pk=made.image_id).purged_at
    used = add_photo(desk, record, BORIS)
    desk.order("search", Received([Photo(used.image)]))
    record_photos.remove(photo=used, by=desk.by)
    with tenant_scope(desk.tenant.organization):
        assert Image.objects.get(pk=used.image_id).purged_at is None


def test_a_photo_of_a_record_is_not_deleted_under_it(desk):
    made = add_photo(desk, new_record(desk), ANNA)
    with pytest.raises(Conflict, match="image_in_use"):
        images.delete(image=made.image, by=desk.by)


def test_abuse_material_is_kept_by_those_alone_whom_an_officer_saw_the_authority_of(database):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "csam_victim_identification")
    with pytest.raises(Refused) as refusal:
        new_record(Desk(tenant, None), purpose="csam_victim_identification", requested_by="self")
    assert refusal.value.code == "csam-lawful-holders"
    assert refusal.value.detail["decision"].startswith("rul_")
    lawful = new_tenant("Quayside Hotline")
    determine(lawful, "csam_victim_identification", records=["csam_legal_authority"])
    record = new_record(Desk(lawful, None), purpose="csam_victim_identification", requested_by="self")
    assert record.status == "open"


def test_when_the_authority_to_hold_abuse_material_ends_no_photo_is_added(database):
    tenant = new_tenant("Quayside Hotline")
    determine(tenant, "csam_victim_identification", records=["csam_legal_authority"])
    desk = Desk(tenant, None)
    record = new_record(desk, purpose="csam_victim_identification", requested_by="self")
    determine(tenant, "csam_victim_identification")
    with pytest.raises(Refused, match="csam-lawful-holders"):
        add_photo(desk, record, ANNA)
    with tenant_scope(tenant.organization):
        assert not Image.objects.exists()


def test_a_case_reference_opens_its_record_on_first_use(desk):
    assert record_of(desk, "CASE-1") is None
    first = desk.submit("search", [("a.png", photo(ANNA))])
    second = desk.submit("search", [("b.png", photo(BORIS))])
    record = record_of(desk, "CASE-1")
    assert (record.purpose, record.requested_by, record.status) == ("find_missing_child", "self", "open")
    assert {desk.reload(job).record_id for job in (first, second)} == {record.pk}
    [event] = events(desk, "record.opened")
    assert event.payload["job"] == first.public_id


def test_a_record_opened_by_a_job_keeps_the_report_that_the_job_names(desk):
    report = {"issuer": "Westford Police", "reference": "WP-114", "outcome": "granted"}
    report["issued_at"] = "2025-05-03T00:00:00+00:00"
    desk.submit(
        "search", [("a.png", photo(ANNA))], facts=FACTS | {"requested_by": "family", "authorization": report}
    )
    known = records.details_of(record_of(desk, "CASE-1"))
    assert (known.authority_issuer, known.authority_dated) == ("Westford Police", "2025-05-03")


def test_a_search_for_a_person_that_names_no_case_is_refused_and_looks_at_no_face(desk):
    with pytest.raises(Refused) as refusal:
        desk.submit("search", [("a.png", photo(ANNA))], facts=FACTS | {"case_reference": None})
    assert refusal.value.code == "case_record_missing"
    with tenant_scope(desk.tenant.organization):
        job = Job.objects.get()
        assert (job.status, job.refused_by, job.record) == (JobStatus.REFUSED, "case_record_missing", None)
    assert not Shard.objects.filter(job_id=job.pk).exists()


def test_a_refused_job_opens_no_record(desk):
    with pytest.raises(Refused, match="people-finding-no-suspect"):
        desk.submit("search", [("a.png", photo(ANNA))], facts=FACTS | {"subject_class": "suspect"})
    assert record_of(desk, "CASE-1") is None


def test_a_closed_case_is_searched_for_no_more(desk):
    record = new_record(desk)
    records.close(record=record, by=desk.by)
    facts = FACTS | {"case_reference": record.reference}
    with pytest.raises(Conflict, match="case_closed"):
        desk.submit("search", [("a.png", photo(ANNA))], facts=facts)
    with tenant_scope(desk.tenant.organization):
        assert not Job.objects.exists()


def test_a_reference_longer_than_any_record_has_is_refused_by_name(desk):
    with pytest.raises(InvalidInput, match="reference_too_long"):
        desk.submit("search", [("a.png", photo(ANNA))], facts=FACTS | {"case_reference": "x" * 101})


def test_an_enrollment_of_one_person_links_them_to_its_case(desk):
    facts = FACTS | {"probe_source": None, "case_reference": "WP-77"}
    desk.submit("enroll", [("anna 1.png", photo(ANNA)), ("anna 2.png", photo(ANNA))], facts=facts)
    work_off()
    assert subject_of(desk, "anna").record == record_of(desk, "WP-77")


def test_an_enrollment_of_many_people_links_nobody(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    work_off()
    assert subject_of(desk, "anna").record is None
    record = new_record(desk)
    records.link(subject=subject_of(desk, "anna"), record=record, by=desk.by)
    assert subject_of(desk, "anna").record == record
    records.unlink(subject=subject_of(desk, "anna"), by=desk.by)
    assert subject_of(desk, "anna").record is None


def test_the_age_gap_stands_on_every_candidate(desk):
    record = new_record(desk, born="2015-05-01")
    enrolled = add_photo(desk, record, ANNA, "2019-05-01")
    probe = add_photo(desk, record, ANNA, "2025", age_progressed=True)
    facts = FACTS | {"case_reference": record.reference}
    desk.order("enroll", Received([Photo(enrolled.image, "anna")]), facts=facts | {"probe_source": None})
    work_off()
    job = desk.order("search", Received([Photo(probe.image)]), facts=facts)
    work_off()
    [age] = ages(desk, job)
    assert (age["gap_years"], age["gap"]) == ([5, 6], "5 to 6 years")
    assert (age["probe"]["age_years"], age["enrolled"]["age_years"]) == ([9, 10], [4, 4])
    assert age["cautions"][0] == CHILDREN
    assert "age-progressed" in age["cautions"][1]


def test_the_same_file_uploaded_again_has_the_same_day(desk):
    data = photo(ANNA)
    record = new_record(desk)
    add_photo(desk, record, ANNA, "2024-05-01", data=data)
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    facts = FACTS | {"case_reference": record.reference}
    job = desk.submit("search", [("again.png", data)], facts=facts)
    work_off()
    [age] = ages(desk, job)
    assert age["probe"]["taken"] == "2024-05-01"
    assert age["gap"] == "unknown: no date of the enrolled photo"


def test_where_nobody_is_sought_no_age_is_told(database):
    tenant = new_tenant("Museum", "education")
    determine(tenant, "media_archive")
    desk = Desk(tenant, None)
    facts = FACTS | {"subject_class": "consenting", "probe_source": "own_customers", "case_reference": None}
    job = desk.submit("detect", [("a.png", photo(ANNA))], purpose="media_archive", facts=facts, gallery=None)
    assert job.record_id is None


def closed(desk, days, **known):
    record = new_record(desk, **known)
    made = add_photo(desk, record, ANNA, "2024")
    records.close(record=record, by=desk.by)
    with tenant_scope(desk.tenant.organization):
        ago = timezone.now() - timedelta(days=days)
        CaseRecord.objects.filter(pk=record.pk).update(ended_at=ago)
    return record, made


def test_a_closed_case_loses_photos_and_dates_after_thirty_days_and_not_before(desk):
    (young, kept), (old, gone) = closed(desk, 29), closed(desk, 31)
    record_retention.sweep()
    assert records.details_of(record_of(desk, young.reference)).born
    assert records.details_of(record_of(desk, old.reference)) == RecordDetails()
    with tenant_scope(desk.tenant.organization):
        assert Image.objects.get(pk=kept.image_id).purged_at is None
        assert Image.objects.get(pk=gone.image_id).purged_at
    [event] = events(desk, "record.purged")
    assert (event.target, event.payload) == (old.public_id, {"photos": 1, "kept": 0})
    assert record_retention.sweep() == 0


def test_what_a_court_demands_of_a_closed_case_is_kept(desk):
    record, _ = closed(desk, 31)
    officer = new_officer("Ada")
    held(demanded(desk.tenant, officer), officer, record.public_id)
    record_retention.sweep()
    assert records.details_of(record_of(desk, record.reference)).born
    assert events(desk, "record.purged") == []
