"""Pictures drawn on the server."""

from typing import Any

from portal.web.templatetags.drawing import face_boxes, whiskers

FACE = {"number": 1, "x": 300, "y": 200, "width": 100, "height": 120}


def boxes(**face: Any) -> list[dict[str, Any]]:
    drawn = face_boxes("/photo", 960, 640, [FACE | face], "Photo")["boxes"]
    return list(drawn)


def test_a_number_stands_on_top_of_its_box() -> None:
    (box,) = boxes()
    assert box["badge"]["y"] + box["badge"]["side"] == box["y"]


def test_a_number_never_leaves_the_picture() -> None:
    (box,) = boxes(x=955, y=0)
    assert box["badge"]["y"] == 0
    assert box["badge"]["x"] + box["badge"]["side"] <= 960


def test_faces_are_drawn_as_used_unless_said_otherwise() -> None:
    assert [boxes()[0]["used"], boxes(used=False)[0]["used"]] == [True, False]


def test_a_whisker_spans_its_interval() -> None:
    (row,) = whiskers([{"name": "a", "value": 1e-3, "low": 5e-4, "high": 2e-3, "n": 9}], "FMR")["rows"]
    assert row["from"] < row["x"] < row["to"]


def test_too_few_events_are_drawn_as_words() -> None:
    (row,) = whiskers([{"name": "a", "value": None, "low": 0, "high": 0, "n": 3}], "FMR")["rows"]
    assert not row["enough"]


def test_an_interval_that_starts_at_zero_reaches_the_left_end() -> None:
    chart = whiskers([{"name": "a", "value": 1e-3, "low": 0, "high": 2e-3, "n": 9}], "FMR", limit=1e-4)
    assert chart["rows"][0]["from"] == chart["ticks"][0]["x"]
    assert chart["limit"] is not None
