"""What a call asks of the domain: the facts that its key carries, since a call can state none."""

from __future__ import annotations

from typing import Any

from portal.aws.calls import WireCall
from portal.tenancy import defaults
from recognition.actions.orders import MOST_AT_A_CALL, Order
from recognition.models import Gallery, JobKind

_NEEDED = ("requested_by", "recipient", "subject_class")
_WHERE_THERE_IS_ONE = ("case_reference", "authorization")


def order_of(
    call: WireCall,
    kind: JobKind,
    gallery: Gallery | None = None,
    *,
    threshold: float = 0.0,
    most: int = MOST_AT_A_CALL,
) -> Order:
    """Return what a call asks for.

    Args:
        call: Whose key carries purpose, end user and facts.
        kind: Of the work.
        gallery: Of a search or an enrollment.
        threshold: Similarity asked for, 0 to 100.
        most: Candidates a face.

    Raises:
        Refused: `fact_missing`, the key does not carry what every call has to state.
    """
    carried = call.key.defaults
    facts: dict[str, Any] = defaults.required(carried, *_NEEDED)
    facts |= {name: carried[name] for name in _WHERE_THERE_IS_ONE if name in carried}
    if kind is not JobKind.ENROLL:  # of an enrollment the gallery says where its photos are from
        source = "probe_source" if "probe_source" in carried else "image_source"
        facts["probe_source"] = defaults.required(carried, source)[source]
    return Order(
        kind=kind,
        gallery=gallery,
        purpose=call.key.purpose,
        end_user_id=call.key.end_user_id,
        facts=facts,
        threshold=threshold,
        max_candidates=most,
        budget=carried.get("budget"),
    )
