"""Facts that a key carries for calls that cannot state them: which there are, and what each may be.

Words of the vocabulary are checked where they are chosen and again where they are ruled on; here is what a
value can be at all, so that no key carries what no call could use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.errors import InvalidInput, Refused

LONGEST = 200
LONGEST_RETENTION = 3650  # days, as of a gallery
LEAST_BUDGET, MOST_BUDGET = 0.001, 100.0  # expected false candidates a search


@dataclass(frozen=True)
class Carried:
    """One fact: how people call it, what kind of value it has, whether "none" is an answer."""

    label: str
    kind: type = str
    least: float = 0
    most: float = math.inf
    may_be_none: bool = False


KNOWN: Mapping[str, Carried] = {
    "requested_by": Carried("on whose request it is"),
    "recipient": Carried("who receives the results", may_be_none=True),
    "case_reference": Carried("the case it belongs to", may_be_none=True),
    "subject_class": Carried("who is searched for"),
    "probe_source": Carried("where probe photos come from"),
    "image_source": Carried("where enrolled photos come from"),
    "authorization": Carried("the authorization", dict, may_be_none=True),
    "legal_basis": Carried("the legal basis of collections"),
    "owner": Carried("who answers for collections"),
    "retention_days": Carried("how many days faces are kept", int, 1, LONGEST_RETENTION),
    "budget": Carried("how many false candidates a search may have", float, LEAST_BUDGET, MOST_BUDGET),
    "threshold": Carried("the similarity asked for", float, 0, 100),
    "max_candidates": Carried("how many candidates are asked for", int, 1, 100),
}


def checked(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a new key.

    Raises:
        InvalidInput: `unknown_default`, `bad_default`.
    """
    for name, value in defaults.items():
        known = KNOWN.get(name)
        if known is None:
            raise InvalidInput("unknown_default", f"A key carries no fact called {name}.", field=name)
        if not _fits(known, value):
            raise InvalidInput("bad_default", f"This is no value for {known.label}.", field=name)
    return dict(defaults)


def required(defaults: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return what a key carries of some facts that a call cannot do without.

    Raises:
        Refused: `fact_missing`, with the remedy.
    """
    if missing := [name for name in names if name not in defaults]:
        words = ", ".join(f"{KNOWN[name].label} ({name})" for name in missing)
        raise Refused(
            "fact_missing",
            f"A call of this interface cannot state these facts, and its key does not carry them: {words}.",
            rule="fact_missing",
            remedy="Ask an administrator of your organization for a key that does (Keys, Create a key).",
            missing=missing,
        )
    return {name: defaults[name] for name in names}


def _fits(known: Carried, value: Any) -> bool:
    if value is None:
        return known.may_be_none
    if known.kind is str:
        return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= LONGEST
    if known.kind is dict:
        return isinstance(value, dict)
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = whole or (known.kind is float and isinstance(value, float) and math.isfinite(value))
    return number and known.least <= value <= known.most
