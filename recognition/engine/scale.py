"""Distances between templates as similarity, 0 to 100, and what a similarity means in error rates.

With L = -log10 of the false match rate: similarity is 32 L up to L = 2.5, then 80 + 7.6 (L - 2.5) up to
L = 5, then 99 + (L - 5), and ends at 99.5. So 80 stands for one false match in 316 comparisons and 99 for
one in 100,000, whatever net measured the distance.

A scale is a table of one pipeline, shipped in `scales/` or made by `recognition.engine.calibration`; its head
says where it is from. The shipped ones are provisional: measured over all groups together, with false match
rates multiplied by 4.8, the most by which women's were found above them (docs/decisions/0116-scale.md).
Below the lowest rate that a scale's data carry it is drawn on and says so. Needs numpy only.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from portal.common.errors import InvalidInput
from recognition.engine.catalog import models_home
from recognition.engine.types import Float32

Float64 = NDArray[np.float64]

DEFAULT_PIPELINE = "dlib-resnet-v1/blazeface/mesh5/mirror/1"

_TAIL_POINTS = 4  # nearest points whose straight line draws the scale on

# Similarity at these values of L = -log10 FMR; straight between them.
_L = np.array([0.0, 2.5, 5.0, 5.5])
_SIMILARITY = np.array([0.0, 80.0, 99.0, 99.5])
HIGHEST = 99.5

_SCALES = Path(__file__).parent / "scales"  # shipped; calibrated ones lie in `scales` among the models


@dataclass(frozen=True, slots=True)
class Range:
    """A rate, 0 to 1, and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """A measured relation between distance and error rates, ascending in distance.

    Attributes:
        version: Names the data and the rules behind it.
        provisional: Not measured group by group; screens say so.
        data_set: What was measured, for people.
        reaches: The highest similarity that the data carry; above it the scale is drawn on.
        distances: Euclidean, between unit-length templates.
        safety: L = -log10 FMR at each distance, of the worst group, falling.
        sure: L at the ends of its 95 % interval, shape (2, N): of the lowest rate, of the highest.
        misses: Share of true persons farther apart than each distance (FNMR), 0 to 1.
        misses_between: Its 95 % interval, shape (2, N).
    """

    version: str
    provisional: bool
    data_set: str
    reaches: float
    distances: Float64
    safety: Float64
    sure: Float64
    misses: Float64
    misses_between: Float64


@cache
def scale_of(pipeline: str = DEFAULT_PIPELINE) -> Scale:
    """Return a pipeline's scale: one calibrated on this machine, else the shipped one.

    Raises:
        InvalidInput: `no_scale`, when that pipeline was never calibrated.
    """
    name = f"{pipeline.replace('/', '_')}.csv"
    for folder in (models_home() / "scales", _SCALES):
        if (folder / name).is_file():
            return _with_tail(_table(folder / name))
    raise InvalidInput(
        "no_scale",
        f"Similarity was never calibrated for {pipeline}. `manage.py models calibrate` does it.",
        field="model",
    )


def similarity(distance: float, pipeline: str = DEFAULT_PIPELINE) -> float:
    """Return the similarity, 0 to 99.5, of two templates at a euclidean distance of 0 to 2."""
    return float(similarities(np.array([distance], np.float32), pipeline)[0])


def similarities(distances: Float32, pipeline: str = DEFAULT_PIPELINE) -> Float64:
    """Return the similarity, 0 to 99.5, for every distance; same shape."""
    scale = scale_of(pipeline)
    safety = np.interp(distances, scale.distances, scale.safety)
    return np.asarray(np.interp(safety, _L, _SIMILARITY), dtype=np.float64)


def distance(similarity: float, pipeline: str = DEFAULT_PIPELINE) -> float:
    """Return the largest distance whose similarity is at least the one given.

    Nothing is more similar than 99.5: above it the distance is 0, which only equal templates have.

    Raises:
        InvalidInput: `threshold_range`, outside 0 to 100.
    """
    _check(similarity)
    if similarity > HIGHEST:
        return 0.0
    if similarity == 0:
        return 2.0
    scale = scale_of(pipeline)
    return float(np.interp(-_safety(similarity), -scale.safety, scale.distances))


def fmr(similarity: float) -> float:
    """Return the false match rate per comparison at a threshold: the share of strangers at or above it.

    It is stated for the group with the most false matches. Above 99.5 it stays at that of 99.5.

    Raises:
        InvalidInput: `threshold_range`, outside 0 to 100.
    """
    _check(similarity)
    return float(10 ** -_safety(similarity))


