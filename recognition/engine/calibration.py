"""Makes a similarity scale from labeled templates: false matches of the worst group, true persons missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from portal.common.errors import InvalidInput
from recognition.engine.catalog import models_home
from recognition.engine.scale import LEAST_EVENTS, scale_of
from recognition.engine.types import Float32

Counts = NDArray[np.int64]
Labels = NDArray[np.str_]

# Distances at which rates are counted: the scale's useful range in steps finer than its slope needs.
STEPS = np.round(np.arange(0.15, 1.2, 0.015), 3)
# A group with fewer pairs of strangers cannot show a false match rate of 1 in 1,000 with 30 events.
LEAST_PAIRS = 30_000
LEAST_GENUINE = 300
# 30 false matches at a rate of 1 in 100,000, where similarity is 99.
FULL_PAIRS = 3_000_000
# Somebody photographed a hundred times would otherwise outweigh a thousand people.
PHOTOS_PER_PERSON = 5
_HIGHEST_LOG10_FMR = -0.05  # nine of ten strangers: no threshold lies beyond
_BLOCK = 1_024


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Rates counted on a labeled set.

    Attributes:
        pipeline: Whose templates were counted.
        log10_fmr: At each of STEPS, of the group with the most false matches there; -inf where none.
        misses: Share of genuine pairs at that distance or farther, 0 to 1.
        impostor_pairs: Of the smallest group that was counted.
        genuine_pairs: Counted over all groups.
        groups: The groups that had enough pairs; empty when all were counted together.
    """

    pipeline: str
    log10_fmr: NDArray[np.float64]
    misses: NDArray[np.float64]
    impostor_pairs: int
    genuine_pairs: int
    groups: tuple[str, ...]


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
    genuine = _counts(templates[few], people[few], people[few], same=True)
    strangers = {
        str(group): _counts(templates[labels == group], people[labels == group], labels[labels == group])
        for group in np.unique(labels[labels != ""])
    }
    counted = {group: counts for group, counts in strangers.items() if counts[-1] >= LEAST_PAIRS}
    tables = list(counted.values()) or [_counts(templates, people, np.full(len(people), ""))]
    _check(genuine, tables)
    with np.errstate(divide="ignore"):
        log10_fmr = np.log10(np.max([table[:-1] / table[-1] for table in tables], axis=0))
    misses = 1 - genuine[:-1] / genuine[-1]
    pairs = int(min(table[-1] for table in tables))
    return Calibration(pipeline, log10_fmr, misses, pairs, int(genuine[-1]), tuple(counted))


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


def _counts(templates: Float32, people: Labels, within: Labels, *, same: bool = False) -> Counts:
    """Count the pairs nearer than each step, and all pairs at the end; each pair once.

    Args:
        templates: Shape (N, D).
        people: Person of each.
        within: Pairs count only where this is equal.
        same: Count pairs of one person, else of two.
    """
    counts = np.zeros(len(STEPS) + 1, dtype=np.int64)
    for start in range(0, len(templates), _BLOCK):
        rows = slice(start, start + _BLOCK)
        cosine = templates[rows] @ templates.T
        chosen = (people[rows, None] == people) == same
        chosen &= within[rows, None] == within
        chosen &= np.arange(len(templates)) > np.arange(start, start + len(cosine))[:, None]
        distances = np.sort(np.sqrt((2 - 2 * cosine[chosen]).clip(0)))
        counts += np.append(np.searchsorted(distances, STEPS), len(distances))
    return counts


def _few_of_each(people: Labels) -> NDArray[np.bool_]:
    """Mark the first photos of each person."""
    chosen = np.zeros(len(people), dtype=bool)
    for person in np.unique(people):
        chosen[np.flatnonzero(people == person)[:PHOTOS_PER_PERSON]] = True
    return chosen


def _check(genuine: Counts, tables: list[Counts]) -> None:
    if genuine[-1] < LEAST_GENUINE or min(table[-1] for table in tables) < LEAST_PAIRS:
        raise InvalidInput(
            "too_few_pairs",
            f"A scale needs {LEAST_GENUINE} pairs of one person and {LEAST_PAIRS} of two. "
            f"The set has {genuine[-1]} and {min(table[-1] for table in tables)}.",
        )


def _head(result: Calibration, version: str, data_set: str) -> list[str]:
    apart = ", worst of the groups " + ", ".join(result.groups) if result.groups else ", all groups together"
    complete = len(result.groups) > 1 and result.impostor_pairs >= FULL_PAIRS
    return [
        f"# pipeline: {result.pipeline}",
        f"# version: {version}",
        f"# provisional: {'no' if complete else 'yes'}",
        f"# impostor pairs: {result.impostor_pairs}",
        "# factor on FMR: 1.0",
        "# distance: euclidean, between templates of unit length",
        f"# measured on: {data_set}, {result.genuine_pairs:,} genuine pairs{apart}",
        "distance,log10_fmr,fnmr_percent",
    ]


def _rows(result: Calibration) -> list[str]:
    """Write the points with enough false matches."""
    least = np.log10(LEAST_EVENTS / result.impostor_pairs)
    return [
        f"{step:.3f},{fmr:.4f},{100 * missed:.4f}"
        for step, fmr, missed in zip(STEPS, result.log10_fmr, result.misses, strict=True)
        if least <= fmr <= _HIGHEST_LOG10_FMR
    ]
