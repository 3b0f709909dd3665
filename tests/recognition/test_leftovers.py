"""Stored files that nothing refers to, and photos that nothing was done with, on a folder and on S3."""

from datetime import timedelta

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from moto.server import ThreadedMotoServer

from compliance.actions import onboarding
from portal.audit.models import Event
from portal.common import files
from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.scope import tenant_scope
from portal.web import doctor
from recognition import storage, upkeep
from recognition.actions import images, leftovers
from recognition.models import FileWalk, Image
from tests.compliance.conftest import Tenant, new_tenant
from tests.compliance.office import add_document
from tests.recognition.test_keeping import hold
from tests.support.jobs import ANNA, Desk, new_desk, photo
from tests.support.records import add_photo, new_record
from tests.support.review import clear_ledger
from tests.support.threads import together

LONG_AGO = -timedelta(minutes=1)  # a safe age that all files have, those of this second too
KEYS = {"access_key": "store", "secret_key": "store", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def s3():
    """An object store; moto's server stands for it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    made = {"aws_access_key_id": "store", "aws_secret_access_key": "store", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **made).create_bucket(Bucket="portal")
    yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request, settings, tmp_path):
    """The portal's photos lie in a folder of their own, or in an object store."""
    if request.param == "folder":
        settings.MEDIA_ROOT = str(tmp_path)
        return
    pytest.importorskip("storages", reason="django-storages is not installed: run `make setup`")
    options = {"bucket_name": "portal", "endpoint_url": request.getfixturevalue("s3"), **KEYS}
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Leftovers House")


@pytest.fixture
def long_since(monkeypatch):
    """This release has been there for more than thirty days."""
    monkeypatch.setattr(leftovers, "TIME_TO_TELL", LONG_AGO)


@pytest.fixture
def later(monkeypatch):
    """A day has passed since every file was stored."""
    monkeypatch.setattr(leftovers, "SAFE_AGE", LONG_AGO)


def stored_photo(desk: Desk) -> Image:
    organization = desk.tenant.organization
    return images.upload(organization=organization, name="a.png", data=photo(ANNA), by=desk.by)


def bytes_alone(desk: Desk) -> str:
    """What an upload leaves whose process dies before it writes a record."""
    organization, owner = desk.tenant.organization, uuid7()
    path = f"images/{organization.pk}/{owner}"
    storage.put(path, photo(ANNA), key=secrets.data_key(organization), owner=owner)
    return path


def walk(desk: Desk | Tenant) -> int:
    """Walk through all files of the organization; returns how many steps that took."""
    steps, organization = 1, desk.organization if isinstance(desk, Tenant) else desk.tenant.organization
    while leftovers.step(organization.pk):
        steps += 1
    return steps


def anew(desk: Desk) -> None:
    """A day has passed since the last walk."""
    yesterday = timezone.now() - timedelta(days=1)
    FileWalk.objects.filter(organization=desk.tenant.organization).update(finished_at=yesterday)


def swept(desk: Desk) -> list[dict]:
    rows = Event.objects.of_organization(desk.tenant.organization.pk).filter(verb="files.swept")
    return list(rows.values_list("payload", flat=True))


def age(desk: Desk, image: Image, days: int) -> None:
    with tenant_scope(desk.tenant.organization):
        Image.objects.filter(pk=image.pk).update(created_at=timezone.now() - timedelta(days=days))


def is_purged(desk: Desk, image: Image) -> bool:
    with tenant_scope(desk.tenant.organization):
        purged = Image.objects.get(pk=image.pk).purged_at is not None
    assert default_storage.exists(image.path) is not purged
    return purged


def test_a_file_without_a_record_is_destroyed_and_those_with_one_stay(store, desk, later):
    kept, orphan = stored_photo(desk), bytes_alone(desk)
    walk(desk)
    assert not default_storage.exists(orphan)
    assert not is_purged(desk, kept)
    assert swept(desk) == [{"files": 1, "unused": 0}]


def test_a_file_of_an_upload_in_flight_stays(store, desk):
    orphan = bytes_alone(desk)
    walk(desk)
    assert default_storage.exists(orphan)
    assert swept(desk) == []


def test_the_file_of_a_photo_whose_purge_died_on_the_way_is_destroyed(store, desk, later):
    image = stored_photo(desk)
    with tenant_scope(desk.tenant.organization):
        images.purge(image, by=desk.by)
    walk(desk)
    assert not default_storage.exists(image.path)


def test_a_draft_that_a_dead_worker_left_is_destroyed_and_its_photo_stays(store, desk, later):
    image = stored_photo(desk)
    default_storage.save(f"{image.path}.new", ContentFile(b"half"))
    walk(desk)
    assert not default_storage.exists(f"{image.path}.new")
    assert default_storage.exists(image.path)


def test_a_file_that_this_portal_did_not_name_stays_where_it_is(store, desk, later):
    strange = default_storage.save(f"images/{desk.tenant.organization.pk}/readme.txt", ContentFile(b"mine"))
    orphan = bytes_alone(desk)
    walk(desk)
    assert (default_storage.exists(strange), default_storage.exists(orphan)) == (True, False)


def test_files_of_others_are_another_walk(store, desk, later):
    other = bytes_alone(new_desk("Other Leftovers House"))
    walk(desk)
    assert default_storage.exists(other)


def test_a_document_keeps_its_file_and_one_without_a_record_goes(store, database, later):
    tenant = new_tenant("Documented House")
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    document = add_document(application, tenant)
    orphan = default_storage.save(f"evidence/{tenant.organization.pk}/{uuid7()}", ContentFile(b"sealed"))
    walk(tenant)
    assert (default_storage.exists(document.path), default_storage.exists(orphan)) == (True, False)


def test_files_are_walked_a_piece_at_a_time_and_all_of_them_once_a_day(store, desk, later, monkeypatch):
    monkeypatch.setattr(leftovers, "AT_ONCE", 2)
    orphans = [bytes_alone(desk) for _ in range(5)]
    assert walk(desk) == 4
    assert not any(map(default_storage.exists, orphans))
    assert sum(one["files"] for one in swept(desk)) == 5
    more = bytes_alone(desk)
    assert not leftovers.step(desk.tenant.organization.pk)
    anew(desk)
    walk(desk)
    assert not default_storage.exists(more)


def test_two_workers_destroy_each_file_once(desk, later):
    for _ in range(3):
        bytes_alone(desk)
    together(*[lambda: leftovers.step(desk.tenant.organization.pk)] * 2)
    walk(desk)
    assert sum(one["files"] for one in swept(desk)) == 3


def test_too_many_files_without_a_record_are_believed_to_be_somebodys(fresh_database, settings, later):
    settings.FILES_WITHOUT_RECORD_AT_ONCE = 2
    desk = new_desk("Restored House")
    orphans = [bytes_alone(desk) for _ in range(3)]
    walk(desk)
    assert all(map(default_storage.exists, orphans))
    [finding] = doctor.stored_files()
    assert "3 stored files" in finding.sentence
    settings.FILES_WITHOUT_RECORD_AT_ONCE = 3
    anew(desk)
    walk(desk)
    assert not any(map(default_storage.exists, orphans))
    assert list(doctor.stored_files()) == []


def test_what_a_legal_hold_keeps_whole_is_not_swept(desk, later, long_since):
    orphan, unused = bytes_alone(desk), stored_photo(desk)
    age(desk, unused, 31)
    hold(desk)
    walk(desk)
    assert default_storage.exists(orphan)
    assert not is_purged(desk, unused)


def test_a_photo_that_nothing_was_done_with_is_destroyed_after_thirty_days(store, desk, long_since):
    old, young = stored_photo(desk), stored_photo(desk)
    age(desk, old, 31)
    age(desk, young, 29)
    walk(desk)
    assert (is_purged(desk, old), is_purged(desk, young)) == (True, False)
    assert swept(desk) == [{"files": 0, "unused": 1}]
    assert Event.objects.filter(verb="image.deleted", target=old.public_id).exists()


def test_unused_photos_go_some_at_a_time_and_all_of_them_in_one_walk(store, desk, long_since, monkeypatch):
    monkeypatch.setattr(leftovers, "UNUSED_AT_ONCE", 2)
    unused = [stored_photo(desk) for _ in range(5)]
    for image in unused:
        age(desk, image, 31)
    assert walk(desk) == 4
    assert all(is_purged(desk, image) for image in unused)
    assert sorted(one["unused"] for one in swept(desk)) == [1, 2, 2]


def test_photos_from_before_the_release_that_destroys_them_are_kept_for_thirty_days_more(desk):
    old = stored_photo(desk)
    age(desk, old, 400)
    walk(desk)
    assert not is_purged(desk, old)


def test_a_photo_of_a_job_or_a_case_is_used(desk, long_since):
    item = desk.items(desk.submit("search", [("a.png", photo(ANNA))]))[0]
    portrait = add_photo(desk, new_record(desk), ANNA)
    for image in (item.image, portrait.image):
        age(desk, image, 400)
    walk(desk)
    assert not is_purged(desk, item.image)
    assert not is_purged(desk, portrait.image)


def test_upkeep_walks_through_files_by_itself(fresh_database, later):
    orphan = bytes_alone(new_desk("Upkeep House"))
    while upkeep.run():
        pass
    assert not default_storage.exists(orphan)


def test_names_are_listed_in_their_order_a_piece_at_a_time(store, database):
    for name in ("c", "a", "b", "d"):
        default_storage.save(f"listed/{name}", ContentFile(b"x"))
    assert files.listing("listed", most=3) == ["a", "b", "c"]
    assert files.listing("listed", after="c", most=3) == ["d"]
    assert files.listing("nowhere", most=3) == []
