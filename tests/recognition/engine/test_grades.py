"""Measurements of a face become reasons and grades."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.engine import grades
from recognition.engine.types import Pose, Quality

GOOD = Quality(
    confidence=0.95, mesh_confidence=1.0, size_px=100, pose=Pose(5, 3, 1), sharpness=40, brightness=120
)


def turned(yaw: float, **more: float) -> Quality:
    return replace(GOOD, pose=Pose(yaw, 0, 0), **more)


def test_a_good_face_has_no_reason_against_it() -> None:
    assert (grades.reasons(GOOD), grades.reason_against(GOOD)) == ((), None)


@pytest.mark.parametrize(
    ("quality", "code", "ours"),
    [
        (replace(GOOD, size_px=23.9), "SMALL_BOUNDING_BOX", "face_too_small"),
        (turned(-66), "EXTREME_POSE", "low_quality"),
        (turned(50, mesh_confidence=0.3), "EXTREME_POSE", "low_quality"),
        (turned(10, mesh_confidence=0.3), "LOW_CONFIDENCE", "low_quality"),
        (replace(GOOD, sharpness=1.9), "LOW_SHARPNESS", "low_quality"),
        (replace(GOOD, brightness=11), "LOW_BRIGHTNESS", "low_quality"),
        (replace(GOOD, brightness=246), "LOW_FACE_QUALITY", "low_quality"),
    ],
)
def test_each_shortcoming_has_a_code_of_rekognition_and_one_of_ours(
    quality: Quality, code: str, ours: str
) -> None:
    assert (grades.reasons(quality), grades.reason_against(quality)) == ((code,), ours)


def test_a_face_may_have_several_reasons_and_being_small_decides() -> None:
    poor = replace(GOOD, size_px=10, sharpness=1, brightness=5)
    assert grades.reasons(poor) == ("SMALL_BOUNDING_BOX", "LOW_SHARPNESS", "LOW_BRIGHTNESS")
    assert grades.reason_against(poor) == "face_too_small"


@given(one=st.floats(0, 1e6), other=st.floats(0, 1e6))
def test_grades_rise_with_what_was_measured_and_stay_within_100(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert grades.sharpness(replace(GOOD, sharpness=low)) <= grades.sharpness(replace(GOOD, sharpness=high))
    assert 0 <= grades.brightness(replace(GOOD, brightness=low)) <= 100
