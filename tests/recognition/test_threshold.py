"""What a threshold is said to mean: figures with intervals, and what they do not carry."""

import pytest

from recognition import threshold
from recognition.engine import scale


def test_expected_false_candidates_grow_with_the_gallery_and_keep_their_interval() -> None:
    small, large = (threshold.expectation(90, gallery_size=size) for size in (1_000, 2_000))
    assert small.false_candidates is not None
    assert large.false_candidates is not None
    assert large.false_candidates.high == pytest.approx(2 * small.false_candidates.high)
    assert small.false_candidates.low < small.false_candidates.value < small.false_candidates.high


def test_a_comparison_of_two_photos_names_no_candidates() -> None:
    expected = threshold.expectation(80, gallery_size=None)
    assert expected.false_candidates is None
    assert expected.false_match_rate.value == pytest.approx(10**-2.5)


def test_what_the_data_do_not_carry_is_said_so() -> None:
    reaches = scale.scale_of().reaches
    beyond = [threshold.expectation(at, gallery_size=10).is_beyond_data for at in (80, reaches, 99)]
    assert beyond == [False, False, True]


def test_each_pipeline_is_told_by_its_own_scale() -> None:
    fast = threshold.expectation(80, gallery_size=10, pipeline="dlib-resnet-v1/blazeface/mesh5/plain/1")
    assert fast.scale == "lfw-x4.8-blazeface-plain/1"
    assert fast.missed != threshold.expectation(80, gallery_size=10).missed


def test_the_chosen_detector_is_the_one_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_DETECTOR", "mtcnn")
    assert threshold.expectation(80, gallery_size=10).scale == "lfw-x4.8-mtcnn-mirror/1"


def test_without_a_scale_nothing_is_claimed_of_persons_missed() -> None:
    expected = threshold.expectation(80, gallery_size=10, pipeline="arcface/blazeface/mesh5/mirror/1")
    assert (expected.missed, expected.is_provisional, expected.is_beyond_data) == (None, True, True)


def test_the_share_missed_is_that_of_what_compares_here(monkeypatch):
    usual = threshold.share_missed(80)
    monkeypatch.setenv("COUNTENANCE_MODE", "fast")
    fast = threshold.expectation(80, gallery_size=1, pipeline="dlib-resnet-v1/blazeface/mesh5/plain/1")
    assert threshold.share_missed(80) == fast.missed.value > usual
