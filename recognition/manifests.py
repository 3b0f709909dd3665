"""A manifest: a table that says whom each file shows, what it is compared with, and when it was taken.

Spreadsheets write tables in many ways: commas, semicolons, tabs; UTF-8 with and without mark, UTF-16,
Windows. All are read. A line that says nothing usable is named with its number, and the others count.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from portal.common.errors import InvalidInput
from recognition import ages

NAME = "manifest.csv"
MOST_LINES = 50_000
_MOST_ROWS = 1_048_576  # of a whole sheet: spreadsheets write the empty ones at its end as well
_MOST_COLUMNS = 100
LONGEST_SUBJECT = 200
LONGEST_NAME = 255  # characters of a file's name that are stored: the last ones
_LONGEST = 20_000_000  # bytes: 50,000 lines of 400
_DELIMITERS = (",", ";", "\t", "|")
_CALLED = {
    "path": ("path", "file", "filename", "photo", "image", "first", "first_path"),
    "subject": ("subject", "person", "name"),
    "second": ("second", "second_path", "other", "path2", "path_2"),
    "taken": ("taken_on", "taken", "date"),
}
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True)
class Line:
    """What one line says of a file.

    Attributes:
        number: Of the line, as an editor counts.
        path: Of the file in the upload.
        subject: Whom it shows.
        second: The file it is compared with.
        taken: Day or year it was taken: `2019-03-07` or `2019`.
    """

    number: int
    path: str
    subject: str = ""
    second: str = ""
    taken: str = ""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{NAME} line {self.number}"


@dataclass
class Manifest:
    """What a manifest says.

    Attributes:
        lines: Those that say something usable.
        bad: Those that do not, by place and reason code.
        folder: Where it lies in the upload, with a slash at the end: its paths begin there.
    """

    lines: list[Line] = field(default_factory=list)
    bad: list[dict[str, str]] = field(default_factory=list)
    folder: str = ""

    def line_of(self, name: str) -> Line | None:
        """Return the line that names a file, if one does."""
        return self.by_path.get(self.within(name))

    def names(self, name: str) -> bool:
        """Whether a line names a file, on either side of a pair."""
        return self.within(name) in self.paths

    def found_in(self, names: Container[str], path: str) -> str:
        """Return under which name a file of a line came in; empty where it did not.

        Args:
            names: Of what came in, as they are stored: the last characters, they tell most.
            path: As the line has it.
        """
        called = (f"{self.folder}{path}"[-LONGEST_NAME:], path[-LONGEST_NAME:])
        return next((name for name in called if name in names), "")

    def within(self, name: str) -> str:
        """Return a file's name as the manifest has it."""
        return name.removeprefix(self.folder)

    @cached_property
    def by_path(self) -> dict[str, Line]:
        """The first line of each file."""
        return {line.path: line for line in reversed(self.lines)}

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every file that a line names."""
        return frozenset(path for line in self.lines for path in (line.path, line.second) if path)


def read(data: bytes, *, pairs: bool = False, folder: str = "") -> Manifest:
    """Read a manifest.

    Args:
        data: The file.
        pairs: Each line names two files; else each file is named once.
        folder: Where it lies in the upload, with a slash at the end.

    Raises:
        InvalidInput: `manifest_format`, it is no table, lacks its columns, or is too long.
    """
    rows = _rows(data)
    columns = _columns(next(rows, (0, []))[1], ("path", "second") if pairs else ("path", "subject"))
    made, seen = Manifest(folder=folder), set()
    for number, cells in rows:
        if number > _MOST_ROWS:
            raise _too_long()
        if not any(map(str.strip, cells)):
            continue
        if len(made.lines) + len(made.bad) >= MOST_LINES:
            raise _too_long()
        line = _line(number, cells, columns)
        if reason := _why_not(line, cells, columns, pairs=pairs) or ("manifest_twice" * (line.path in seen)):
            made.bad.append({"name": f"{line.place}: {line.path}"[:255], "reason": reason})
            continue
        made.lines.append(line)
        if not pairs:
            seen.add(line.path)
    return made


def _too_long() -> InvalidInput:
    return InvalidInput("manifest_format", f"{NAME} has more than {MOST_LINES:,} lines. Split it.")


def tidy(text: str) -> str:
    """Return a name as it can be stored and shown: composed, and what is no printable sign is marked."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in composed)


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    if len(data) > _LONGEST:
        raise InvalidInput("manifest_format", f"{NAME} is longer than {_LONGEST // 10**6} MB. Split it.")
    text = _decoded(data)
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=_delimiter(text))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        sentence = f"{NAME} is damaged at line {reader.line_num}: a cell is too long, or a quote never ends."
        raise InvalidInput("manifest_format", sentence) from None


def _decoded(data: bytes) -> str:
    """Return the text, in the encoding that its mark names; without one UTF-8, else that of Windows."""
    marked = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(marked)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace") if marked == "utf-8" else data.decode(marked, "replace")


def _delimiter(text: str) -> str:
    """Return the sign that parts the column names; a comma where there is one column."""
    head = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=head.count)


def _columns(head: list[str], needed: tuple[str, str]) -> dict[str, int]:
    names = [re.sub(r"[\s\-]+", "_", tidy(cell.strip()).lower()) for cell in head[:_MOST_COLUMNS]]
    called = {name: place for place, name in reversed(list(enumerate(names)))}
    found = {
        name: next(called[one] for one in known if one in called)
        for name, known in _CALLED.items()
        if any(one in called for one in known)
    }
    if missing := [name for name in needed if name not in found]:
        shown = {"second": "second path"}
        named = " and ".join(shown.get(name, name) for name in missing)
        raise InvalidInput("manifest_format", f"{NAME} lacks a column in its first line: {named}.")
    return found


def _line(number: int, cells: list[str], columns: dict[str, int]) -> Line:
    # Only these are made tidy: a file of 15 MB may have as many cells.
    values = {name: tidy(cells[place].strip()) for name, place in columns.items() if place < len(cells)}
    for name in ("path", "second"):
        values[name] = values.get(name, "").replace("\\", "/").removeprefix("./")
    return Line(number, **values)


def _why_not(line: Line, cells: list[str], columns: dict[str, int], *, pairs: bool) -> str:
    """Return why a line says nothing usable; nothing where it does."""
    if len(cells) <= columns["path"] or not line.path:
        return "manifest_path"
    if pairs and not line.second:
        return "manifest_second"
    if pairs and line.second == line.path:
        return "pair_of_itself"
    if not pairs and not line.subject:
        return "manifest_subject"
    if len(line.subject) > LONGEST_SUBJECT:
        return "manifest_subject"
    return "" if _is_date(line.taken) else "manifest_date"


def _is_date(text: str) -> bool:
    try:
        return not text or bool(ages.span(text))
    except ValueError:
        return False
