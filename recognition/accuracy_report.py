"""What a test of accuracy comes to: rates with intervals, and by name every pair that is not in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from compliance.bias.rates import Rate, Scored, error_rates, rate, sweep
from compliance.bias.report import by_group
from recognition.accuracy import LEAST_OF_A_KIND, LEAST_PAIRS, Score
from recognition.models import AccuracyPair, AccuracyTest
from recognition.sketches import first_alike

THRESHOLDS = (50, 60, 70, 80, 85, 90, 92, 95, 97, 99)
MOST_PAIRS_OF_A_PHOTO = 10
ONE_PHOTO = "one_photo"  # both sides are the same photo
REPEATED_PAIR = "repeated_pair"  # the same two photos were compared before in this test
PHOTO_TOO_OFTEN = "photo_too_often"  # a photo stands in more pairs than one photo may
_SIDES = ("first", "second")


@dataclass(frozen=True)
class Report:
    """A test's result.

    Attributes:
        is_enough: Whether as many pairs were compared as a rate needs.
        result: As it is stored and shown: numbers, and names of pairs that are in no rate.
    """

    is_enough: bool
    result: dict[str, Any]


def report(test: AccuracyTest, pairs: Sequence[AccuracyPair], scores: Sequence[Score | None]) -> Report:
    """Return what a test comes to.

    Args:
        test: With the threshold that is in force.
        pairs: All that were declared, in their order.
        scores: Of each; None where nothing was compared.
    """
    compared = [(pair, score) for pair, score in zip(pairs, scores, strict=True) if score]
    repeats = _repeats([score for _, score in compared])
    counted = [
        Scored(pair.same, score.similarity, pair.group)
        for (pair, score), reason in zip(compared, repeats, strict=True)
        if not reason
    ]
    same = sum(pair.same for pair in counted)
    is_enough = len(counted) >= LEAST_PAIRS and min(same, len(counted) - same) >= LEAST_OF_A_KIND
    left_out = [
        {"pair": pair.name, "reason": reason}
        for (pair, _), reason in zip(compared, repeats, strict=True)
        if reason
    ]
    numbers = {
        "compared": len(counted),
        "same": same,
        "different": len(counted) - same,
        "not_handed_in": sum(pair.done_at is None for pair in pairs),
        "left_out": left_out,
        **_failures(pairs),
    }
    return Report(is_enough, numbers | (_rates(test, counted) if is_enough else _no_rates(test)))


def _rates(test: AccuracyTest, counted: Sequence[Scored]) -> dict[str, Any]:
    chosen = error_rates(counted, test.threshold)
    table = sweep(counted, [one for one in THRESHOLDS if one >= test.least_threshold])
    return {
        "is_enough": True,
        "threshold": test.threshold,
        "fmr": _shown(chosen.fmr),
        "fnmr": _shown(chosen.fnmr),
        "thresholds": [
            {"threshold": row.threshold, "fmr": _shown(row.fmr), "fnmr": _shown(row.fnmr)} for row in table
        ],
        "groups": [
            {
                "group": one.group,
                "same": one.genuine,
                "different": one.strangers,
                "fmr": _shown(one.fmr),
                "fnmr": _shown(one.fnmr),
                "withheld": list(one.withheld),
            }
            for one in by_group(counted, test.threshold)
        ],
    }


def _no_rates(test: AccuracyTest) -> dict[str, Any]:
    """Return the same without a rate: of too few pairs it would speak of single ones."""
    return {
        "is_enough": False,
        "threshold": test.threshold,
        "fmr": None,
        "fnmr": None,
        "thresholds": [],
        "groups": [],
    }


def _failures(pairs: Iterable[AccuracyPair]) -> dict[str, Any]:
    """Return which photos had no face that could be compared, and their share of all handed in."""
    done = [pair for pair in pairs if pair.done_at is not None]
    named = [
        {"pair": pair.name, "photo": side, "reason": reason}
        for pair in done
        for side, reason in zip(_SIDES, (pair.first_reason, pair.second_reason), strict=True)
        if reason
    ]
    return {"failures": named, "failure_to_enroll": _shown(rate(len(named), 2 * len(done)))}


def _repeats(scores: Sequence[Score]) -> list[str]:
    """Return for each compared pair why it is not counted; empty where it is.

    A rate of many copies of one pair is the score of that pair; one photo beside very many is a search.
    """
    photos = first_alike([sketch for score in scores for sketch in score.sketches])
    seen: set[frozenset[int]] = set()
    often: Counter[int] = Counter()
    reasons = []
    for first, second in zip(photos[::2], photos[1::2], strict=True):
        pair = frozenset((first, second))
        reason = _reason(pair, seen, often)
        reasons.append(reason)
        if not reason:
            seen.add(pair)
            often.update(pair)
    return reasons


def _reason(pair: frozenset[int], seen: set[frozenset[int]], often: Counter[int]) -> str:
    if len(pair) == 1:
        return ONE_PHOTO
    if pair in seen:
        return REPEATED_PAIR
    return PHOTO_TOO_OFTEN if max(often[photo] for photo in pair) >= MOST_PAIRS_OF_A_PHOTO else ""


def _shown(found: Rate | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)
