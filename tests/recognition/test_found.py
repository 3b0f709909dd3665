"""A person was found: nothing goes on, nothing is read, nothing is kept, and a receipt says so."""

import pytest
from django.utils import timezone

from compliance.models import LegalHold, Letter
from portal.audit.models import Event
from portal.common.errors import Conflict, Refused
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition import ledger, runner, storage
from recognition.actions import exports, found, jobs, records, results
from recognition.actions.exports import Recipient
from recognition.actions.images import Photo, Received
from recognition.models import (
    Candidate,
    CaseRecordPhoto,
    Face,
    FoundFace,
    Image,
    Item,
    Job,
    JobStatus,
    Shard,
    ShardState,
    Subject,
)
from tests.compliance.conftest import new_officer
from tests.compliance.test_legal_holds import demanded, held
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, Meanwhile, new_desk, photo, work_off
from tests.support.records import add_photo, new_record, record_of, subject_of

REFERENCE = "WP-0114"
OF_CASE = FACTS | {"case_reference": REFERENCE}
ENROLLED = OF_CASE | {"probe_source": None}


@pytest.fixture
def desk(database: None) -> Desk:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def searched(desk: Desk) -> Job:
    """Anna, the child of the case, is enrolled with Boris beside her, and was searched for."""
    desk.submit("enroll", [("anna.png", photo(ANNA))], facts=ENROLLED)
    desk.submit("enroll", [("boris.png", photo(BORIS))], facts=FACTS | {"probe_source": None})
    work_off()
    job = desk.submit("search", [("probe.png", photo(ANNA)), ("other.png", photo(BORIS))], facts=OF_CASE)
    work_off()
    return desk.reload(job)


def left(desk: Desk) -> dict[str, int]:
    with tenant_scope(desk.tenant.organization):
        rows = {"faces": Face, "subjects": Subject, "candidates": Candidate, "found": FoundFace}
        return {name: model.objects.count() for name, model in rows.items()} | {
            "photos": Image.objects.filter(purged_at=None).count()
        }


def paths(desk: Desk, job: Job) -> list[str]:
    with tenant_scope(desk.tenant.organization):
        return [item.image.path for item in Item.objects.filter(job=job).select_related("image")]


def events(desk: Desk, verb: str) -> list[Event]:
    return list(Event.objects.filter(organization=str(desk.tenant.organization.pk), verb=verb).order_by("id"))


def test_what_is_held_about_a_person_who_was_found_goes_and_a_receipt_stays(desk):
    job = searched(desk)
    record = record_of(desk, REFERENCE)
    add_photo(desk, record, ANNA, "2020")
    files = paths(desk, job)
    receipt = found.found(record=record, by=desk.by)
    counts = (receipt.subjects, receipt.faces, receipt.photos, receipt.candidates, receipt.jobs)
    assert counts == (1, 1, 4, 2, 2)  # the enrolled photo, two probes, one of the record
    assert left(desk) == {"faces": 1, "subjects": 1, "candidates": 0, "found": 1, "photos": 1}
    for path in files:
        assert not storage.default_storage.exists(path)
    [event] = events(desk, "record.erased")
    assert (str(event.pk), event.payload["photos"]) == (receipt.event, 4)


def test_the_record_keeps_its_reference_and_nothing_of_the_person(desk):
    record = new_record(desk, reference=REFERENCE, born="2015-05-01")
    found.found(record=record, by=desk.by)
    kept = record_of(desk, REFERENCE)
    assert (kept.status, records.details_of(kept).born) == ("found", "")
    with tenant_scope(desk.tenant.organization):
        assert not CaseRecordPhoto.objects.filter(record=kept).exists()


def test_nobody_is_searched_for_once_more(desk):
    searched(desk)
    found.found(record=record_of(desk, REFERENCE), by=desk.by)
    with pytest.raises(Conflict, match="case_closed"):
        desk.submit("search", [("probe.png", photo(ANNA))], facts=OF_CASE)


def test_a_person_is_found_once(desk):
    record = new_record(desk)
    found.found(record=record, by=desk.by)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        found.found(record=record, by=desk.by)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        records.reopen(record=record_of(desk, record.reference), by=desk.by)


def test_a_closed_case_can_still_end_well(desk):
    record = new_record(desk)
    records.close(record=record, by=desk.by)
    assert not found.found(record=record_of(desk, record.reference), by=desk.by).on_hold


