"""While a gallery changes, calls and jobs on it come to their end: nobody waits in a circle."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from portal.tenancy.scope import tenant_scope
from recognition import candidates
from recognition.actions import calls, searches, subjects
from recognition.actions.pictures import Picture
from recognition.models import Gallery, Shard, ShardState
from tests.support.calls import asked, serving
from tests.support.jobs import ANNA, FACTS, Desk, new_desk, photo, work_off
from tests.support.records import subject_of
from tests.support.threads import together


@pytest.fixture
def desk(database: None) -> Iterator[Desk]:
    """Find and leave no open shard: tests of one process share a database."""
    put_away()
    yield new_desk()
    put_away()


def put_away() -> None:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)


def impatient(step: Callable[[], Any]) -> Any:
    """Take a step that fails where it has to wait for who changes the gallery."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    return step()


def search(desk: Desk) -> Any:
    return calls.search(picture=Picture(photo(ANNA)), **asked(desk))


def test_a_call_is_answered_while_a_shard_writes_about_its_gallery(desk):
    with serving(), tenant_scope(desk.tenant.organization):
        candidates.write(desk.gallery, [])
        [answered] = together(lambda: impatient(lambda: search(desk)))
    assert answered.call.photos == 1


def test_a_job_is_submitted_while_faces_are_enrolled_in_its_gallery(desk):
    with tenant_scope(desk.tenant.organization):
        Gallery.objects.locked().get(pk=desk.gallery.pk)
        [job] = together(lambda: impatient(lambda: desk.submit("search", [("a.png", photo(ANNA))])))
    assert job.status == "queued"


def test_a_person_is_searched_for_while_a_photo_of_theirs_is_enrolled(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    anna = subject_of(desk, "anna")
    facts = {key: value for key, value in FACTS.items() if key != "probe_source"}
    asks = asked(desk, "search", subject=anna, facts=facts)
    with tenant_scope(desk.tenant.organization):
        subjects.standing(anna)
        [job] = together(lambda: impatient(lambda: searches.submit(**asks)))
    assert job.status == "queued"
