"""Sketches tell copies of a photo from other photos, and nothing across tests."""

import numpy as np
import pytest

from recognition.sketches import first_alike, sketch

SECRET, OTHER = b"a" * 32, b"b" * 32


def template(seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal(128)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def at_distance(base: np.ndarray, distance: float, seed: int = 7) -> np.ndarray:
    """A template at about this distance."""
    moved = base + distance * template(seed)
    return (moved / np.linalg.norm(moved)).astype(np.float32)


@pytest.mark.parametrize(("distance", "is_copy"), [(0.0, True), (0.05, True), (0.2, False), (1.4, False)])
def test_a_photo_saved_anew_counts_as_the_same_and_another_photo_does_not(distance, is_copy):
    pairs = [(template(n), at_distance(template(n), distance, 1000 + n)) for n in range(20)]
    found = [first_alike([sketch(one, SECRET), sketch(other, SECRET)])[1] == 0 for one, other in pairs]
    assert set(found) == {is_copy}


def test_each_sketch_is_told_the_first_it_is_alike():
    people = [template(n) for n in (1, 2, 1, 3, 2, 1)]
    assert first_alike([sketch(one, SECRET) for one in people]) == [0, 1, 0, 3, 1, 0]


def test_the_first_is_found_across_blocks():
    many = [sketch(template(n), SECRET) for n in range(600)]
    assert first_alike([*many, many[3]])[-1] == 3


def test_sketches_of_two_tests_say_nothing_about_each_other():
    assert first_alike([sketch(template(1), SECRET), sketch(template(1), OTHER)]) == [0, 1]


def test_of_nothing_nothing_is_alike():
    assert first_alike([]) == []
