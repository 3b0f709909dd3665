"""A labeled set becomes a similarity scale that states the rates of its worst group."""

from pathlib import Path

import numpy as np
import pytest

from portal.common.errors import InvalidInput
from recognition.engine import scale
from recognition.engine.calibration import STEPS, Calibration, calibrate, save

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
    assert 10 ** two_groups().log10_fmr[place] == pytest.approx(expected, rel=1e-3)


def test_misses_fall_as_the_distance_grows() -> None:
    misses = two_groups().misses
    assert (np.diff(misses) <= 0).all()
    assert misses[0] > misses[-1]


def test_a_set_without_groups_is_counted_as_a_whole() -> None:
    templates, names = people(400, 0.3, 3)
    result = calibrate(PIPELINE, templates, names, [""] * len(names))
    assert result.groups == ()
    assert result.impostor_pairs == 800 * 799 // 2 - 400
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
    assert scale.fmr(similarity) == pytest.approx(10 ** result.log10_fmr[place], rel=1e-2)
    assert (scale.scale_of(PIPELINE).version, scale.scale_of(PIPELINE).provisional) == ("made-up/1", True)
    scale.scale_of.cache_clear()
