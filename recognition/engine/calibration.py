"""Makes a similarity scale from labeled templates: false matches of the worst group, true persons missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from portal.common.errors import InvalidInput
from recognition.engine.catalog import models_home
from recognition.engine.counting import STEPS, Float64, Labels, Tally, tally
from recognition.engine.scale import scale_of
from recognition.engine.types import Float32

# Points measured on fewer false matches are left out: their rate would be known to a factor of 1.5 at best.
LEAST_EVENTS = 30
# A group with fewer pairs of strangers cannot show a false match rate of 1 in 1,000 with 30 events.
LEAST_PAIRS = 30_000
LEAST_GENUINE = 300
# 30 false matches at a rate of 1 in 100,000, where similarity is 99.
FULL_PAIRS = 3_000_000
# Somebody photographed a hundred times would otherwise outweigh a thousand people.
PHOTOS_PER_PERSON = 5
_MOST_FMR = 0.9  # nine of ten strangers: no threshold lies beyond
TOGETHER = "all together"


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A share of pairs at each of STEPS, 0 to 1, with its 95 % interval."""

    value: Float64
    low: Float64
    high: Float64


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Rates counted on a labeled set.

    Attributes:
        pipeline: Whose templates were counted.
        fmr: False match rate of the group with the most false matches at each step.
        events: False matches behind it.
        fmr_pooled: The same over all pairs of two people, whatever their groups.
        misses: Share of genuine pairs at that distance or farther.
        strangers: Pairs of two people by group that was counted apart; by TOGETHER where none was.
        left_out: Groups with too few pairs, and how many.
        genuine_pairs: Over all groups, at most five photos a person.
    """

    pipeline: str
    fmr: Curve
    events: NDArray[np.int64]
    fmr_pooled: Curve
    misses: Curve
    strangers: dict[str, int]
    left_out: dict[str, int]
    genuine_pairs: int

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that had enough pairs; empty when all were counted together."""
        return tuple(name for name in self.strangers if name != TOGETHER)

    @property
    def is_complete(self) -> bool:
        """Whether two groups or more carry a false match rate of 1 in 100,000 each."""
        return len(self.groups) > 1 and min(self.strangers.values()) >= FULL_PAIRS

    def missed_at(self, rate: float, *, pooled: bool) -> tuple[float, float, float]:
        """Return the share of true persons missed at a false match rate, with its 95 % interval.

        Args:
            rate: False match rate, pooled or of the worst group.
            pooled: Which of the two.
        """
        curve = (self.fmr_pooled if pooled else self.fmr).value
        place = np.interp(np.log10(rate), np.log10(curve.clip(1e-12)), STEPS)
        shares = (self.misses.value, self.misses.low, self.misses.high)
        value, low, high = (float(np.interp(place, STEPS, share)) for share in shares)
        return value, low, high


def calibrate(
    pipeline: str, templates: Float32, subjects: Sequence[str], groups: Sequence[str]
) -> Calibration:
    """Count error rates of a labeled set.

    Strangers are compared within a group, where false matches are most frequent; the highest rate at each
    distance counts. A set without groups large enough is counted as a whole.

    Args:
        pipeline: The pipeline id of the templates.
        templates: Shape (N, D), unit length.
        subjects: Person of each template.
        groups: Group of each template; empty text where it is not known.

    Raises:
        InvalidInput: `too_few_pairs`, when the set cannot carry a scale.
    """
    people, labels = np.asarray(subjects), np.asarray(groups)
    few = _few_of_each(people)
    genuine, pooled = tally(templates[few], people[few], same=True), tally(templates, people)
    apart = {
        str(group): tally(templates[labels == group], people[labels == group])
        for group in np.unique(labels[labels != ""])
    }
    counted = {name: one for name, one in apart.items() if one.total >= LEAST_PAIRS} or {TOGETHER: pooled}
    _check(genuine, counted)
    fmr, events = _worst(list(counted.values()))
    return Calibration(
        pipeline,
        fmr,
        events,
        Curve(pooled.rate, *pooled.near_interval()),
        Curve(1 - genuine.rate, *genuine.far_interval()),
        {name: one.total for name, one in counted.items()},
        {name: one.total for name, one in apart.items() if name not in counted},
        genuine.total,
    )


