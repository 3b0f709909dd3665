"""Exported results as lines of CSV or JSON, made while they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from portal.web import sentences
from recognition.actions.age_rows import AGE_COLUMNS
from recognition.actions.exports import Export
from recognition.actions.lines import (
    FACE_COLUMNS,
    MEANINGS,
    PAIR_COLUMNS,
    CsvLines,
    Stop,
    ended_visibly,
    flat,
    json_line,
)

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
    *FACE_COLUMNS,
    *PAIR_COLUMNS,
)
_CALLED: Final = {
    "name": "photo",
    "status": "item_status",
    "candidate_subject": "subject",
    "review": "candidate_status",
}
_OWN: Final = {
    "export": "Id of this export.",
    "ruling": "Id of the ruling that it was read under.",
    "meaning": "What the similarity says, and what it does not.",
}


def columns() -> list[dict[str, str]]:
    """Return what each column means, in order."""
    named = {own: MEANINGS[name] for name, own in _CALLED.items()}
    return [{"key": name, "value": (_OWN | named).get(name) or MEANINGS[name]} for name in COLUMNS]


def csv_lines(made: Export) -> Iterator[str]:
    """Yield a header, then one line a candidate or pair; a face or photo without any has one of its own."""
    table = CsvLines(COLUMNS)
    yield table.head()
    for row in ended_visibly(made.rows):
        if isinstance(row, Stop):
            yield table.stopped(row, sentence="photo")
            return
        for line in flat(row):
            yield table.line(_renamed(line) | {"export": made.id, "ruling": made.ruling})


def json_lines(made: Export) -> Iterator[str]:
    """Yield one JSON object a photo or pair."""
    for row in ended_visibly(made.rows):
        if isinstance(row, Stop):
            yield json_line({"export": made.id, "stopped": row.told})
            return
        for one in _compared(row):
            one["meaning"] = _meaning(one["similarity"])
        yield json_line({"export": made.id, "ruling": made.ruling, **row})


def _compared(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for face in row["faces"]:
        yield from face["candidates"]
    if "pair" in row:
        yield row["pair"]


def _renamed(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line under the names of this file; faces are numbered from 1, as on the screens."""
    own = {_CALLED.get(name, name): value for name, value in line.items() if name != "subject"}
    for name in ("face", "second_face"):
        if isinstance(own.get(name), int):
            own[name] += 1
    return own | {"meaning": _meaning(line.get("similarity"))}


def _meaning(similarity: Any) -> str:
    return sentences.meaning(similarity) if isinstance(similarity, int | float) else ""
