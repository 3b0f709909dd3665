"""Faces are turned upright and brought to one size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.engine.align import CHIP_SIDE, MESH_TEMPLATE, chip, chips, similarity_transform


def moved(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (points @ matrix.T + shift).astype(np.float32)


@given(
    degrees=st.floats(-180, 180),
    scale=st.floats(0.05, 40),
    shift=st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)),
)
def test_any_turned_scaled_and_shifted_face_is_brought_back(
    degrees: float, scale: float, shift: tuple[float, float]
) -> None:
    matrix = similarity_transform(moved(MESH_TEMPLATE, degrees, scale, shift), MESH_TEMPLATE)
    placed = moved(MESH_TEMPLATE, degrees, scale, shift) @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(placed - MESH_TEMPLATE).max() < 0.2


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    mirrored = MESH_TEMPLATE * (-1, 1)
    assert np.linalg.det(similarity_transform(mirrored, MESH_TEMPLATE)[:, :2]) > 0


@pytest.mark.parametrize("points", [np.ones((5, 2), np.float32), np.full((5, 2), np.nan, np.float32)])
def test_points_that_are_no_face_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="points of a face"):
        similarity_transform(points, MESH_TEMPLATE)


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (30, 1.3), (-75, 2.4), (180, 6.5), (10, 11)])
def test_a_dot_on_the_nose_lands_on_the_nose(degrees: float, scale: float) -> None:
    points = moved(MESH_TEMPLATE, degrees, scale, (900, 900))
    photo = np.zeros((2000, 2000, 3), np.uint8)
    rows, columns = np.mgrid[:2000, :2000]
    photo[np.hypot(columns - points[2, 0], rows - points[2, 1]) < 4 * scale] = 255
    found = np.argwhere(chip(photo, points)[:, :, 0] > 128).mean(axis=0)[::-1]
    assert np.abs(found - MESH_TEMPLATE[2]).max() < 0.6


def test_a_large_face_is_averaged_and_not_sampled() -> None:
    checkers = (np.indices((1500, 1500)).sum(axis=0) % 2 * 255).astype(np.uint8)
    cut = chip(np.dstack([checkers] * 3), MESH_TEMPLATE * 8)
    assert cut[20:130, 20:130].std() < 5


def test_a_face_past_the_edge_is_filled_with_black() -> None:
    cut = chip(np.full((80, 80, 3), 255, np.uint8), MESH_TEMPLATE - 60)
    assert cut.shape == (CHIP_SIDE, CHIP_SIDE, 3)
    assert cut[:40].max() == 0


def test_no_faces_give_no_chips() -> None:
    assert chips(np.zeros((9, 9, 3), np.uint8), np.empty((0, 5, 2), np.float32)).shape == (0, 150, 150, 3)
