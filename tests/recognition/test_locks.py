"""While a gallery changes, calls and jobs on it come to their end: nobody waits in a circle."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from portal.tenancy.scope import tenant_scope
from recognition import candidates
from recognition.actions import calls
from recognition.actions.pictures import Picture
from recognition.models import Gallery
from tests.support.calls import asked, serving
from tests.support.jobs import ANNA, Desk, new_desk, photo
from tests.support.threads import together


@pytest.fixture
def desk(database: None) -> Desk:
    return new_desk()


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
