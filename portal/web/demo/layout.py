"""Sections, aligned tables and wrapped lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 110
_GAP = "  "


def section(title: str) -> list[str]:
    """Return the heading of a section, with an empty line before it."""
    return ["", title.upper(), "=" * len(title)]


def wrapped(text: str) -> list[str]:
    """Return a paragraph in lines."""
    return textwrap.wrap(text, WIDTH)


def labelled(label: str, text: str) -> list[str]:
    """Return text behind a label, its further lines under its first word."""
    head = f"  {label:<10}"
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return an aligned table; columns of numbers are aligned to the right."""
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(map(_is_number, column[1:])) for column in columns]
    lines = [headings, ["-" * width for width in widths], *rows]
    return [_GAP.join(map(_cell, line, widths, right)).rstrip() for line in lines]


def _cell(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).replace(",", "").isdigit()
