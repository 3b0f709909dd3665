import csv
import io
import json

import pytest

from portal.common.errors import Refused
from portal.web import export_lines
from recognition.actions.exports import Export

FACE = {
    "photo": 1,
    "index": 0,
    "box": {"left": 1.5, "top": 2.0, "width": 30.0, "height": 40.0},
    "quality": {"size_px": 30.0, "pose": {"yaw": -12.5, "pitch": 0.0, "roll": 1.0}},
    "reason": "face_too_small",
    "unreviewed": 0,
    "candidates": [],
}
ITEM = {
    "id": "itm_1",
    "name": "=cmd()",
    "sha256": "ab",
    "status": "done",
    "reason": "",
    "subject": "",
    "faces": [],
}


def lines(**item):
    return list(export_lines.csv_lines(Export("exp_1", "rul_1", iter([ITEM | item]))))


def table(written) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(written))))


def stopped():
    """Rows that a rule closes after the first."""
    yield ITEM
    raise Refused("results_closed", "What this may be read under changed.")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_a_name_that_is_a_formula_is_written_as_text(start):
    [row] = table(lines(name=f"{start}cmd()"))
    assert row["photo"] == f"'{start}cmd()"


def test_a_photo_without_faces_has_a_line_of_its_own():
    assert len(lines()) == 2


def test_every_line_has_every_column():
    header, row = lines(faces=[FACE])
    assert header.count(",") == row.count(",")


def test_a_face_is_told_with_its_place_and_quality():
    [row] = table(lines(faces=[FACE]))
    assert (row["face"], row["faces"], row["box_left"], row["yaw"]) == ("1", "1", "1.5", "-12.5")


def test_every_column_is_explained():
    explained = export_lines.columns()
    assert [one["key"] for one in explained] == list(export_lines.COLUMNS)
    assert all(one["value"] for one in explained)


def test_a_table_that_was_stopped_says_so_in_its_last_line():
    *_, last = table(export_lines.csv_lines(Export("exp_1", "rul_1", stopped())))
    assert (last["item"], last["reason"]) == ("STOPPED", "results_closed")
    assert last["photo"] == "What this may be read under changed."


def test_json_lines_that_were_stopped_say_so_in_the_last():
    first, last = export_lines.json_lines(Export("exp_1", "rul_1", stopped()))
    assert json.loads(first)["id"] == "itm_1"
    assert json.loads(last)["stopped"]["code"] == "results_closed"
    assert json.loads(last)["stopped"]["items_before"] == 1


def test_a_defect_of_ours_ends_the_file_as_visibly():
    def broken():
        yield ITEM
        raise ZeroDivisionError

    *_, last = table(export_lines.csv_lines(Export("exp_1", "rul_1", broken())))
    assert (last["item"], last["reason"]) == ("STOPPED", "interrupted")
