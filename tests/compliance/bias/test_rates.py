"""Error rates of labeled pairs, and of groups none of which is too small to be shown."""

from hypothesis import given
from hypothesis import strategies as st

from compliance.bias.rates import Scored, error_rates, rate, sweep
from compliance.bias.report import by_group, withheld

PAIRS = [
    *[Scored(same=True, similarity=value) for value in (99.0, 95.0, 80.0, 79.9)],
    *[Scored(same=False, similarity=value) for value in (80.0, 20.0, 10.0, 0.0, 0.0)],
]
SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 200), max_size=8)


def of_group(name: str, *, same: int, strangers: int) -> list[Scored]:
    genuine = [Scored(same=True, similarity=99, group=name)] * same
    return genuine + [Scored(same=False, similarity=1, group=name)] * strangers


def test_a_pair_at_the_threshold_is_a_match():
    found = error_rates(PAIRS, 80.0)
    assert (found.fmr.events, found.fmr.trials, found.fmr.value) == (1, 5, 0.2)
    assert (found.fnmr.events, found.fnmr.trials, found.fnmr.value) == (1, 4, 0.25)


def test_a_rate_lies_in_its_interval():
    found = error_rates(PAIRS, 80.0)
    assert found.fmr.low < found.fmr.value < found.fmr.high


def test_of_nothing_there_is_no_rate():
    assert rate(0, 0) is None
    assert error_rates(PAIRS[:4], 80.0).fmr is None


def test_with_the_threshold_false_matches_fall_and_misses_rise():
    found = sweep(PAIRS, [0, 50, 90, 100])
    assert [one.fmr.events for one in found] == [5, 1, 0, 0]
    assert [one.fnmr.events for one in found] == [0, 0, 2, 4]


def test_without_declared_groups_there_is_no_table_of_groups():
    assert by_group(PAIRS, 80.0) == ()


def test_a_group_large_enough_is_shown():
    pairs = of_group("f", same=50, strangers=60) + of_group("m", same=70, strangers=50)
    first, second = by_group(pairs, 80.0)
    assert (first.group, first.fmr.trials, first.fnmr.trials) == ("f", 60, 50)
    assert (second.group, second.withheld) == ("m", ())


def test_a_small_group_is_named_and_counted_without_a_rate():
    pairs = of_group("f", same=49, strangers=60) + of_group("m", same=70, strangers=80)
    first, second = by_group(pairs, 80.0)
    assert (first.genuine, first.fnmr, first.withheld) == (49, None, ("fnmr",))
    assert second.fnmr is None, "it would follow from the whole and the other group"
    assert first.fmr.trials == 60


def test_pairs_of_no_declared_group_are_a_group_of_their_own():
    pairs = of_group("", same=50, strangers=50) + of_group("f", same=50, strangers=50)
    assert [one.group for one in by_group(pairs, 80.0)] == ["", "f"]


@given(SIZES, st.integers(1, 60))
def test_what_is_withheld_never_follows_from_what_is_shown(sizes, least):
    hidden = withheld(sizes, least)
    shown = {name for name, size in sizes.items() if size} - hidden
    assert all(sizes[name] >= least for name in shown)
    assert not hidden or not shown or sum(sizes[name] for name in hidden) >= least
