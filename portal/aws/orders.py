"""What a call asks of the domain: the facts that its key carries, since a call can state none."""

from __future__ import annotations

from typing import Any

from compliance.policy.vocabulary import PEOPLE_FINDING
from portal.aws.calls import WireCall
from portal.tenancy import defaults
from recognition.actions.orders import MOST_AT_A_CALL, Order
from recognition.models import Gallery, JobKind

_NEEDED = ("requested_by", "recipient", "subject_class")
_MAY_BE_NONE = frozenset({"recipient"})
_WHERE_THERE_IS_ONE = ("case_reference", "authorization")


def order_of(
    call: WireCall,
    kind: JobKind,
    gallery: Gallery | None = None,
    *,
    threshold: float = 0.0,
    most: int = MOST_AT_A_CALL,
    source: str = "",
) -> Order:
    """Return what a call asks for.

    Args:
        call: Whose key carries purpose, end user and facts.
        kind: Of the work.
        gallery: Of a search or an enrollment.
        threshold: Similarity asked for, 0 to 100.
        most: Candidates a face.
        source: Where what is looked at is from, where it is known; else what the key says of probes.

    Raises:
        Refused: `fact_missing`, the key does not carry what every such call has to state.
    """
    carried = {name: value for name, value in call.key.defaults.items() if value or name in _MAY_BE_NONE}
    facts: dict[str, Any] = defaults.required(carried, *_needed(kind, call.key.purpose))
    facts |= {name: carried[name] for name in _WHERE_THERE_IS_ONE if name in carried}
    if kind is not JobKind.ENROLL:  # of an enrollment the gallery says where its photos are from
        name = "probe_source" if "probe_source" in carried else "image_source"
        facts["probe_source"] = source or defaults.required(carried, name)[name]
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


def _needed(kind: JobKind, purpose: str) -> tuple[str, ...]:
    """Return the facts without which nothing is looked at: who searches for people names a case besides."""
    of_a_case = kind in {JobKind.SEARCH, JobKind.COMPARE} and purpose in PEOPLE_FINDING
    return (*_NEEDED, "case_reference") if of_a_case else _NEEDED
