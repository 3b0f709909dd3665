from portal.web import export_lines
from recognition.actions.exports import Export

ITEM = {"id": "itm_1", "name": "=cmd()", "sha256": "ab", "status": "done", "reason": "", "faces": []}


def lines(**item):
    return list(export_lines.csv_lines(Export("exp_1", "rul_1", iter([ITEM | item]))))


def test_a_name_that_is_a_formula_is_written_as_text():
    assert ",'=cmd()," in lines()[1]


def test_a_photo_without_faces_has_a_line_of_its_own():
    assert len(lines()) == 2


def test_every_line_has_every_column():
    face = {"index": 0, "reason": "face_too_small", "unreviewed": 0, "candidates": []}
    header, row = lines(faces=[face])
    assert header.count(",") == row.count(",")
