"""A photo store without room: the kernel refuses to write, as a full disk does, and nothing half stays."""

import contextlib
import resource
from pathlib import Path

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError

from portal.common.errors import Unavailable
from portal.tenancy.scope import tenant_scope
from recognition.actions import images, indexing
from recognition.actions.indexing import How
from recognition.actions.pictures import Picture
from recognition.models import Image
from tests.support.calls import asked, serving
from tests.support.database import as_superuser
from tests.support.jobs import ANNA, Desk, new_desk, photo

SMALL, LARGE = photo(ANNA), photo(ANNA) + bytes(200_000)


@contextlib.contextmanager
def room_for(size: int):
    """Let no file of this process grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def receive(desk: Desk, *photos: bytes):
    files = [(f"{number}.png", data) for number, data in enumerate(photos)]
    return images.receive(
        organization=desk.tenant.organization, files=files, subject_from="filename", by=desk.by
    )


def enroll(desk: Desk, data: bytes):
    with serving():
        return indexing.index(picture=Picture(data), how=How(), **asked(desk, "enroll"))


def stored(desk: Desk) -> list[Path]:
    own = Path(settings.MEDIA_ROOT) / "images" / str(desk.tenant.organization.pk)
    return [path for path in own.rglob("*") if path.is_file()]


@pytest.fixture
def desk(database) -> Desk:
    return new_desk()


def test_an_upload_into_a_full_store_is_refused_as_a_whole(desk):
    with room_for(100_000), pytest.raises(Unavailable, match="store_full"):
        receive(desk, SMALL, LARGE)
    assert stored(desk) == []
    with tenant_scope(desk.tenant.organization):
        assert not Image.objects.exists()


def test_the_same_upload_is_taken_when_there_is_room_again(desk):
    with room_for(100_000), pytest.raises(Unavailable):
        receive(desk, SMALL, LARGE)
    assert len(receive(desk, SMALL, LARGE).photos) == len(stored(desk)) == 2


def test_a_name_in_use_is_never_written_over(desk):
    [kept] = receive(desk, SMALL).photos
    before = stored(desk)[0].read_bytes()
    with pytest.raises(FileExistsError):
        images.storage.put(kept.image.path, LARGE, key=desk_key(desk), owner=kept.image.pk)
    assert [path.read_bytes() for path in stored(desk)] == [before]


def desk_key(desk: Desk):
    with tenant_scope(desk.tenant.organization):
        return images.secrets.data_key(desk.tenant.organization)


# The database goes away while a photo's row is committed: nobody knows then whether it is there
FALL = """
CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER fall AFTER INSERT ON recognition_image DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION fall()
"""


@pytest.mark.parametrize("step", [receive, enroll])
def test_bytes_stay_where_nobody_knows_whether_their_row_was_kept(fresh_database, step):
    desk = new_desk()
    as_superuser(FALL)
    with pytest.raises((OperationalError, InterfaceError)):
        step(desk, SMALL)
    assert len(stored(desk)) == 1
