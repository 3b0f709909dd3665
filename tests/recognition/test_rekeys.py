"""A gallery is re-keyed while it is searched, enrolled into and erased from; nobody is missed or doubled."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.db import connection

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy import secrets
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import matrices, search, upkeep
from recognition.actions import erasure, rekeys
from recognition.models import Face, Gallery, GalleryKey, Subject
from recognition.search import Wanted
from tests.support.faces import D, another_gallery, enroll, like, units
from tests.support.jobs import ANNA, new_desk, photo, work_off

PEOPLE = units(25)
PROBES = like(PEOPLE[:6])


@pytest.fixture
def desk(database, monkeypatch):
    monkeypatch.setattr(rekeys, "AT_ONCE", 10)
    made = new_desk()
    enroll(made.gallery, PEOPLE)
    return made


def start(desk, reason="routine", by=None):
    rekeys.start(gallery=desk.gallery, reason=reason, by=by or desk.by)


def found(desk, most=30):
    """What both ways of searching find; they have to agree."""
    owner = desk.gallery.organization_id
    with tenant_scope(owner):
        row, key, wanted = Gallery.objects.get(pk=desk.gallery.pk), secrets.data_key(owner), Wanted(0.0, most)
        singly = [search.by_database(row, key, probe, wanted) for probe in PROBES]
        together = search.by_matrix(matrices.matrix(row, key), PROBES, wanted, row.pipeline)
    assert ids(singly) == ids(together)
    assert np.allclose(similarities(singly), similarities(together), atol=1e-5)
    return singly


def ids(hits):
    return [[hit.face_id for hit in row] for row in hits]


def similarities(hits):
    return [[hit.similarity for hit in row] for row in hits]


def versions(desk):
    with tenant_scope(desk.gallery.organization_id):
        faces = sorted(Face.objects.filter(gallery=desk.gallery).values_list("key_version", flat=True))
        keys = GalleryKey.objects.filter(gallery=desk.gallery)
        return faces, sorted(keys.values_list("version", flat=True))


def step(desk):
    return rekeys.step(desk.gallery.organization_id)


def test_every_search_during_a_re_key_finds_what_it_found_before(desk):
    before = found(desk)
    start(desk)
    seen = [found(desk)]
    while step(desk):
        seen.append(found(desk))
    assert len(seen) == 5  # ten, ten, five, the end
    for hits in seen:
        assert ids(hits) == ids(before)
        assert np.allclose(similarities(hits), similarities(before), atol=1e-5)


def test_a_re_key_turns_every_template_and_destroys_the_old_key(desk):
    with tenant_scope(desk.gallery.organization_id):
        old = {face.pk: face.template for face in Face.objects.filter(gallery=desk.gallery)}
    start(desk, "theft")
    assert versions(desk) == ([1] * 25, [1, 2])
    while step(desk):
        pass
    assert versions(desk) == ([2] * 25, [2])
    with tenant_scope(desk.gallery.organization_id):
        closeness = [np.dot(f.template, old[f.pk]) for f in Face.objects.filter(gallery=desk.gallery)]
    assert max(closeness) < 0.9  # a stolen copy compares with nothing any more
    events = Event.objects.filter(target=desk.gallery.public_id, verb__startswith="gallery.rekey")
    assert [(e.verb, e.payload["version"], e.payload["faces"]) for e in events.order_by("pk")] == [
        ("gallery.rekey_started", 2, 25),
        ("gallery.rekeyed", 2, 25),
    ]


def test_who_enrolls_during_a_re_key_takes_the_new_key(desk):
    start(desk)
    step(desk)
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    assert versions(desk)[0].count(2) == 11
    while step(desk):
        pass
    assert versions(desk) == ([2] * 26, [2])


def test_a_step_cut_short_leaves_all_as_it_was(desk, monkeypatch):
    start(desk)
    with monkeypatch.context() as broken:
        broken.setattr(rekeys, "_TURNED", rekeys._TURNED + "; SELECT 1 / 0")
        with pytest.raises(Exception, match="division by zero"):
            step(desk)
    assert versions(desk) == ([1] * 25, [1, 2])
    while step(desk):
        pass
    assert versions(desk) == ([2] * 25, [2])


def test_two_workers_at_once_turn_each_face_once(desk):
    before = found(desk)
    start(desk)

    def all_steps(_):
        try:
            return sum(1 for _ in iter(lambda: step(desk), False))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(all_steps, range(2)))
    while step(desk):
        pass
    assert versions(desk) == ([2] * 25, [2])
    assert ids(found(desk)) == ids(before)
    assert Event.objects.filter(target=desk.gallery.public_id, verb="gallery.rekeyed").count() == 1


def test_who_is_erased_during_a_re_key_is_found_by_no_key(desk):
    found(desk)
    start(desk)
    step(desk)
    with tenant_scope(desk.gallery.organization_id):
        anna = Subject.objects.get(gallery=desk.gallery)
    erasure.erase_subject(subject=anna, by=desk.by)
    assert found(desk) == [[] for _ in PROBES]
    while step(desk):
        pass
    assert versions(desk) == ([], [2])


def test_a_gallery_deleted_during_a_re_key_leaves_no_key(desk):
    start(desk)
    step(desk)
    erasure.delete_gallery(gallery=desk.gallery, by=desk.by)
    assert step(desk) is False
    assert versions(desk) == ([], [])


def test_no_worker_keeps_the_old_rotation_after_its_next_search(desk):
    found(desk)
    start(desk)
    while step(desk):
        pass
    found(desk)
    assert set(matrices._kept[desk.gallery.pk].rotations) == {2}
    assert set(matrices._turns[desk.gallery.pk]) == {(2, D)}


def test_a_gallery_is_not_re_keyed_twice_at_once(desk):
    start(desk)
    with pytest.raises(Conflict, match="rekey_running"):
        start(desk)
    assert versions(desk)[1] == [1, 2]


def test_re_keying_many_times_moves_no_similarity(desk):
    before = found(desk)
    for _ in range(6):
        start(desk)
        while step(desk):
            pass
    assert ids(found(desk)) == ids(before)
    assert np.allclose(similarities(found(desk)), similarities(before), atol=1e-5)


def test_a_re_key_needs_a_reason_and_an_administrator(desk):
    with pytest.raises(InvalidInput, match="reason"):
        start(desk, "boredom")
    analyst = Actor("user", "usr_1", "Ann", organization_id=desk.gallery.organization_id, role=Role.ANALYST)
    with pytest.raises(Refused, match="permission"):
        start(desk, by=analyst)
    with pytest.raises(NotFound):
        start(desk, by=new_desk().by)
    assert versions(desk)[1] == [1]


def test_the_upkeep_of_one_gallery_keeps_no_other_from_its_turn(desk):
    other = another_gallery(desk)
    enroll(other, PEOPLE)
    for gallery in (desk.gallery, other):
        rekeys.start(gallery=gallery, reason="routine", by=desk.by)
    while upkeep.run(0.1):
        pass
    with tenant_scope(desk.gallery.organization_id):
        assert not Face.objects.filter(key_version=1, gallery__in=[desk.gallery, other]).exists()


def test_progress_tells_how_many_are_turned(desk):
    def now():
        with tenant_scope(desk.gallery.organization_id):
            return rekeys.progress(Gallery.objects.get(pk=desk.gallery.pk))

    assert now() == rekeys.Progress(1, 25, 25, running=False)
    start(desk)
    step(desk)
    assert now() == rekeys.Progress(2, 25, 10, running=True)


@pytest.mark.parametrize("is_held", [False, True])
def test_a_re_key_that_ends_while_a_gallery_is_loaded_breaks_no_search(desk, monkeypatch, is_held):
    before = found(desk)
    if not is_held:
        matrices.forget(desk.gallery.pk)
    enroll(desk.gallery, units(1, seed=7))
    start(desk)
    real = matrices._rotations

    def late(*values):
        monkeypatch.setattr(matrices, "_rotations", real)
        monkeypatch.setattr(matrices, "_lock", threading.RLock())  # as in another process
        with ThreadPoolExecutor(1) as other:
            other.submit(to_the_end, desk).result(timeout=60)
        return real(*values)

    monkeypatch.setattr(matrices, "_rotations", late)
    owner = desk.gallery.organization_id
    with tenant_scope(owner):
        row, key = Gallery.objects.get(pk=desk.gallery.pk), secrets.data_key(owner)
        hits = search.by_matrix(matrices.matrix(row, key), PROBES, Wanted(0.0, 5), row.pipeline)
    assert [row[0].face_id for row in hits] == [row[0].face_id for row in before]


def to_the_end(desk):
    try:
        while step(desk):
            pass
    finally:
        connection.close()
