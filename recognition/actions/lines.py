"""Results as lines of a table or as JSON, made while they are sent; what breaks them off is said at the end.

A file that was cut short must not be taken for a whole one: whoever counts "no candidate" in it would count
photos that nobody looked up.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.common.errors import DomainError
from recognition.actions.age_rows import age_columns

Row = dict[str, Any]
STOPPED: Final = "STOPPED"
# What spreadsheets take as the start of a formula, full-width signs included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_PAIR_NAMES = ("first", "second")
logger = logging.getLogger(__name__)

MEANINGS: Final[Mapping[str, str]] = {
    "item": "Id of the photo or pair in the job. STOPPED: nothing more was handed out; `reason` says why.",
    "position": "Place in the job, from 0.",
    "image": "Id of the photo.",
    "name": "The file's name, as it was uploaded.",
    "sha256": "Digest of the file.",
    "subject": "Whom an enrollment is of.",
    "status": "waiting, done or failed.",
    "reason": "Reason code, where there is one. A failed photo was not looked at: it says nothing.",
    "faces": "Faces found in the photo, used or not.",
    "in_photo": "1, or 2 for a face in a pair's second photo.",
    "face": "Number of the face in its photo.",
    "face_reason": "Why the face was not used.",
    "box_left": "Of the face, in pixels of the upright photo.",
    "box_top": "Likewise.",
    "box_width": "Likewise.",
    "box_height": "Likewise.",
    "confidence": "Detector's score that this is a face, 0 to 1.",
    "size_px": "Shorter side of the face, in pixels.",
    "sharpness": "Of the face: higher is sharper.",
    "brightness": "Of the face, 0 to 255.",
    "sharpness_grade": "Of the face, 0 to 100.",
    "brightness_grade": "Of the face, 0 (black) to 100 (white).",
    "quality_reasons": "Every reason against comparing the face: SMALL_BOUNDING_BOX, EXTREME_POSE, …",
    "yaw": "Degrees the head is turned.",
    "pitch": "Degrees the head is raised or lowered.",
    "roll": "Degrees the head is tilted.",
    "candidate": "Id of a gallery face above the threshold. Not an identification.",
    "rank": "Of the candidate, 1 is the most similar.",
    "candidate_subject": "Whom the gallery face is of.",
    "subject_id": "Their id.",
    "similarity": "0 to 100.",
    "review": "What reviewers made of it: unreviewed, lead, rejected, inconclusive or withdrawn.",
    "age_gap": "Years between both photos, where a person is looked for.",
    "age_in_probe": "Age in the probe; of a pair, in its first photo.",
    "age_enrolled": "Age in the gallery's photo; of a pair, in its second photo.",
    "caution": "What to bear in mind.",
    "outcome": "What became of a lead.",
    "unreviewed": "Candidates of this face left out because nobody judged them.",
    "left_out": "Candidates left out, by what reviewers made of them.",
    "compared": "Of a pair: at_or_above or below the threshold; not_compared, a photo has no usable face, "
    "which is not a no; awaits_review; left_out.",
    "threshold": "Similarity in force when the pair was compared.",
    "fmr": "Share of pairs of different people at or above that threshold, on the calibration data.",
    "fnmr": "Share of pairs of one person below it, likewise.",
    "verification": "Id of what the pair came to. Not an identification.",
    "second_face": "Number of the face in the second photo.",
    "second_image": "Id of the second photo.",
    "second_name": "Its file's name.",
    "second_sha256": "Its digest.",
    "second_reason": "Its reason code.",
    "second_faces": "Faces found in it.",
}
_BOX = ("left", "top", "width", "height")
_MEASURED = ("confidence", "size_px", "sharpness", "brightness", "sharpness_grade", "brightness_grade")
_ANGLES = ("yaw", "pitch", "roll")
FACE_COLUMNS = (
    "in_photo", "faces", *(f"box_{name}" for name in _BOX), *_MEASURED, *_ANGLES, "quality_reasons",
)  # fmt: skip
_OF_PAIR = ("compared", "threshold", "fmr", "fnmr", "second_face")
PAIR_COLUMNS = (*_OF_PAIR, "verification", "second_image", "second_name", "second_sha256", "second_reason",
                "second_faces")  # fmt: skip


@dataclass(frozen=True)
class Stop:
    """That the results end here although there are more."""

    code: str
    sentence: str
    after: int

    @property
    def told(self) -> dict[str, Any]:
        """As data."""
        return {"code": self.code, "detail": self.sentence, "items_before": self.after}


def ended_visibly(rows: Iterable[Row]) -> Iterator[Row | Stop]:
    """Yield rows; where they break off, yield why as the last thing instead of raising.

    A defect of ours is logged, and ends the file as visibly.
    """
    number = 0
    try:
        for row in rows:
            yield row
            number += 1
    except DomainError as error:
        yield Stop(error.code, error.sentence, number)
    except Exception:  # whatever it was: a file that ends without a word would be taken for a whole one
        logger.exception("Results broke off", extra={"items": number})
        yield Stop("interrupted", "Something went wrong while these results were read. Ask again.", number)


def flat(row: Row) -> Iterator[Row]:
    """Yield a line a candidate; a face without one, and a photo without a face, have a line of their own.

    A pair has one line; faces of it that were not compared have one each.
    """
    own = {**row, "item": row["id"], "faces": _number(row, 1)}
    if "pair" in row:
        yield _of_pair(own, row)
    for face in row["faces"]:
        if "pair" not in row:
            yield from _of_face(own, face)
        elif face["index"] != _compared_face(row, face["photo"]):
            yield own | _place(face)
    if not row["faces"] and "pair" not in row:
        yield own


class CsvLines:
    """Writes lines of a table one at a time, each ready to be sent."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Take the columns, in order."""
        self._written = ""
        self._writer = csv.writer(self)
        self._columns = tuple(columns)

    def write(self, text: str) -> None:
        """Take what the writer made of a line."""
        self._written = text

    def head(self) -> str:
        """Return the line of column names."""
        return self._line(self._columns)

    def line(self, values: Mapping[str, Any]) -> str:
        """Return one line; what is not there stays empty."""
        return self._line([harmless(values.get(name, "")) for name in self._columns])

    def table(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Yield the line of column names, then one line a row."""
        yield self.head()
        yield from map(self.line, rows)

    def stopped(self, stop: Stop, *, sentence: str) -> str:
        """Return the line that ends a table that is not complete.

        Args:
            stop: Why it ends.
            sentence: The column that says it in a sentence.
        """
        return self.line({"item": STOPPED, "reason": stop.code, sentence: stop.sentence})

    def _line(self, cells: Iterable[Any]) -> str:
        self._writer.writerow(cells)
        return self._written


def json_line(value: Mapping[str, Any]) -> str:
    """Return one line of JSON."""
    return json.dumps(value, ensure_ascii=False) + "\n"


def harmless(value: Any) -> Any:
    """Keep a name from being run as a formula by the program that opens the file; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _number(row: Row, photo: int) -> int:
    return sum(face["photo"] == photo for face in row["faces"])


def _of_face(own: Row, face: Row) -> Iterator[Row]:
    at = own | _place(face) | {"left_out": _counts(face.get("left_out", {}))}
    for one in face["candidates"]:
        yield at | {
            "candidate": one["id"],
            "rank": one["rank"],
            "candidate_subject": one["subject"],
            "subject_id": one["subject_id"],
            "similarity": one["similarity"],
            "review": one["review"],
            "outcome": one["outcome"],
            **age_columns(one),
        }
    if not face["candidates"]:
        yield at


def _place(face: Row) -> Row:
    quality, pose = face["quality"], face["quality"].get("pose") or {}
    box = {f"box_{name}": face["box"][name] for name in _BOX}
    measured = {name: quality.get(name, "") for name in _MEASURED}
    angles = {name: pose.get(name, "") for name in _ANGLES}
    told = {"in_photo": face["photo"], "face": face["index"], "face_reason": face["reason"]}
    told |= {"quality_reasons": " ".join(quality.get("reasons", ())), "unreviewed": face["unreviewed"]}
    return {**told, **box, **measured, **angles}


def _of_pair(own: Row, row: Row) -> Row:
    pair = row["pair"]
    second = {f"second_{name}": value for name, value in pair["second"].items()}
    told = {
        name: "" if pair[name] is None else pair[name] for name in ("compared", "threshold", "fmr", "fnmr")
    }
    others = ("similarity", "second_face", "review", "outcome")
    told |= {name: "" if pair[name] is None else pair[name] for name in others}
    compared = next((f for f in row["faces"] if f["photo"] == 1 and f["index"] == pair["face"]), None)
    place = _place(compared) if compared else {}
    ages = age_columns(pair, _PAIR_NAMES)
    return {**own, **place, **told, **second, **ages, "verification": pair["id"] or ""}


def _compared_face(row: Row, photo: int) -> int | None:
    found: int | None = row["pair"]["face" if photo == 1 else "second_face"]
    return found


def _counts(left_out: Mapping[str, int]) -> str:
    return "; ".join(f"{count} {status}" for status, count in left_out.items())
