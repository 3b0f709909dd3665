"""Evaluations as tables: every rule of a preview, and what differs between two."""

from __future__ import annotations

from typing import Any

from compliance.policy.facts import Party
from compliance.policy.ruling import Ruling
from compliance.policy.shorthand import written_out
from compliance.policy.vocabulary import Purpose
from compliance.precheck import Preview
from portal.web import rulings
from portal.web.onboarding.prechecks import tags_of


def evaluations(ruling: Ruling) -> list[dict[str, Any]]:
    """Return the lines of a rule table for a ruling that is stored nowhere. In scope."""
    return rulings.evaluations(written_out(ruling.looked_at), ruling.version or "")


def preview_row(number: int, one: Preview) -> dict[str, Any]:
    """Return one requested line with its evaluation. In scope."""
    party, purpose = one.facts.end_user, one.facts.purpose
    table = evaluations(one.ruling)
    return {
        "number": number,
        "purpose": purpose.label if isinstance(purpose, Purpose) else "",
        "end_user": party.name if isinstance(party, Party) else "Not named",
        "end_user_type": party.type.label if isinstance(party, Party) and party.type else "type not stated",
        "tags": tags_of(one),
        "status": one.status,
        "sentence": one.ruling.sentence,
        "rule": one.ruling.rule_id,
        "exemption": one.exemption.rule_id if one.exemption else "",
        "lacking": [record.label for record in one.lacking],
        "speaking": [line for line in table if line["result"] != "not_applicable"],
        "silent": [line for line in table if line["result"] == "not_applicable"],
    }


def flips(before: Ruling, after: Ruling) -> list[dict[str, Any]]:
    """Return the rules whose result differs, with both results."""
    old = {line["rule"]: line for line in evaluations(before)}
    new = {line["rule"]: line for line in evaluations(after)}
    changed = [name for name in dict.fromkeys([*old, *new]) if _result(old, name) != _result(new, name)]
    return [
        {**(new.get(name) or old[name]), "before": _result(old, name), "after": _result(new, name)}
        for name in changed
    ]


def _result(lines: dict[str, dict[str, Any]], name: str) -> str:
    return str(lines[name]["result"]) if name in lines else "not_applicable"
