"""Lists in pages: no list is read to its end, however long it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

SIZE = 25
LAST = 100_000  # beyond it nobody pages by hand, and a huge offset would make the database read for nothing


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and where the rows before and after them are."""

    rows: list[Any]
    number: int
    previous_url: str
    next_url: str

    @property
    def is_only(self) -> bool:
        """Whether this page shows the whole list."""
        return not (self.previous_url or self.next_url)


def page_of(request: HttpRequest, rows: Any, *, size: int = SIZE, parameter: str = "page") -> Page:
    """Return the page of a list that the address asks for.

    One row more than shown is read, which tells whether there is a next page without counting.

    Args:
        request: Its query string names the page; anything that is no number means the first.
        rows: An ordered query set or a sequence.
        size: Rows on a page.
        parameter: Name in the query string, where a screen has more than one list.
    """
    number = _number(request.GET.get(parameter, ""))
    start = (number - 1) * size
    found: Sequence[Any] = list(rows[start : start + size + 1])
    return Page(
        rows=list(found[:size]),
        number=number,
        previous_url=_url(request, parameter, number - 1) if number > 1 else "",
        next_url=_url(request, parameter, number + 1) if len(found) > size else "",
    )


def _number(text: str) -> int:
    return min(max(int(text), 1), LAST) if text.isascii() and text.isdigit() else 1


def _url(request: HttpRequest, parameter: str, number: int) -> str:
    query = request.GET.copy()
    query[parameter] = str(number)
    return f"?{query.urlencode()}"
