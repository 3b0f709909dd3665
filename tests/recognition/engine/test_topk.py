"""Search is exact whatever the block size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.engine.topk import Block, cosines, nearest, ranked


def rows(count: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def names(count: int) -> np.ndarray:
    return np.array([b"%08d" % number for number in range(count)], dtype="S8")


def top_k(probes, gallery, k, block=7, floor=-1.0, gone=None):
    """Search in blocks: gallery indices and cosines of each probe, best first."""
    parts = [
        Block(probes, gallery[at : at + block], None if gone is None else gone[at : at + block])
        for at in range(0, len(gallery), block)
    ]
    found, places = nearest(parts, probes=len(probes), k=k, floor=floor)
    values = cosines(probes[found], gallery[places])
    order = ranked(found, values, names(len(gallery))[places], k)
    found, places, values = found[order], places[order], values[order]
    return [(places[found == n].tolist(), values[found == n]) for n in range(len(probes))]


@given(size=st.integers(0, 60), k=st.integers(1, 12), block=st.integers(1, 70))
def test_blocks_find_what_a_full_sort_finds(size: int, k: int, block: int) -> None:
    probes, gallery = rows(4, seed=1), rows(size)
    whole = probes.astype(np.float64) @ gallery.astype(np.float64).T
    for probe, (indices, scores) in enumerate(top_k(probes, gallery, k, block=block)):
        full = np.argsort(-whole[probe], kind="stable")[:k]
        assert indices == full.tolist()
        assert np.allclose(scores, whole[probe][full], atol=1e-12)


@given(size=st.integers(1, 60), floor=st.floats(-1, 1), block=st.integers(1, 70))
def test_nothing_above_the_floor_is_lost(size: int, floor: float, block: int) -> None:
    probes, gallery = rows(3, seed=1), rows(size)
    whole = probes.astype(np.float64) @ gallery.astype(np.float64).T
    for probe, (indices, _) in enumerate(top_k(probes, gallery, size, block=block, floor=floor)):
        assert set(np.flatnonzero(whole[probe] >= floor)) <= set(indices)


@given(block=st.integers(1, 40), copies=st.integers(1, 30), k=st.integers(1, 8))
def test_equal_faces_come_in_the_order_of_their_names(block: int, copies: int, k: int) -> None:
    gallery = np.repeat(rows(2), copies, axis=0)
    [(indices, _)] = top_k(gallery[:1], gallery, k, block=block)
    assert indices[: min(k, copies)] == list(range(min(k, copies)))


@given(block=st.integers(1, 40), seed=st.integers(0, 5))
def test_what_is_gone_is_never_found(block: int, seed: int) -> None:
    gallery = rows(30)
    gone = np.random.default_rng(seed).random(30) < 0.5
    for indices, _ in top_k(gallery[:5], gallery, 30, block=block, gone=gone):
        assert sorted(indices) == np.flatnonzero(~gone).tolist()


def test_many_probes_find_what_each_finds_alone() -> None:
    probes, gallery = rows(1500, seed=1), rows(300)
    together = top_k(probes, gallery, 3, block=100)
    for number in (0, 255, 256, 1024, 1499):
        indices, scores = top_k(probes[number : number + 1], gallery, 3, block=64)[0]
        assert together[number][0] == indices
        assert np.array_equal(together[number][1], scores)


def test_a_small_gallery_gives_fewer_candidates() -> None:
    assert [len(indices) for indices, _ in top_k(rows(3), rows(2), 10)] == [2, 2, 2]


def test_templates_of_different_nets_are_not_compared() -> None:
    with pytest.raises(ValueError, match="dimensions"):
        top_k(rows(2), np.ones((4, 8), np.float32), 1)


def test_nothing_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        top_k(rows(2), rows(2), 0)