def save(result: Calibration, *, version: str, data_set: str, folder: Path | None = None) -> Path:
    """Write a scale where `recognition.engine.scale` finds it, and return the file.

    It is marked provisional unless two groups or more were counted apart, each with enough pairs to count a
    false match rate of 1 in 100,000.

    Args:
        result: From `calibrate`.
        version: A new name; it is stored with every result that was judged by it.
        data_set: What was measured, for people.
        folder: Other than the models' folder.
    """
    folder = folder or models_home() / "scales"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.pipeline.replace('/', '_')}.csv"
    path.write_text("\n".join([*_head(result, version, data_set), *_rows(result)]) + "\n")
    scale_of.cache_clear()
    return path


def _worst(tables: list[Tally]) -> tuple[Curve, NDArray[np.int64]]:
    """Return at each step the rate of the group that has the highest, its interval and its events."""
    rates = np.stack([table.rate for table in tables])
    place = rates.argmax(axis=0), np.arange(rates.shape[1])
    intervals = np.array([table.near_interval() for table in tables])
    events = np.stack([table.events for table in tables])
    return Curve(rates[place], intervals[:, 0][place], intervals[:, 1][place]), events[place]


def _few_of_each(people: Labels) -> NDArray[np.bool_]:
    """Mark the first photos of each person."""
    chosen = np.zeros(len(people), dtype=bool)
    for person in np.unique(people):
        chosen[np.flatnonzero(people == person)[:PHOTOS_PER_PERSON]] = True
    return chosen


def _check(genuine: Tally, counted: dict[str, Tally]) -> None:
    least = min(one.total for one in counted.values())
    if genuine.total < LEAST_GENUINE or least < LEAST_PAIRS:
        raise InvalidInput(
            "too_few_pairs",
            f"A scale needs {LEAST_GENUINE} pairs of one person and {LEAST_PAIRS} of two. "
            f"The set has {genuine.total} and {least}.",
        )


def _head(result: Calibration, version: str, data_set: str) -> list[str]:
    apart = f", worst of the groups {', '.join(result.groups)}" if result.groups else f", {TOGETHER}"
    pairs = ", ".join(f"{name} {pairs}" for name, pairs in result.strangers.items())
    return [
        f"# pipeline: {result.pipeline}",
        f"# version: {version}",
        f"# provisional: {'no' if result.is_complete else 'yes'}",
        f"# data set: {data_set}{apart}",
        f"# impostor pairs: {pairs}",
        f"# genuine pairs: {result.genuine_pairs}, at most {PHOTOS_PER_PERSON} photos a person",
        f"# points: at least {LEAST_EVENTS} false matches each",
        "# interval: 95 %, by leaving one person out at a time: pairs of one person are not independent",
        "# distance: euclidean, between templates of unit length",
        "distance,log10_fmr,log10_fmr_low,log10_fmr_high,fnmr_percent,fnmr_low,fnmr_high",
    ]


def _rows(result: Calibration) -> list[str]:
    """Write the points with enough false matches."""
    chosen = (result.events >= LEAST_EVENTS) & (result.fmr.value <= _MOST_FMR)
    logs = [np.log10(part[chosen].clip(1e-12)) for part in _parts(result.fmr)]
    shares = [100 * part[chosen] for part in _parts(result.misses)]
    return [
        ",".join([f"{step:.3f}", *(f"{value:.4f}" for value in values)])
        for step, *values in zip(STEPS[chosen], *logs, *shares, strict=True)
    ]


def _parts(curve: Curve) -> tuple[Float64, Float64, Float64]:
    return curve.value, curve.low, curve.high
