"""Similarity is a statement about false match rates."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import InvalidInput
from recognition.engine import identity, scale

INSIDE = st.floats(1, 99.5)


@pytest.mark.parametrize(("similarity", "rate"), [(80, 10**-2.5), (99, 1e-5), (99.5, 10**-5.5), (32, 0.1)])
def test_a_similarity_names_its_false_match_rate(similarity: float, rate: float) -> None:
    assert scale.fmr(similarity) == pytest.approx(rate)


@given(similarity=INSIDE)
def test_distance_and_similarity_are_each_others_inverse(similarity: float) -> None:
    assert scale.similarity(scale.distance(similarity)) == pytest.approx(similarity, abs=1e-3)


@given(one=st.floats(0, 2), other=st.floats(0, 2))
def test_closer_is_never_less_similar(one: float, other: float) -> None:
    near, far = sorted((one, other))
    assert scale.similarity(near) >= scale.similarity(far)


@given(similarity=INSIDE)
def test_a_higher_threshold_lets_fewer_strangers_through_and_misses_more(similarity: float) -> None:
    assert scale.fmr(similarity) <= scale.fmr(similarity - 1)
    assert scale.fnmr(similarity) >= scale.fnmr(similarity - 1)


def test_the_table_is_read_with_the_group_factor() -> None:
    # At 0.405 the table over all of LFW has a pooled false match rate of 10^-2.35 and misses of 1.73 %.
    similarity = scale.similarity(0.405)
    assert scale.fmr(similarity) == pytest.approx(4.8 * 10**-2.35, rel=3e-3)
    assert scale.fnmr(similarity) == pytest.approx(0.0173, rel=1e-3)


def test_the_ends_of_the_scale() -> None:
    assert scale.similarity(0.0) == 99.5
    assert scale.similarity(1.4) == 0.0
    assert scale.distance(100) == 0.0
    assert scale.distance(0) == 2.0


@pytest.mark.parametrize("threshold", [-0.1, 100.1, float("nan")])
def test_a_threshold_off_the_scale_is_refused(threshold: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        scale.distance(threshold)
    assert caught.value.code == "threshold_range"


@given(budget=st.floats(0.01, 50), size=st.integers(1, 1_000_000))
def test_a_budget_is_kept_by_its_threshold(budget: float, size: int) -> None:
    threshold = scale.threshold_for_budget(budget, size)
    reached = scale.expected_false_candidates(threshold, size)
    assert threshold == 99.5 or reached <= budget * 1.0001


def test_one_false_candidate_in_ten_thousand_faces_needs_more_than_91() -> None:
    assert scale.threshold_for_budget(1, 10_000) == pytest.approx(91.4)


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        scale.threshold_for_budget(0, 10)


def test_a_pipeline_that_was_never_calibrated_has_no_scale() -> None:
    with pytest.raises(InvalidInput) as caught:
        scale.similarity(0.3, "arcface/blazeface/mesh5/mirror/1")
    assert caught.value.code == "no_scale"


def test_many_distances_are_converted_at_once() -> None:
    distances = np.array([[0.3, 0.4], [0.5, 0.6]], np.float32)
    expected = [[scale.similarity(float(value)) for value in row] for row in distances]
    assert scale.similarities(distances).tolist() == expected


@pytest.mark.parametrize("precision", identity.PRECISIONS)
@pytest.mark.parametrize("detector", identity.DETECTORS)
@pytest.mark.parametrize("mode", identity.MODES)
def test_every_pipeline_has_a_scale_and_it_is_marked_provisional(
    mode: str, detector: str, precision: str
) -> None:
    pipeline = identity.pipeline_id(mode, detector=detector, precision=precision)
    assert scale.scale_of(pipeline).provisional
    assert scale.similarity(scale.distance(80, pipeline), pipeline) == pytest.approx(80, abs=1e-3)


def test_versions_of_shipped_scales_differ() -> None:
    pipelines = [
        identity.pipeline_id(mode, detector=detector, precision=precision)
        for mode, detector, precision in product(identity.MODES, identity.DETECTORS, identity.PRECISIONS)
    ]
    assert len({scale.scale_of(pipeline).version for pipeline in pipelines}) == len(pipelines)


@given(similarity=st.floats(0, 100))
def test_every_rate_lies_within_its_interval(similarity: float) -> None:
    for rate in (scale.fmr_range(similarity), scale.fnmr_range(similarity)):
        assert 0 <= rate.low <= rate.value * 1.0001
        assert rate.value * 0.9999 <= rate.high <= 1


def test_what_the_data_do_not_carry_is_known() -> None:
    reaches = scale.scale_of().reaches
    assert 97 < reaches < 99
    assert scale.fmr(reaches) * 16.5e6 / 4.8 >= 30


def test_the_interval_is_no_narrower_beyond_the_data() -> None:
    reaches = scale.scale_of().reaches
    inside, beyond = scale.fmr_range(reaches), scale.fmr_range(99.4)
    assert beyond.high / beyond.value >= inside.high / inside.value * 0.999