def fmr_range(similarity: float, pipeline: str = DEFAULT_PIPELINE) -> Range:
    """Return the false match rate at a threshold with its 95 % interval on the scale's data.

    Raises:
        InvalidInput: `threshold_range`, outside 0 to 100; `no_scale`.
    """
    scale, place = scale_of(pipeline), distance(similarity, pipeline)
    low, high = (float(10 ** -np.interp(place, scale.distances, sure)) for sure in scale.sure)
    return Range(fmr(similarity), low, high)


def fnmr(similarity: float, pipeline: str = DEFAULT_PIPELINE) -> float:
    """Return the share of true persons a threshold misses, 0 to 1, on the scale's data.

    Raises:
        InvalidInput: `threshold_range`, outside 0 to 100.
    """
    scale = scale_of(pipeline)
    return float(np.interp(distance(similarity, pipeline), scale.distances, scale.misses))


def fnmr_range(similarity: float, pipeline: str = DEFAULT_PIPELINE) -> Range:
    """Return the share of true persons missed with its 95 % interval; raises like `fmr_range`."""
    scale, place = scale_of(pipeline), distance(similarity, pipeline)
    low, high = (float(np.interp(place, scale.distances, share)) for share in scale.misses_between)
    return Range(fnmr(similarity, pipeline), low, high)


def expected_false_candidates(similarity: float, gallery_size: int) -> float:
    """Return how many strangers a search is expected to bring up in a gallery of that many faces."""
    return fmr(similarity) * gallery_size


def threshold_for_budget(budget: float, gallery_size: int) -> float:
    """Return the lowest similarity at which a search brings up no more strangers than the budget.

    A budget below what the scale reaches gives 99.5, its end.

    Args:
        budget: Expected false candidates per search, above 0.
        gallery_size: Faces in the gallery.

    Raises:
        InvalidInput: `budget_range`, when the budget is not above 0.
    """
    if budget <= 0:
        raise InvalidInput("budget_range", "The budget has to be above 0.", field="budget")
    safety = np.log10(max(gallery_size, 1) / budget)
    return float(np.interp(safety, _L, _SIMILARITY))


def _check(similarity: float) -> None:
    if not 0 <= similarity <= 100:  # noqa: PLR2004 - the scale's ends; also refuses what is not a number
        raise InvalidInput("threshold_range", "Similarity runs from 0 to 100.", field="threshold")


def _safety(similarity: float) -> float:
    return float(np.interp(similarity, _SIMILARITY, _L))


def _table(path: Path) -> Scale:
    lines = path.read_text().splitlines()
    head = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    columns = np.array([[float(value) for value in row.values()] for row in reader]).T
    distances, fmr, fmr_low, fmr_high, missed, missed_low, missed_high = columns
    return Scale(
        head["version"],
        head["provisional"] == "yes",
        head["data set"],
        float(np.interp(-fmr[0], _L, _SIMILARITY)),
        distances,
        -fmr,
        -np.stack([fmr_low, fmr_high]),
        missed / 100,
        np.stack([missed_low, missed_high]) / 100,
    )


def _with_tail(table: Scale) -> Scale:
    """Draw the scale on, in the slope of its nearest points, to where it ends at 99.5, and close it at 2."""
    slope = np.polyfit(table.distances[:_TAIL_POINTS], table.safety[:_TAIL_POINTS], 1)[0]
    end = table.distances[0] + min((_L[-1] - table.safety[0]) / slope, 0)
    safety = _closed(table.safety, _L[-1], _L[-1], 0.0).clip(0, _L[-1])
    # Beyond the data nothing is measured: the interval keeps the width it has at their end.
    widths = [sure - table.safety for sure in table.sure]
    closed = [_closed(width, width[0], width[0], 0.0) for width in widths]
    missed = _missed_at(end, table)
    low, high = table.misses_between
    return Scale(
        table.version,
        table.provisional,
        table.data_set,
        table.reaches,
        np.concatenate([[0.0, end], table.distances, [2.0]]),
        safety,
        np.stack([(safety + width).clip(0) for width in closed]),
        _closed(table.misses, 1.0, missed, 0.0),
        np.stack([_closed(low, low[0], low[0], 0.0), _closed(high, 1.0, 1.0, high[-1])]),
    )


def _closed(values: Float64, first: float, second: float, last: float) -> Float64:
    return np.concatenate([[first, second], values, [last]])


def _missed_at(distance: float, table: Scale) -> float:
    slope = np.polyfit(table.distances[:_TAIL_POINTS], table.misses[:_TAIL_POINTS], 1)[0]
    return float(np.clip(table.misses[0] + slope * (distance - table.distances[0]), table.misses[0], 1))
