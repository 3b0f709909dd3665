"""Pages of lists. A token is good for the list it was given out for, to whoever may have that list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from portal.aws.calls import WireCall
from portal.common.errors import InvalidInput

USUAL = 1000  # where a call does not say how many, or says 0


def page(
    call: WireCall, rows: QuerySet[Any], *, of: object = "", usual: int = USUAL
) -> tuple[Sequence[Any], str | None]:
    """Return one page of rows in the order of their ids, with the token of the next; in the scope in force.

    Args:
        call: With `MaxResults` and `NextToken`.
        rows: All that may be listed.
        of: What the list is of besides its operation: of which collection, with which conditions.
        usual: So many where the call does not say.

    Raises:
        InvalidInput: `bad_token`.
    """

    def read(after: UUID | None, limit: int) -> Sequence[Any]:
        behind = rows if after is None else rows.filter(pk__gt=after)
        return list(behind.order_by("pk")[:limit])

    return paged(call, read, of=of, key=lambda row: row.pk, usual=usual)


def paged(
    call: WireCall,
    read: Callable[[UUID | None, int], Sequence[Any]],
    *,
    of: object,
    key: Callable[[Any], UUID],
    usual: int = USUAL,
) -> tuple[Sequence[Any], str | None]:
    """Return one page of what a function reads; otherwise like `page`.

    Args:
        call: With `MaxResults` and `NextToken`.
        read: Returns at most so many rows behind an id, in the order of their ids.
        of: What the list is of.
        key: The id of a row.
        usual: So many where the call does not say.
    """
    size = call.get("MaxResults") or usual
    signer = signing.Signer(salt=_salt(call, of))
    token = call.get("NextToken")
    found = read(_after(signer, token) if token else None, size + 1)
    shown = found[:size]
    return shown, signer.sign(str(key(shown[-1]))) if len(found) > size else None


def _salt(call: WireCall, of: object) -> str:
    """Bind a token to organization, purpose, operation and list: any other is as good as made up."""
    return f"rekognition:{call.organization.pk}:{call.actor.purpose}:{call.operation}:{of}"


def _after(signer: signing.Signer, token: str) -> UUID:
    try:
        return UUID(signer.unsign(token))
    except signing.BadSignature:
        sentence = "This token was not given out for this list. Start again without one."
        raise InvalidInput("bad_token", sentence, field="NextToken") from None
