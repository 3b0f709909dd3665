"""Pictures drawn on the server as SVG: face boxes over a photo, values with intervals, periods of rules."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django import template

register = template.Library()

# A label stays readable when a 4,000 px photo is shown 800 px wide.
LABEL_SHARE_OF_WIDTH = 0.032
SMALLEST_LABEL_PX = 11.0

CHART_WIDTH = 720
CHART_LEFT = 200
CHART_RIGHT = 560
CHART_ROW = 34
CHART_HEAD = 26
BAR_LEFT = 240  # room for the longest kind of case
BAR_THICKNESS = 18
BAR = 12
PERIODS_LEFT = 300
PERIODS_RIGHT = 690


@register.inclusion_tag("_components/face_boxes.html")
def face_boxes(
    image_url: str, width: int, height: int, faces: Iterable[Mapping[str, Any]], alt: str
) -> dict[str, Any]:
    """Draw numbered boxes over a picture.

    Args:
        image_url: Where the picture is served.
        width: Its width in pixels.
        height: Its height in pixels.
        faces: Mappings with `number`, `x`, `y`, `width`, `height` in pixels of the picture, and optionally
            `url` (the box is a link), `used` (false draws it dashed), `current` (true fills it) and `label`
            (said to screen readers).
        alt: What the picture is, for people who do not see it.
    """
    label = max(SMALLEST_LABEL_PX, LABEL_SHARE_OF_WIDTH * max(width, height))
    boxes = [_box(face, label, width, height) for face in faces]
    picture = {"image_url": image_url, "width": width, "height": height, "alt": alt}
    return {**picture, "boxes": boxes, "label": label}


def _box(face: Mapping[str, Any], label: float, width: int, height: int) -> dict[str, Any]:
    side = label * 1.6
    x = min(max(0.0, face["x"]), width - side)
    y = min(max(0.0, face["y"] - side), height - side)
    badge = {"x": x, "y": y, "side": side, "center_x": x + side / 2, "center_y": y + side / 2}
    return {"used": True, "current": False, "label": "", **face, "badge": badge}


@register.inclusion_tag("_components/whiskers.html")
def whiskers(points: Sequence[Mapping[str, Any]], label: str, limit: float | None = None) -> dict[str, Any]:
    """Draw one row per group: value and 95 % interval on a logarithmic axis.

    Args:
        points: Mappings with `name`, `value`, `low`, `high` (rates above 0 up to 1) and `n`; `value` of None
            draws the words "too few to say". A `low` of 0 is drawn to the left end of the axis.
        label: What is drawn, with its conditions: "FMR at 92, LFW".
        limit: A rate to mark with a dashed line.
    """
    known = [point for point in points if point["value"]]
    rates = [rate for point in known for rate in (point["low"], point["high"], point["value"]) if rate]
    first, last = _decades([*rates, limit] if limit else rates)
    rows = [_row(index, point, first, last) for index, point in enumerate(points)]
    height = CHART_HEAD + CHART_ROW * len(rows)
    return {
        "label": label,
        "rows": rows,
        "ticks": [
            {"x": _x(10.0**decade, first, last), "text": f"1e{decade}"} for decade in range(first, last + 1)
        ],
        "limit": {"x": _x(limit, first, last), "text": f"{limit:g}"} if limit else None,
        "width": CHART_WIDTH,
        "height": height,
        "head": CHART_HEAD,
        "n_x": CHART_RIGHT + 20,
    }


@register.inclusion_tag("_components/periods.html")
def periods(rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """Draw one bar per period: from when until when a version says that a rule holds.

    Args:
        rows: Mappings with `rule`, `version`, `starts_at`, `ends_at` (None: open), `current`, `known_from`
            and `known_until`.
        now: Marked with a dashed line.
    """
    moments = [now, *(one for row in rows for one in (row["starts_at"], row["ends_at"]) if one)]
    first, last = min(moments).year, max(moments).year + 1
    height = CHART_HEAD + CHART_ROW * len(rows) + CHART_HEAD
    step = max(1, (last - first + 7) // 8)
    return {
        "rows": rows,
        "bars": [_period(index, row, first, last) for index, row in enumerate(rows)],
        "ticks": [
            {"x": _at(datetime(year, 1, 1, tzinfo=UTC), first, last), "text": str(year)}
            for year in range(first, last + 1, step)
        ],
        "now_x": _at(now, first, last),
        "width": CHART_WIDTH,
        "height": height,
        "foot": height - 4,
        "head": CHART_HEAD,
        "thick": BAR,
        "half": BAR / 2,
    }


def _period(index: int, row: Mapping[str, Any], first: int, last: int) -> dict[str, Any]:
    y = CHART_HEAD + CHART_ROW * index + CHART_ROW / 2
    end = _at(row["ends_at"], first, last) if row["ends_at"] else float(PERIODS_RIGHT)
    start = min(_at(row["starts_at"], first, last), end)
    return {
        "name": f"{row['rule']} (v{row['version']})",
        "current": row["current"],
        "open": row["ends_at"] is None,
        "y": y,
        "top": y - BAR / 2,
        "x": start,
        "end": end,
        "width": max(end - start, 2.0),
    }


def _at(moment: datetime, first: int, last: int) -> float:
    begins, ends = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    share = (moment - begins) / (ends - begins)
    return round(PERIODS_LEFT + (PERIODS_RIGHT - PERIODS_LEFT) * min(max(share, 0.0), 1.0), 1)


def _decades(rates: Sequence[float]) -> tuple[int, int]:
    if not rates:
        return -4, 0
    first, last = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    return first, max(last, first + 1)


def _x(rate: float, first: int, last: int) -> float:
    share = (math.log10(rate) - first) / (last - first) if rate > 0 else 0.0
    return round(CHART_LEFT + (CHART_RIGHT - CHART_LEFT) * min(max(share, 0.0), 1.0), 1)


def _row(index: int, point: Mapping[str, Any], first: int, last: int) -> dict[str, Any]:
    y = CHART_HEAD + CHART_ROW * index + CHART_ROW / 2
    if not point["value"]:
        return {**point, "y": y, "enough": False, "x": CHART_LEFT}
    places = {
        name: _x(point[key], first, last) for name, key in (("x", "value"), ("from", "low"), ("to", "high"))
    }
    return {**point, "y": y, "enough": True, **places}


@register.inclusion_tag("_components/bars.html")
def bars(rows: Sequence[Mapping[str, Any]], label: str, part: str = "") -> dict[str, Any]:
    """Draw one bar a row, from 0 on a linear axis.

    Args:
        rows: Mappings with `name`, `value` (0 or above) and optionally `part`, drawn dark inside the bar.
        label: What is drawn.
        part: What the dark part is, in a word.
    """
    most = max((row["value"] for row in rows), default=0) or 1
    return {
        "label": label,
        "part": part,
        "rows": [_bar(index, row, most) for index, row in enumerate(rows)],
        "left": BAR_LEFT,
        "thickness": BAR_THICKNESS,
        "width": CHART_WIDTH,
        "height": CHART_ROW * len(rows),
    }


def _bar(index: int, row: Mapping[str, Any], most: float) -> dict[str, Any]:
    y = CHART_ROW * index + CHART_ROW / 2
    scale = (CHART_RIGHT - BAR_LEFT) / most
    width = round(row["value"] * scale, 1)
    part = row.get("part", 0)
    places = {"y": y, "top": y - BAR_THICKNESS / 2, "width": width, "after": BAR_LEFT + width + 8}
    return {**row, **places, "part": part, "part_width": round(part * scale, 1)}
