"""Exported results as lines of CSV or JSON, made while they are sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from recognition.actions.results import Export
from recognition.actions.rows import AGE_COLUMNS, age_columns

COLUMNS = (
    "export",
    "ruling",
    "item",
    "photo",
    "sha256",
    "item_status",
    "reason",
    "face",
    "face_reason",
    "candidate",
    "rank",
    "subject",
    "similarity",
    "candidate_status",
    "unreviewed",
    *AGE_COLUMNS,
)
_NO_AGE = ("",) * len(AGE_COLUMNS)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(made: Export) -> Iterator[str]:
    """Yield a header, then one line a candidate; a face or photo without any has one line of its own."""
    yield _line(COLUMNS)
    for row in made.rows:
        for values in _flat(row):
            yield _line([made.id, made.ruling, *map(_harmless, values)])


def json_lines(made: Export) -> Iterator[str]:
    """Yield one JSON object a photo."""
    for row in made.rows:
        yield json.dumps({"export": made.id, "ruling": made.ruling, **row}, ensure_ascii=False) + "\n"


def _flat(row: dict[str, Any]) -> Iterator[list[Any]]:
    item = [row["id"], row["name"], row["sha256"], row["status"], row["reason"]]
    if not row["faces"]:
        yield [*item, "", "", "", "", "", "", "", 0, *_NO_AGE]
    for face in row["faces"]:
        at = [*item, face["index"] + 1, face["reason"]]
        if not face["candidates"]:
            yield [*at, "", "", "", "", "", face["unreviewed"], *_NO_AGE]
        for one in face["candidates"]:
            named = [one["id"], one["rank"], one["subject"], one["similarity"], one["status"]]
            yield [*at, *named, face["unreviewed"], *age_columns(one).values()]


def _harmless(value: Any) -> Any:
    """Keep a name from being run as a formula by the program that opens the file."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _line(values: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
