"""A labeled set becomes a similarity scale that states the rates of its worst group."""

from pathlib import Path

import numpy as np
import pytest

from portal.common.errors import InvalidInput
from recognition.engine import scale
from recognition.engine.calibration import LEAST_EVENTS, Calibration, calibrate, save
from recognition.engine.counting import STEPS, tally

PIPELINE = "test/mesh5/mirror/1"


def people(count: int, spread: float, seed: int, alike: float = 0.0) -> tuple[np.ndarray, list[str]]:
    """Two templates each of made-up people who share a direction as far as they are alike."""
    draw = np.random.default_rng(seed)
    persons = draw.standard_normal((count, 24)) + alike * draw.standard_normal(24)
    both = np.repeat(persons, 2, axis=0) + spread * draw.standard_normal((2 * count, 24))
    templates = (both / np.linalg.norm(both, axis=1, keepdims=True)).astype(np.float32)
    return templates, [f"{seed}-{number // 2}" for number in range(2 * count)]


def two_groups() -> Calibration:
    """Group B's people look more alike than group A's."""
    (a, a_names), (b, b_names) = people(300, 0.3, 1), people(300, 0.3, 2, alike=1.0)
    return calibrate(PIPELINE, np.concatenate([a, b]), a_names + b_names, ["A"] * 600 + ["B"] * 600)


def rate_by_hand(templates: np.ndarray, names: list[str], step: float) -> float:
    distances = np.linalg.norm(templates[:, None] - templates[None], axis=2)
    strangers = np.triu(np.array(names)[:, None] != np.array(names), 1)
    return float((distances[strangers] < step).mean())


def test_the_worst_group_states_the_false_match_rate() -> None:
    templates, names = people(300, 0.3, 2, alike=1.0)
    place = int(np.searchsorted(STEPS, 0.9))
    expected = rate_by_hand(templates, names, STEPS[place])
    assert two_groups().fmr.value[place] == pytest.approx(expected, rel=1e-3)


def test_misses_fall_as_the_distance_grows() -> None:
    misses = two_groups().misses.value
    assert (np.diff(misses) <= 0).all()
    assert misses[0] > misses[-1]


def test_a_set_without_groups_is_counted_as_a_whole() -> None:
    templates, names = people(400, 0.3, 3)
    result = calibrate(PIPELINE, templates, names, [""] * len(names))
    assert result.groups == ()
    assert result.strangers == {"all together": 800 * 799 // 2 - 400}
    assert result.genuine_pairs == 400


def test_a_set_too_small_to_carry_a_scale_is_refused() -> None:
    templates, names = people(20, 0.3, 4)
    with pytest.raises(InvalidInput) as caught:
        calibrate(PIPELINE, templates, names, [""] * len(names))
    assert caught.value.code == "too_few_pairs"


def test_a_saved_scale_is_the_one_that_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    result = two_groups()
    save(result, version="made-up/1", data_set="made-up people")
    place = int(np.searchsorted(STEPS, 0.9))
    similarity = scale.similarity(float(STEPS[place]), PIPELINE)
    assert scale.fmr(similarity) == pytest.approx(result.fmr.value[place], rel=1e-2)
    assert (scale.scale_of(PIPELINE).version, scale.scale_of(PIPELINE).provisional) == ("made-up/1", True)
    scale.scale_of.cache_clear()


def test_a_saved_scale_keeps_the_intervals_and_claims_no_more_than_its_events_carry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    result = two_groups()
    save(result, version="made-up/2", data_set="made-up people")
    place = int(np.searchsorted(STEPS, 0.9))
    rate = scale.fmr_range(scale.similarity(float(STEPS[place]), PIPELINE), PIPELINE)
    assert rate.high == pytest.approx(result.fmr.high[place], rel=2e-2)
    reaches = scale.scale_of(PIPELINE).reaches
    first = int(np.argmax(result.events >= LEAST_EVENTS))
    assert scale.fmr(reaches) == pytest.approx(result.fmr.value[first], rel=1e-2)
    scale.scale_of.cache_clear()


def test_a_group_with_too_few_pairs_is_named_and_not_counted() -> None:
    (a, a_names), (b, b_names) = people(300, 0.3, 1), people(20, 0.3, 2)
    result = calibrate(PIPELINE, np.concatenate([a, b]), a_names + b_names, ["A"] * 600 + ["B"] * 40)
    assert (result.groups, result.left_out) == (("A",), {"B": 40 * 39 // 2 - 20})


def test_more_photos_of_the_same_people_make_no_narrower_interval() -> None:
    templates, names = people(100, 0.3, 5)
    place = int(np.searchsorted(STEPS, 1.1))
    few, many = tally(templates, np.array(names)), tally(np.repeat(templates, 3, axis=0), np.repeat(names, 3))
    assert many.events[place] == 9 * few.events[place]
    widths = [high[place] / low[place] for low, high in (few.near_interval(), many.near_interval())]
    assert widths[1] == pytest.approx(widths[0], rel=0.01)
    assert widths[0] > 1.05


def test_no_miss_at_all_is_not_taken_for_certainty() -> None:
    templates, names = people(150, 0.0, 6)
    misses = tally(templates, np.array(names), same=True)
    low, high = misses.far_interval()
    assert (low[-1], high[-1]) == (0, pytest.approx(3 / 150))


def test_true_persons_missed_are_told_at_a_rate() -> None:
    result = two_groups()
    value, low, high = result.missed_at(1e-2, pooled=False)
    assert low <= value <= high
    assert result.missed_at(1e-2, pooled=True)[0] <= value  # the worst group needs a stricter threshold
