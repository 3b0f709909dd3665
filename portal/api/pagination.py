"""Pages by cursor: `{"items": […], "next": …}`, where `next` is the cursor of the following page or null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from portal.api.authentication import caller_of
from portal.common.errors import InvalidInput

DEFAULT_LIMIT = 50
MOST = 200


def page(
    request: Request,
    rows: QuerySet[Any],
    output: type[serializers.BaseSerializer[Any]],
    *,
    by: str = "pk",
    newest_first: bool = False,
    moment: str = "",
) -> dict[str, Any]:
    """Return one page of rows, in the scope in force.

    Args:
        request: With `?cursor=&limit=`.
        rows: What may be listed.
        output: Serializer of one row.
        by: Field that orders the rows and is unique among them; ids are ordered by time.
        newest_first: Descending.
        moment: A time that orders them before `by` does, which tells rows of one moment apart.

    Raises:
        InvalidInput: `bad_cursor`, `bad_limit`.
    """
    limit, signer = _limit(request), _signer(request)
    names = [moment, by] if moment else [by]
    if cursor := request.query_params.get("cursor"):
        rows = rows.filter(_beyond(names, _after(signer, cursor), "lt" if newest_first else "gt"))
    found = list(rows.order_by(*(f"-{name}" if newest_first else name for name in names))[: limit + 1])
    shown = found[:limit]
    following = [str(getattr(shown[-1], name)) for name in names] if len(found) > limit else None
    return {
        "items": output(shown, many=True).data,
        "next": signer.sign_object(following) if following else None,
    }


def _beyond(names: list[str], last: Any, step: str) -> Q:
    """Return which rows come after the last one of the page before."""
    values = last if isinstance(last, list) else [last]
    if len(values) != len(names):
        raise _bad_cursor()
    *before, by = names
    beyond = Q(**{f"{by}__{step}": values[-1]})
    for name, value in zip(before, values, strict=False):  # bounded apart, so that an index leads there
        beyond = Q(**{f"{name}__{step}e": value}) & (Q(**{f"{name}__{step}": value}) | beyond)
    return beyond


def sliced(request: Request, rows: Sequence[Any]) -> dict[str, Any]:
    """Return one page of rows that are at hand in their order.

    Args:
        request: With `?cursor=&limit=`.
        rows: All of them.

    Raises:
        InvalidInput: `bad_cursor`, `bad_limit`.
    """
    limit, signer = _limit(request), _signer(request)
    cursor = request.query_params.get("cursor")
    start = int(_after(signer, cursor)) if cursor else 0
    end = start + limit
    return {"items": list(rows[start:end]), "next": signer.sign_object(end) if end < len(rows) else None}


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    short = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST))
    if not (short and 1 <= int(text) <= MOST):
        raise InvalidInput("bad_limit", f"A page holds 1 to {MOST} items.", field="limit")
    return int(text)


def _signer(request: Request) -> signing.Signer:
    """Sign for this address and organization: a cursor from elsewhere is as good as a made-up one."""
    return signing.Signer(salt=f"cursor:{caller_of(request).organization.pk}:{request.path}")


def _after(signer: signing.Signer, cursor: str) -> Any:
    try:
        return signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        raise _bad_cursor() from None


def _bad_cursor() -> InvalidInput:
    sentence = "This cursor is not one that was given out here. Start again without one."
    return InvalidInput("bad_cursor", sentence, field="cursor")
