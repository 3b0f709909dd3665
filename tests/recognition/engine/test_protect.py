"""A secret rotation hides templates from other galleries and leaves distances alone."""

import numpy as np
import pytest

from recognition.engine.protect import rotate, rotation

SEED = bytes(range(32))
FIRST_NUMBERS = [0.004576, 0.101583, 0.177883]


def templates(count: int = 200) -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal((count, 128)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def distances(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows[:, None] - rows[None], axis=2)


def test_distances_survive_the_rotation() -> None:
    plain = templates()
    turned = rotate(plain, rotation(SEED, 128))
    assert np.abs(distances(plain) - distances(turned)).max() < 1e-5


def test_a_rotated_template_no_longer_resembles_the_plain_one() -> None:
    plain = templates()
    closeness = (plain * rotate(plain, rotation(SEED, 128))).sum(axis=1)
    assert np.abs(closeness).max() < 0.5


def test_one_seed_gives_one_matrix_and_another_seed_another() -> None:
    assert np.array_equal(rotation(SEED, 128), rotation(SEED, 128))
    assert np.abs(rotation(SEED, 128) - rotation(SEED[::-1], 128)).max() > 0.1


def test_the_numbers_of_a_seed_never_change() -> None:
    # Stored templates depend on it: if this fails, every gallery's rotation changed.
    assert rotation(SEED, 128)[0, :3] == pytest.approx(FIRST_NUMBERS, abs=1e-5)


def test_a_guessable_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        rotation(b"short", 128)
