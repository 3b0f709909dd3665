"""What stops a synchronous call: nothing is answered then, and nothing written."""

import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now

from compliance.models import Case
from portal.common.errors import Conflict, Refused, Unavailable
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey
from portal.tenancy.scope import tenant_scope
from recognition import line
from recognition.actions import calls, erasure, indexing, retention
from recognition.actions import images as uploads
from recognition.actions.indexing import How
from recognition.actions.pictures import Picture
from recognition.actions.quotas import set_limits
from recognition.models import Call, Face, Image, Job, JobStatus, Subject, Usage
from tests.compliance.conftest import determine
from tests.recognition.test_stops import new_key
from tests.support import policy
from tests.support.calls import alive, asked, serving
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, BORIS, Desk, Meanwhile, new_desk, photo, work_off


@pytest.fixture
def desk(database: None) -> Desk:
    desk = new_desk()
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    return desk


def search(desk: Desk, engine=None, **changes):
    with serving(engine):
        return calls.search(picture=Picture(photo(ANNA)), **asked(desk, **changes))


def kept(desk: Desk) -> tuple[int, int, int]:
    with tenant_scope(desk.tenant.organization):
        used = sum(Usage.objects.values_list("calls", flat=True))
        return Call.objects.count(), used, Image.objects.count()


# While the engine looks


def test_a_moratorium_published_while_a_call_runs_lets_no_answer_leave(fresh_database):
    desk = new_desk()
    with pytest.raises(Refused, match="no-search-today") as refused:
        search(desk, Meanwhile(policy.moratorium))
    assert kept(desk) == (0, 0, 0)
    assert refused.value.detail["decision"]


def test_a_moratorium_published_before_a_worker_looks_keeps_it_from_looking(fresh_database):
    desk, seen = new_desk(), []
    with alive():
        caller = in_background(lambda: seen.append(failed(lambda: search_alone(desk))))
        waits_in_line()
        policy.moratorium()
        with serving(Meanwhile(lambda: seen.append("looked"))):
            caller.join(20)
    assert [getattr(one, "code", one) for one in seen] == ["no-search-today"]


def test_a_moratorium_published_while_a_photo_is_enrolled_leaves_no_face_and_no_photo(fresh_database):
    desk = new_desk()
    stops = Meanwhile(lambda: policy.moratorium(scope='operation = ["enroll"]'))
    with serving(stops), pytest.raises(Refused, match="no-search-today"):
        indexing.index(picture=Picture(photo(ANNA)), how=How(), **asked(desk, "enroll"))
    with tenant_scope(desk.tenant.organization):
        assert (Face.objects.count(), Image.objects.count()) == (0, 0)
    assert stored_files(desk) == []


def test_a_photo_deleted_while_a_call_enrolls_it_leaves_no_face(desk):
    whose = {"organization": desk.tenant.organization, "by": desk.by}
    stored = uploads.upload(name="boris.png", data=photo(BORIS), **whose)
    deletes = Meanwhile(lambda: uploads.delete(image=stored, by=desk.by))
    with serving(deletes), pytest.raises(Conflict, match="deleted meanwhile"):
        indexing.index(picture=Picture(stored=stored), how=How(), **asked(desk, "enroll"))
    with tenant_scope(desk.tenant.organization):
        assert not Face.objects.filter(image=stored).exists()


def stored_files(desk: Desk) -> list[str]:
    try:
        return default_storage.listdir(f"images/{desk.tenant.organization.pk}")[1]
    except FileNotFoundError:
        return []


def test_a_key_revoked_while_its_call_runs_gets_no_answer(desk):
    key = new_key(desk)
    with pytest.raises(Refused, match="key-revoked"):
        search(desk, Meanwhile(lambda: keys.revoke(key=key, by=desk.by)), by=Actor.for_key(key))
    assert kept(desk)[:2] == (0, 0)


def test_a_key_that_expires_while_its_call_runs_gets_no_answer(desk):
    key = new_key(desk)
    expires = Meanwhile(lambda: ApiKey.objects.filter(pk=key.pk).update(expires_at=Now()))
    with pytest.raises(Refused, match="key-expired"):
        search(desk, expires, by=Actor.for_key(key))
    assert kept(desk)[:2] == (0, 0)


def test_a_gallery_deleted_while_it_is_searched_is_answered_about_no_more(desk):
    deletes = Meanwhile(lambda: erasure.delete_gallery(gallery=desk.gallery, by=desk.by))
    with pytest.raises(Refused, match="gallery_deleted"):
        search(desk, deletes)
    assert kept(desk)[:2] == (0, 0)


def test_a_person_erased_while_a_call_runs_is_no_candidate(desk):
    with tenant_scope(desk.tenant.organization):
        anna = Subject.objects.get(gallery=desk.gallery)
    answered = search(desk, Meanwhile(lambda: erasure.erase_subject(subject=anna, by=desk.by)))
    assert dict(answered.candidates) == {0: ()}


