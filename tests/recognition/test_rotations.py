"""The data key of an organization is renewed: all that the old key sealed is sealed anew, then it is gone."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from portal.audit.models import Event
from portal.common import envelope, files
from portal.common.envelope import EnvelopeError, KeyServiceSilent
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy import secrets
from portal.tenancy.models import ApiKey, StoredDataKey
from portal.tenancy.scope import tenant_scope
from recognition import storage, upkeep
from recognition.actions import images, rotations
from recognition.models import GalleryKey, Image, JobStatus
from tests.support.jobs import ANNA, BORIS, new_desk, photo, work_off
from tests.support.world import new_side


@pytest.fixture
def desk(database, monkeypatch):
    monkeypatch.setattr(rotations, "FILES_AT_ONCE", 2)
    made = new_desk()
    made.submit("enroll", [(f"anna_{n}.png", photo(ANNA)) for n in range(3)])
    work_off()
    return made


def start(desk, reason="routine", by=None):
    rotations.start(organization=desk.tenant.organization, reason=reason, by=by or desk.by)


def step(desk):
    return rotations.step(desk.tenant.organization.pk)


def to_the_end(desk):
    while step(desk):
        pass


def living(desk):
    rows = StoredDataKey.objects.living().filter(organization=desk.tenant.organization)
    return sorted(rows.values_list("version", flat=True))


def photos(desk):
    with tenant_scope(desk.tenant.organization):
        return list(Image.objects.order_by("pk"))


def content(desk, image):
    return storage.get(image.path, key=secrets.data_key(desk.tenant.organization), owner=image.pk)


def heads(desk):
    """The versions that stored photos say they are sealed under."""
    found = []
    for image in photos(desk):
        with default_storage.open(image.path, "rb") as file:
            found.append(int.from_bytes(file.read(envelope.HEAD)[4:], "big"))
    return found


def test_all_stays_readable_at_every_step_of_a_rotation(desk):
    before = [content(desk, image) for image in photos(desk)]
    start(desk)
    for _ in itertools.takewhile(lambda more: more, iter(lambda: step(desk), None)):
        assert [content(desk, image) for image in photos(desk)] == before
    assert heads(desk) == [2, 2, 2]
    assert living(desk) == [2]


def test_the_old_key_is_destroyed_and_opens_nothing_any_more(desk):
    old = secrets.data_key(desk.tenant.organization)
    start(desk, "theft")
    to_the_end(desk)
    row = StoredDataKey.objects.get(organization=desk.tenant.organization, version=1)
    assert (bytes(row.wrapped), row.destroyed_at is not None) == (b"", True)
    alone = envelope.DataKey(old.secret, 1)
    with pytest.raises(EnvelopeError):
        storage.get(photos(desk)[0].path, key=alone, owner=photos(desk)[0].pk)
    target = desk.tenant.organization.public_id
    events = Event.objects.filter(target=target, verb__startswith="data_key.").order_by("pk")
    assert [(event.verb, event.payload["version"]) for event in events] == [
        ("data_key.renewed", 2),
        ("data_key.destroyed", 1),
    ]


def test_searches_and_enrollments_go_on_during_a_rotation(desk):
    start(desk)
    step(desk)
    enrolled = desk.submit("enroll", [("boris.png", photo(BORIS))])
    searched = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    while step(desk):
        work_off()
    assert desk.reload(enrolled).status == JobStatus.RELEASED
    assert desk.reload(searched).status in (JobStatus.AWAITING_REVIEW, JobStatus.RELEASED)
    assert set(heads(desk)) == {2}


def test_a_reader_who_opened_the_keys_before_the_rotation_reads_what_was_sealed_after(desk):
    early = secrets.data_key(desk.tenant.organization)
    start(desk)
    to_the_end(desk)
    image = photos(desk)[0]
    assert storage.get(image.path, key=early, owner=image.pk) == content(desk, image)


def test_what_was_sealed_under_a_destroyed_key_is_not_stored(desk, monkeypatch):
    real = storage.put

    def slowly(path, data, *, key, owner):
        real(path, data, key=key, owner=owner)
        start(desk)
        while step(desk):
            pass

    before = len(photos(desk))
    with monkeypatch.context() as slow:
        slow.setattr(storage, "put", slowly)
        with pytest.raises(Conflict, match="key_destroyed"):
            images.upload(organization=desk.tenant.organization, name="a.png", data=photo(ANNA), by=desk.by)
    assert len(photos(desk)) == before
    images.upload(organization=desk.tenant.organization, name="a.png", data=photo(ANNA), by=desk.by)
    assert heads(desk) == [2] * (before + 1)


def test_a_photo_replaced_before_its_worker_died_is_only_noted(desk):
    before = [content(desk, image) for image in photos(desk)]
    start(desk)
    image = photos(desk)[0]
    files.reseal(image.path, key=secrets.data_key(desk.tenant.organization), context=image.pk.bytes)
    default_storage.open(image.path + ".new", "wb").close()  # what a killed worker leaves
    to_the_end(desk)
    assert [content(desk, image) for image in photos(desk)] == before
    assert {image.key_version for image in photos(desk)} == {2}


def test_an_erased_photo_is_not_brought_back_by_a_rotation(desk):
    image = images.upload(organization=desk.tenant.organization, name="a.png", data=photo(ANNA), by=desk.by)
    start(desk)
    images.delete(image=image, by=desk.by)
    to_the_end(desk)
    assert living(desk) == [2]
    assert not default_storage.exists(image.path)
    assert not default_storage.exists(image.path + ".new")


def test_a_photo_that_does_not_open_is_named_and_keeps_no_key_alive(desk):
    image = photos(desk)[0]
    default_storage.delete(image.path)
    with default_storage.open(image.path, "wb") as file:
        file.write(b"CTE2 damaged")
    start(desk)
    to_the_end(desk)
    assert living(desk) == [2]
    assert Event.objects.filter(verb="data_key.unreadable", target=image.public_id).count() == 1


def test_secrets_in_columns_are_sealed_anew(database):
    side = new_side("Harbor Light keys")
    key = ApiKey.objects.get(pk=side.key.key.pk)
    before = envelope.open_sealed(
        secrets.data_key(side.organization), bytes(key.signing_secret), key.pk.bytes
    )
    rotations.start(organization=side.organization, reason="routine", by=side.actor)
    while rotations.step(side.organization.pk):
        pass
    key.refresh_from_db()
    opened = secrets.data_key(side.organization)
    assert bytes(key.signing_secret).startswith(opened.head)
    assert envelope.open_sealed(opened, bytes(key.signing_secret), key.pk.bytes) == before


def test_the_seeds_of_galleries_are_sealed_anew(desk):
    start(desk)
    to_the_end(desk)
    with tenant_scope(desk.tenant.organization):
        seed = GalleryKey.objects.get(gallery=desk.gallery).seed
    assert bytes(seed).startswith(secrets.data_key(desk.tenant.organization).head)


def test_progress_counts_what_is_under_the_newest_key(desk):
    def now():
        with tenant_scope(desk.tenant.organization):
            return rotations.progress(desk.tenant.organization)

    total = now().total
    assert now() == rotations.Progress(1, total, total, running=False)
    start(desk)
    assert (now().done, now().running) == (0, True)
    to_the_end(desk)
    assert now() == rotations.Progress(2, total, total, running=False)


def test_a_key_is_not_renewed_twice_at_once_nor_by_a_stranger(desk):
    with pytest.raises(InvalidInput, match="reason"):
        start(desk, "boredom")
    with pytest.raises(NotFound):
        start(desk, by=new_desk().by)
    start(desk)
    with pytest.raises(Conflict, match="rotation_running"):
        start(desk)
    assert living(desk) == [1, 2]


def test_the_upkeep_ends_a_rotation(desk):
    start(desk)
    while upkeep.run(0.1):
        pass
    assert living(desk) == [2]


def test_a_step_that_was_overtaken_by_a_further_renewal_destroys_no_newer_key(desk, monkeypatch):
    start(desk)
    while len(heads(desk)) != heads(desk).count(2):
        step(desk)
    real = rotations._end

    def overtaken(key, organization_id):
        monkeypatch.setattr(rotations, "_end", real)
        with ThreadPoolExecutor(1) as other:
            other.submit(renewed_again, desk).result(timeout=60)
        return real(key, organization_id)

    monkeypatch.setattr(rotations, "_end", overtaken)
    assert not step(desk)
    assert living(desk) == [2, 3]
    to_the_end(desk)
    assert (living(desk), heads(desk)) == ([3], [3, 3, 3])


def renewed_again(desk):
    try:
        assert step(desk)
        start(desk)
    finally:
        connection.close()


def test_a_store_that_is_not_there_is_not_taken_for_erased_photos(desk):
    folder = Path(default_storage.path(photos(desk)[0].path)).parent
    start(desk)
    folder.rename(folder.with_suffix(".away"))
    with pytest.raises(FileNotFoundError):
        to_the_end(desk)
    folder.with_suffix(".away").rename(folder)
    assert living(desk) == [1, 2]
    to_the_end(desk)
    assert (living(desk), heads(desk)) == ([2], [2, 2, 2])


def test_a_key_service_that_does_not_answer_is_not_taken_for_a_damaged_photo(desk, monkeypatch):
    def silent(*_, **__):
        raise KeyServiceSilent("The key service did not unwrap a key.")

    start(desk)
    monkeypatch.setattr(storage, "reseal", silent)
    with pytest.raises(KeyServiceSilent):
        to_the_end(desk)
    assert {image.key_version for image in photos(desk)} == {1}


def test_an_upload_goes_on_while_the_key_is_renewed_and_the_old_one_destroyed(desk, monkeypatch):
    def files():
        yield "before.png", photo(ANNA)
        start(desk)
        to_the_end(desk)
        yield "after.png", photo(BORIS)

    monkeypatch.setattr(images, "_TOGETHER", 1)
    owner = desk.tenant.organization
    received = images.receive(organization=owner, files=files(), subject_from="filename", by=desk.by)
    assert len([content(desk, one.image) for one in received.photos]) == 2
    assert set(heads(desk)) == {2}


def test_of_an_upload_that_a_destroyed_key_refuses_nothing_is_kept(desk, monkeypatch):
    def files():
        for name in ("first.png", "second.png", "third.png"):
            yield name, photo(ANNA)
        start(desk)
        to_the_end(desk)

    monkeypatch.setattr(images, "_TOGETHER", 2)
    owner = desk.tenant.organization
    with pytest.raises(Conflict, match="key_destroyed"):
        images.receive(organization=owner, files=files(), subject_from="filename", by=desk.by)
    with tenant_scope(owner):
        assert Image.objects.filter(purged_at=None).count() == 3
