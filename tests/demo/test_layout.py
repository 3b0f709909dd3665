"""Tables and lines for a terminal."""

from __future__ import annotations

from portal.web.demo.layout import WIDTH, labelled, section, table


def test_columns_are_aligned_and_numbers_stand_at_the_right() -> None:
    lines = table(("Who", "Photos"), [("Anna", "12"), ("Boris", "3")])
    assert lines == ["Who    Photos", "-----  ------", "Anna       12", "Boris       3"]


def test_a_column_without_rows_has_its_heading() -> None:
    assert table(("Who",), []) == ["Who", "---"]


def test_a_long_sentence_goes_on_under_its_first_word() -> None:
    first, second, *_ = labelled("Remedy", "word " * 40)
    assert first.startswith("  Remedy    word")
    assert second.startswith(" " * 12 + "word")
    assert max(map(len, (first, second))) <= WIDTH


def test_a_section_is_underlined() -> None:
    assert section("Rates") == ["", "RATES", "====="]
