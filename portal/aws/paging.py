"""Pages of lists. A token is good for the list it was given out for, to whoever may have that list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core import signing
from django.db.models import QuerySet

from portal.aws.calls import WireCall
from portal.common.errors import InvalidInput

USUAL = 1000  # where a call does not say how many, or says 0


def page(
    call: WireCall,
    rows: QuerySet[Any, Any],
    *,
    of: object = "",
    key: Callable[[Any], Any] = lambda row: row.pk,
    usual: int = USUAL,
) -> tuple[Sequence[Any], str | None]:
    """Return one page of rows in the order of their ids, with the token of the next; in the scope in force.

    Args:
        call: With `MaxResults` and `NextToken`.
        rows: All that may be listed.
        of: What the list is of besides its operation: of which collection, with which conditions.
        key: The id of a row.
        usual: So many where the call does not say.

    Raises:
        InvalidInput: `bad_token`.
    """
    size = call.get("MaxResults") or usual
    signer = signing.Signer(salt=_salt(call, of))
    if token := call.get("NextToken"):
        rows = rows.filter(pk__gt=_after(signer, token))
    found = list(rows.order_by("pk")[: size + 1])
    shown = found[:size]
    return shown, signer.sign(str(key(shown[-1]))) if len(found) > size else None


def _salt(call: WireCall, of: object) -> str:
    """Bind a token to organization, purpose, operation and list: any other is as good as made up."""
    return f"rekognition:{call.organization.pk}:{call.actor.purpose}:{call.operation}:{of}"


def _after(signer: signing.Signer, token: str) -> str:
    try:
        return signer.unsign(token)
    except signing.BadSignature:
        sentence = "This token was not given out for this list. Start again without one."
        raise InvalidInput("bad_token", sentence, field="NextToken") from None
