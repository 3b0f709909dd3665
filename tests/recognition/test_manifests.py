"""Manifests as spreadsheets really write them; every line that says nothing usable is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import InvalidInput
from recognition import manifests

HEAD = "path,subject\n"


def lines(text: str | bytes, **options) -> list[tuple]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(line.path, line.subject) for line in manifests.read(data, **options).lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_manifest_is_read_in_the_encoding_it_was_saved_in(encoding):
    assert lines("path,subject\na.png,Zoë Müller\n".encode(encoding)) == [("a.png", "Zoë Müller")]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_columns_are_parted_by_whatever_the_spreadsheet_uses(sign):
    text = f"Photo{sign}Person\na.png{sign}Anna\n"
    assert lines(text) == [("a.png", "Anna")]


def test_columns_are_known_by_their_names_in_any_order():
    text = "Taken on,SUBJECT,notes,path\n2019,Anna,x,a.png\n"
    [line] = manifests.read(text.encode()).lines
    assert (line.path, line.subject, line.taken) == ("a.png", "Anna", "2019")


def test_a_quoted_name_may_hold_the_sign_and_a_line_break_and_lines_are_counted_right():
    text = 'path,subject\n"a.png","Lee,\nAnna"\nb.png,\n'
    made = manifests.read(text.encode())
    assert made.lines[0].subject == "Lee,\ufffdAnna"
    assert made.bad == [{"name": "manifest.csv line 4: b.png", "reason": "manifest_subject"}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Anna", "manifest_path"),
        ("a.png,", "manifest_subject"),
        ("a.png", "manifest_subject"),
        (f"a.png,{'x' * 201}", "manifest_subject"),
        ("a.png,Anna,2019-13-01", "manifest_date"),
        ("a.png,Anna,soon", "manifest_date"),
        ("ok.png,Anna", "manifest_twice"),
    ],
)
def test_a_line_that_says_nothing_usable_is_named_by_its_number(line, reason):
    made = manifests.read(f"path,subject,taken_on\nok.png,Anna\n\n{line}\n".encode())
    assert [one["reason"] for one in made.bad] == [reason]
    assert made.bad[0]["name"].startswith("manifest.csv line 4")
    assert len(made.lines) == 1


def test_a_manifest_of_pairs_names_two_files_a_line_and_a_file_in_several():
    text = "path,second path\na.png,b.png\na.png,c.png\na.png,a.png\na.png,\n"
    made = manifests.read(text.encode(), pairs=True)
    assert [(line.path, line.second) for line in made.lines] == [("a.png", "b.png"), ("a.png", "c.png")]
    assert [one["reason"] for one in made.bad] == ["pair_of_itself", "manifest_second"]


@pytest.mark.parametrize(
    ("text", "pairs", "lacks"),
    [
        ("path\na\n", False, "subject"),
        ("subject\na\n", False, "path"),
        ("path,subject\n", True, "second path"),
    ],
)
def test_a_manifest_without_its_columns_says_which(text, pairs, lacks):
    with pytest.raises(InvalidInput, match=f"lacks a column in its first line: {lacks}"):
        manifests.read(text.encode(), pairs=pairs)


def test_windows_paths_are_paths():
    assert lines(HEAD + ".\\anna\\1.jpg,Anna\n") == [("anna/1.jpg", "Anna")]


def test_a_manifest_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(manifests, "MOST_LINES", 3)
    with pytest.raises(InvalidInput, match="more than 3 lines"):
        manifests.read((HEAD + "a.png,Anna\n" * 4).encode())


@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_at_all_break_the_reading(noise, pairs):
    for data in (noise, b"path,subject,second\n" + noise):
        try:
            manifests.read(data, pairs=pairs)
        except InvalidInput as error:
            assert error.code == "manifest_format"  # noqa: PT017 - or nothing at all


@pytest.mark.parametrize("row", ["\n", ",\n"], ids=["blank", "empty cells"])
def test_empty_rows_behind_the_last_photo_do_not_count_but_no_sheet_has_more_than_a_million(row):
    some = HEAD + "a.png,Anna\n" + row * 60_000
    assert lines(some) == [("a.png", "Anna")]
    with pytest.raises(InvalidInput, match="manifest_format"):
        lines(HEAD + row * 1_100_000)


def test_columns_far_to_the_right_are_not_looked_for():
    with pytest.raises(InvalidInput, match="manifest_format"):
        lines("path" + ",x" * 200 + ",subject\na.png\n")