def test_results_of_the_case_are_never_read_again(desk):
    job = searched(desk)
    found.found(record=record_of(desk, REFERENCE), by=desk.by)
    assert desk.reload(job).status == JobStatus.PURGED
    with pytest.raises(Conflict, match="purged"):
        results.open_results(job=desk.reload(job), by=desk.by)


@pytest.mark.parametrize("status", ["partial", "awaiting_review", "held"])
def test_results_that_wait_or_are_held_go_like_all_others(desk, status):
    job = searched(desk)
    values = {"held_from": "released", "held_reason": "tenant", "held_at": timezone.now()}
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(status=status, **(values if status == "held" else {}))
    found.found(record=record_of(desk, REFERENCE), by=desk.by)
    assert desk.reload(job).status == JobStatus.PURGED
    assert left(desk)["candidates"] == 0


def test_a_job_that_waits_is_ended_and_its_photos_go(desk):
    job = desk.submit("search", [("probe.png", photo(ANNA))], facts=OF_CASE)
    found.found(record=record_of(desk, REFERENCE), by=desk.by)
    assert desk.reload(job).status == JobStatus.CANCELLED
    assert work_off() == 0
    assert left(desk)["photos"] == 0


def test_a_search_that_runs_while_the_person_is_found_writes_nothing(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))], facts=ENROLLED)
    work_off()
    job = desk.submit("search", [("probe.png", photo(ANNA))], facts=OF_CASE)
    record = record_of(desk, REFERENCE)
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: found.found(record=record, by=desk.by)))
    assert desk.reload(job).status == JobStatus.CANCELLED
    assert left(desk) == {"faces": 0, "subjects": 0, "candidates": 0, "found": 0, "photos": 0}


def test_an_enrollment_that_waits_for_its_turn_enrolls_nobody(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))], facts=ENROLLED)
    found.found(record=record_of(desk, REFERENCE), by=desk.by)
    work_off()
    assert left(desk) == {"faces": 0, "subjects": 0, "candidates": 0, "found": 0, "photos": 0}


def test_failed_items_are_not_retried_after_it(desk):
    job = desk.submit("search", [("broken.png", photo(ANNA))], facts=OF_CASE)
    work_off()
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(status="failed")
    found.found(record=record_of(desk, REFERENCE), by=desk.by)
    with pytest.raises(Conflict, match="purged"):
        jobs.retry(job=desk.reload(job), by=desk.by)


def test_an_enrollment_of_many_people_keeps_the_others(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))], facts=ENROLLED)
    work_off()
    record = record_of(desk, REFERENCE)
    records.link(subject=subject_of(desk, "anna"), record=record, by=desk.by)
    receipt = found.found(record=record, by=desk.by)
    assert (receipt.subjects, receipt.photos) == (1, 1)
    assert subject_of(desk, "boris").name == "boris"


def test_a_photo_that_another_case_needs_stays(desk):
    record, other = new_record(desk, reference=REFERENCE), new_record(desk)
    made = add_photo(desk, record, ANNA)
    desk.order("search", Received([Photo(made.image)]), facts=FACTS | {"case_reference": other.reference})
    found.found(record=record, by=desk.by)
    with tenant_scope(desk.tenant.organization):
        assert Image.objects.get(pk=made.image_id).purged_at is None


def test_whoever_was_handed_results_is_told(desk):
    job = searched(desk)
    exports.export(job=job, recipient=Recipient("Detective Lane"), format_="csv", by=desk.by)
    assert found.found(record=record_of(desk, REFERENCE), by=desk.by).told == 1
    with tenant_scope(desk.tenant.organization):
        assert Letter.objects.filter(kind="recipients_to_tell", about=job.public_id).exists()


def test_what_must_be_kept_waits_and_nobody_reads_it_meanwhile(desk):
    job = searched(desk)
    officer = new_officer("Ada")
    hold = held(demanded(desk.tenant, officer), officer, job.public_id)
    before = left(desk)
    receipt = found.found(record=record_of(desk, REFERENCE), by=desk.by)
    assert receipt.on_hold
    assert (left(desk), events(desk, "record.erased")) == (before, [])
    with pytest.raises((Conflict, Refused)):
        results.open_results(job=desk.reload(job), by=desk.by)
    found.sweep()
    assert left(desk) == before
    lifted = {"lifted_by_id": new_officer("Ben").user_id, "lifted_at": timezone.now()}
    with officer_scope():
        LegalHold.objects.filter(pk=hold.pk).update(**lifted)
    assert found.sweep() == 1
    assert left(desk)["candidates"] == 0
    assert len(events(desk, "record.erased")) == 1
    assert found.sweep() == 0