def test_a_change_that_stops_nothing_is_ruled_on_again_and_answered(desk):
    key = new_key(desk)
    answered = search(desk, Meanwhile(lambda: keys.revoke(key=key, by=desk.by)))
    assert len(answered.candidates[0]) == 1
    with tenant_scope(desk.tenant.organization):
        assert Call.objects.get().ruling == answered.ruling.public_id


# What a call cannot wait for


def test_a_request_that_needs_an_officer_is_refused_and_opens_no_case(desk):
    determine(desk.tenant, "other")
    before = cases(desk)
    with pytest.raises(Refused) as refused:
        with serving():
            calls.detect(picture=Picture(photo(ANNA)), **asked(desk, "detect", purpose="other"))
    assert "Submit it as a job" in refused.value.detail["remedy"]
    assert (cases(desk), kept(desk)[0]) == (before, 0)


def cases(desk: Desk) -> int:
    with tenant_scope(desk.tenant.organization):
        return Case.objects.count()


def test_where_people_judge_first_the_photo_becomes_a_job_and_nothing_is_answered(desk):
    determine(desk.tenant, "find_missing_child", conditions={"review": "before_release"})
    with pytest.raises(Refused, match="review_required") as refused:
        search(desk)
    with tenant_scope(desk.tenant.organization):
        job = Job.objects.with_public_id(refused.value.detail["job"])
        assert Call.objects.count() == 0
    assert (job.kind, job.review, job.status) == ("search", "before_release", JobStatus.QUEUED)


@pytest.mark.parametrize(("is_stored", "left"), [(True, 3), (False, 2)])
def test_where_no_job_comes_of_it_a_photo_that_was_stored_before_stays(desk, is_stored, left):
    determine(desk.tenant, "find_missing_child", conditions={"review": "before_release"})
    whose = {"organization": desk.tenant.organization, "by": desk.by}
    data = photo(BORIS)
    stored = uploads.upload(name="boris.png", data=data, **whose) if is_stored else None
    with pytest.raises(Refused, match="review_required"):
        search(desk)
    set_limits(organization=desk.tenant.organization, values={"waiting_items": 1}, by=Actor.system("op"))
    with pytest.raises(Refused, match="quota_waiting_items"):
        calls.search(picture=Picture(b"" if is_stored else data, stored=stored), **asked(desk))
    with tenant_scope(desk.tenant.organization):
        assert Image.objects.filter(purged_at=None).count() == left


# No engine


def failed(step) -> Unavailable:
    with pytest.raises((Unavailable, Refused)) as raised:
        step()
    return raised.value


def search_alone(desk: Desk):
    return calls.search(picture=Picture(photo(ANNA)), **asked(desk))


def in_background(step) -> threading.Thread:
    """Take a step in a thread with a connection of its own."""

    def take() -> None:
        try:
            step()
        finally:
            connection.close()

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def waits_in_line() -> None:
    """Return as soon as a call waits."""
    for _ in range(2000):
        if photos_in_line():
            return
        threading.Event().wait(0.01)
    raise AssertionError("no call came")


def test_without_a_live_worker_the_caller_is_told_at_once_and_when_to_ask_again(desk):
    error = failed(lambda: search_alone(desk))
    assert (error.code, error.detail["retry_seconds"] > 0) == ("no_worker", True)
    assert kept(desk)[0] == 0


def test_a_worker_that_does_not_answer_in_time_leaves_an_error_and_no_photo(desk, settings):
    settings.CALL_SECONDS = 0.2
    with alive():
        error = failed(lambda: search_alone(desk))
    assert (error.code, photos_in_line()) == ("no_answer", [])


def photos_in_line() -> list[bytes]:
    return line._redis().keys("countenance:call:*")


def test_a_broker_that_is_away_loses_nothing_and_is_said_so(desk, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with alive():
        error = failed(lambda: search_alone(desk))
    assert (error.code, kept(desk)[0]) == ("no_broker", 0)


def test_an_organization_with_too_many_calls_in_line_is_told_so_and_others_are_served(desk, settings):
    settings.CALLS_IN_LINE = 1
    other, before = new_desk(), kept(desk)[0]
    with alive():
        first = in_background(lambda: search_alone(desk))
        waits_in_line()
        error = failed(lambda: search_alone(desk))
        second = in_background(lambda: calls.detect(picture=Picture(photo(ANNA)), **asked(other, "detect")))
        with serving():
            first.join(20), second.join(20)
    assert (error.code, error.detail["retry_seconds"], photos_in_line()) == ("busy", 1, [])
    assert (kept(desk)[0] - before, kept(other)[0]) == (1, 1)


class Breaking(FakeEngine):
    def run(self, images, between_batches=None):
        raise RuntimeError("broken")


def test_an_engine_that_breaks_over_a_call_serves_the_next_one(desk):
    assert failed(lambda: search(desk, Breaking())).code == "no_answer"
    assert len(search(desk).candidates[0]) == 1


# What is kept of calls


def test_rows_of_calls_go_when_no_volume_counts_them_any_more(desk):
    search(desk)
    search(desk)
    with tenant_scope(desk.tenant.organization):
        first = Call.objects.order_by("pk").first()
        Call.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(days=31))
    retention.sweep()
    assert kept(desk)[0] == 1
