"""Intervals against published values and a second way to reckon them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.bias.intervals import clopper_pearson, incomplete_beta

# Newcombe (1998), Statistics in Medicine 17, table I, "Clopper-Pearson 'exact'".
PUBLISHED = [
    (81, 263, 0.2527, 0.3676),
    (15, 148, 0.0578, 0.1617),
    (0, 20, 0.0000, 0.1684),
    (1, 29, 0.0009, 0.1776),
]


def at_least(events: int, trials: int, share: float) -> float:
    """The probability of so many events or more, term by term."""
    return math.fsum(
        math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(events, trials + 1)
    )


@pytest.mark.parametrize(("events", "trials", "low", "high"), PUBLISHED)
def test_the_interval_is_the_published_one(events, trials, low, high):
    assert [round(end, 4) for end in clopper_pearson(events, trials)] == [low, high]


def test_no_event_in_n_trials_has_the_end_that_a_formula_gives():
    low, high = clopper_pearson(0, 3000)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 3000), rel=1e-9)  # about 3.7 / n


@given(st.integers(1, 60), st.data())
def test_at_its_ends_the_count_is_one_in_forty(trials, data):
    events = data.draw(st.integers(0, trials))
    low, high = clopper_pearson(events, trials)
    assert low <= events / trials <= high
    if events:
        assert at_least(events, trials, low) == pytest.approx(0.025, abs=1e-9)
    if events < trials:
        assert 1 - at_least(events + 1, trials, high) == pytest.approx(0.025, abs=1e-9)


def test_a_million_trials_are_no_trouble():
    low, high = clopper_pearson(1000, 1_000_000)
    assert (low, high) == (pytest.approx(0.000939, abs=2e-6), pytest.approx(0.001064, abs=2e-6))


@pytest.mark.parametrize(("a", "b", "x", "value"), [(1, 1, 0.3, 0.3), (2, 2, 0.5, 0.5), (1, 3, 0.2, 0.488)])
def test_the_incomplete_beta_function_has_the_values_of_its_simple_cases(a, b, x, value):
    assert incomplete_beta(a, b, x) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("events", "trials"), [(3, 2), (-1, 5), (0, 0)])
def test_what_is_no_share_is_refused(events, trials):
    with pytest.raises(ValueError, match="no share"):
        clopper_pearson(events, trials)
