"""Files of an upload as pages list them, with what came or would come of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.web import sentences
from recognition.actions.imports import ACCEPTED

REJECTED_SHOWN = 50


def rejected_rows(rejected: Sequence[Mapping[str, str]], most: int = REJECTED_SHOWN) -> list[dict[str, str]]:
    """Return files that never became items as `_components/file_list.html` takes them."""
    return [file_row(file["name"], file["reason"]) for file in rejected[:most]]


def file_row(name: str, outcome: str, subject: str = "", second: str = "") -> dict[str, str]:
    """Return one file or pair with what came of it."""
    accepted = outcome == ACCEPTED
    shown = f"{name} and {second}" if second else name
    told = f"Shows {subject}." if subject and accepted else "" if accepted else sentences.reason(outcome)
    return {"name": shown, "status": ACCEPTED if accepted else "rejected", "reason": told}


def counts_of(counts: Mapping[str, int], taken: str = "Would be taken") -> list[dict[str, Any]]:
    """Return how many files came to what, in words."""
    return [
        {"key": taken if outcome == ACCEPTED else sentences.reason(outcome), "value": number}
        for outcome, number in counts.items()
    ]
