"""Pages of a list: a number in the address, one query more to know whether there is a next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 25


@dataclass(frozen=True)
class Page:
    """One page of a list, and the addresses of its neighbors."""

    rows: Sequence[Any]
    number: int
    previous_url: str
    next_url: str


def page_of(request: HttpRequest, rows: QuerySet[Any], *, size: int = PER_PAGE) -> Page:
    """Return the page that the address asks for; what is no number is the first."""
    asked = request.GET.get("page", "")
    number = min(max(int(asked), 1), 10_000) if asked.isdecimal() else 1
    found = list(rows[(number - 1) * size : number * size + 1])
    return Page(
        rows=found[:size],
        number=number,
        previous_url=_address(request, number - 1) if number > 1 else "",
        next_url=_address(request, number + 1) if len(found) > size else "",
    )


def _address(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
