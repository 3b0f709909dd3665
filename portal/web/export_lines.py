"""Exported results as lines of CSV or JSON, made while they are sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from portal.web import sentences
from recognition.actions.exports import Export
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
    "meaning",
    "candidate_status",
    "outcome",
    "unreviewed",
    "left_out",
    *AGE_COLUMNS,
)
_NO_CANDIDATE = ("",) * 7
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
        for face in row["faces"]:
            for one in face["candidates"]:
                one["meaning"] = sentences.meaning(one["similarity"])
        yield json.dumps({"export": made.id, "ruling": made.ruling, **row}, ensure_ascii=False) + "\n"


def _flat(row: dict[str, Any]) -> Iterator[list[Any]]:
    item = [row["id"], row["name"], row["sha256"], row["status"], row["reason"]]
    if not row["faces"]:
        yield [*item, "", "", *_NO_CANDIDATE, 0, "", *_NO_AGE]
    for face in row["faces"]:
        at = [*item, face["index"] + 1, face["reason"]]
        others = [face["unreviewed"], _counts(face.get("left_out", {}))]
        if not face["candidates"]:
            yield [*at, *_NO_CANDIDATE, *others, *_NO_AGE]
        for one in face["candidates"]:
            yield [*at, *_named(one), *others, *age_columns(one).values()]


def _named(one: dict[str, Any]) -> list[Any]:
    similarity = one["similarity"]
    meaning = sentences.meaning(similarity)
    return [one["id"], one["rank"], one["subject"], similarity, meaning, one["review"], one["outcome"]]


def _counts(left_out: dict[str, int]) -> str:
    return "; ".join(f"{count} {status}" for status, count in left_out.items())


def _harmless(value: Any) -> Any:
    """Keep a name from being run as a formula by the program that opens the file."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _line(values: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
