"""Search is exact whatever the block size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.engine.topk import top_k


def rows(count: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@given(size=st.integers(0, 60), k=st.integers(1, 12), block=st.integers(1, 70))
def test_blocks_find_what_a_full_sort_finds(size: int, k: int, block: int) -> None:
    probes, gallery = rows(4, seed=1), rows(size)
    indices, scores = top_k(probes, gallery, k, block=block)
    full = np.argsort(-(probes @ gallery.T), axis=1, kind="stable")[:, :k]
    assert np.array_equal(indices, full)
    assert np.allclose(scores, np.take_along_axis(probes @ gallery.T, full, axis=1), atol=1e-6)


def test_equal_faces_come_in_gallery_order() -> None:
    gallery = np.repeat(rows(2), 5, axis=0)
    assert top_k(gallery[:1], gallery, 3)[0].tolist() == [[0, 1, 2]]


def test_a_small_gallery_gives_fewer_candidates() -> None:
    assert top_k(rows(3), rows(2), 10)[0].shape == (3, 2)


def test_templates_of_different_nets_are_not_compared() -> None:
    with pytest.raises(ValueError, match="dimensions"):
        top_k(rows(2), np.ones((4, 8), np.float32), 1)


@pytest.mark.parametrize(("k", "block"), [(0, 10), (1, 0)])
def test_nothing_asked_is_refused(k: int, block: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        top_k(rows(2), rows(2), k, block=block)
