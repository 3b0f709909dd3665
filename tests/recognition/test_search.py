"""The database and the matrix find the same faces, whatever happens to the gallery meanwhile."""

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.tenancy import secrets
from portal.tenancy.scope import tenant_scope
from recognition import matrices, search
from recognition.engine import scale
from recognition.models import Face, Gallery
from recognition.search import Wanted
from tests.support.faces import another_gallery, enroll, like, units
from tests.support.jobs import new_desk

PIPELINE = scale.DEFAULT_PIPELINE


@pytest.fixture
def desk(database):
    return new_desk()


def both(gallery, probes, threshold=0.0, most=10):
    """What the database finds and what the matrix finds."""
    with tenant_scope(gallery.organization_id):
        row = Gallery.objects.get(pk=gallery.pk)
        key, wanted = secrets.data_key(gallery.organization_id), Wanted(threshold, most)
        singly = [search.by_database(row, key, probe, wanted) for probe in probes]
        return singly, search.by_matrix(matrices.matrix(row, key), probes, wanted, PIPELINE)


def ids(hits):
    return [[hit.face_id for hit in row] for row in hits]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    size=st.integers(0, 60),
    copies=st.integers(1, 25),
    most=st.integers(1, 15),
    threshold=st.sampled_from([0.0, 40.0, 80.0, 99.0, 99.5]),
    seed=st.integers(0, 1000),
)
def test_both_ways_find_the_same(desk, size, copies, most, threshold, seed):
    gallery = another_gallery(desk)
    people = units(size, seed)
    enroll(gallery, people)
    if size:  # many equal templates: ties at the border
        enroll(gallery, np.repeat(people[:1], copies, axis=0))
    probes = np.concatenate([like(people[:3], seed + 1), people[:2], units(2, seed + 2)])
    singly, together = both(gallery, probes, threshold, most)
    assert singly == together


def test_what_is_found_is_what_a_full_comparison_finds(desk):
    people = units(300)
    faces = enroll(desk.gallery, people)
    probes = like(people[:5])
    _, found = both(desk.gallery, probes, most=20)
    whole = probes.astype(np.float64) @ people.astype(np.float64).T
    best = np.argsort(-whole, axis=1)[:, :20]
    assert ids(found) == [[faces[at].pk for at in row] for row in best]
    expected = scale.similarities(np.sqrt(2 - 2 * np.take_along_axis(whole, best, axis=1)))
    assert np.allclose([[hit.similarity for hit in row] for row in found], expected, atol=1e-4)


def test_equal_templates_come_in_the_order_of_their_ids(desk):
    faces = enroll(desk.gallery, np.repeat(units(1), 40, axis=0))
    for found in both(desk.gallery, units(1), most=5):
        assert ids(found) == [sorted(face.pk for face in faces)[:5]]


def test_a_gallery_in_many_blocks_is_searched_whole(desk, monkeypatch):
    monkeypatch.setattr(matrices, "BLOCK", 16)
    people = units(100)
    enroll(desk.gallery, people)
    singly, together = both(desk.gallery, like(people[::9]))
    assert singly == together
    assert len(together) == 12


def test_a_threshold_leaves_nothing_below_it_and_nothing_above_it_out(desk):
    people = units(50)
    enroll(desk.gallery, people)
    _, everybody = both(desk.gallery, like(people[:4], noise=0.3), most=50)
    _, some = both(desk.gallery, like(people[:4], noise=0.3), threshold=60.0, most=50)
    assert some == [[hit for hit in row if hit.similarity >= 60.0] for row in everybody]
    assert any(some)


def test_an_empty_gallery_finds_nobody(desk):
    assert both(desk.gallery, units(2)) == ([[], []], [[], []])


def test_an_erased_face_never_comes_back_from_memory(desk):
    people = units(30)
    faces = enroll(desk.gallery, people)
    both(desk.gallery, people[:1])
    held = matrices._kept[desk.gallery.pk]
    with tenant_scope(desk.gallery.organization_id):
        Face.objects.filter(pk=faces[0].pk).delete()
        Gallery.objects.filter(pk=desk.gallery.pk).update(version=100)
    singly, together = both(desk.gallery, people[:1], most=30)
    assert singly == together
    assert faces[0].pk not in ids(together)[0]
    assert len(together[0]) == 29
    assert not any((part.templates == people[0]).all(axis=1).any() for part in held.parts)


def test_a_gallery_that_grew_is_read_only_where_it_is_new(desk, monkeypatch):
    people = units(40)
    enroll(desk.gallery, people[:30])
    both(desk.gallery, people[:1])
    enroll(desk.gallery, people[30:])
    monkeypatch.setattr(matrices, "_loaded", None)  # a whole load would fail
    singly, together = both(desk.gallery, like(people))
    assert singly == together
    assert [len(part.faces) for part in matrices._kept[desk.gallery.pk].parts] == [30, 10]


def test_a_gallery_of_many_small_changes_is_read_whole_again(desk):
    people = units(200)
    for at in range(20):
        enroll(desk.gallery, people[at * 10 : at * 10 + 10])
        both(desk.gallery, people[:1])
    assert len(matrices._kept[desk.gallery.pk].parts) < 10
    singly, together = both(desk.gallery, like(people))
    assert singly == together


def test_memory_of_galleries_is_bounded(desk, monkeypatch, settings):
    settings.GALLERY_CACHE_BYTES = 20_000
    other = another_gallery(desk)
    for gallery in (desk.gallery, other):
        enroll(gallery, units(30))
        both(gallery, units(1))
    assert other.pk in matrices._kept
    assert desk.gallery.pk not in matrices._kept
    settings.GALLERY_CACHE_BYTES = 1000
    enroll(other, units(1))
    assert len(both(other, units(1), most=40)[1][0]) == 31
    assert other.pk not in matrices._kept


def test_few_probes_ask_the_database_and_many_the_memory(desk):
    people = units(20)
    enroll(desk.gallery, people)
    with tenant_scope(desk.gallery.organization_id):
        row = Gallery.objects.get(pk=desk.gallery.pk)
        key = secrets.data_key(row.organization_id)
        few = search.find(row, key, people[: search.FEW], threshold=90.0, most=3)
        assert not matrices.holds(row)
        many = search.find(row, key, people[: search.FEW + 1], threshold=90.0, most=3)
        assert matrices.holds(row)
    assert few == many[:-1]


def test_one_probe_is_one_statement_besides_its_seeds(desk):
    enroll(desk.gallery, units(50))
    with tenant_scope(desk.gallery.organization_id):
        row = Gallery.objects.get(pk=desk.gallery.pk)
        key = secrets.data_key(row.organization_id)
        connection.force_debug_cursor = True
        before = len(connection.queries)
        search.by_database(row, key, units(1)[0], Wanted(0.0, 5))
        asked = [query["sql"] for query in connection.queries[before:]]
        connection.force_debug_cursor = False
    assert sum("recognition_face" in sql for sql in asked) == 1
    assert len(asked) == 2
