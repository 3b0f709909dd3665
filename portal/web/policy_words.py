"""Policy versions and their rules in words, for officers and the public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from compliance.conditions import conditions
from compliance.models import PolicyVersionRecord
from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.rules import Kind, PolicyVersion, Rule
from portal.web.templatetags.countenance import words

_TITLES = {
    Kind.MORATORIUM: "Moratoria",
    Kind.EXEMPTION: "Exemptions",
    Kind.LAW: "Laws",
    Kind.SWITCH: "Switched off for everybody",
    Kind.FLOOR: "Floors, reviews and budgets",
    Kind.BASELINE: "What is allowed at all",
    Kind.STANDING: "Standing",
}


def status_of(record: PolicyVersionRecord, records: Sequence[PolicyVersionRecord], now: datetime) -> str:
    """Return where a version stands among those of its pack."""
    if record.withdrawn_at:
        return "withdrawn"
    if record.published_at > now:
        return "scheduled"
    later = [one for one in records if one.pack == record.pack and one.number > record.number]
    if any(one.published_at <= now and not one.withdrawn_at for one in later):
        return "superseded"
    shipped = record.recorded_by.startswith("system:")
    return "in_force" if record.ratified_at or shipped else "in_force_unratified"


def grouped(version: PolicyVersion) -> list[dict[str, Any]]:
    """Return the rules of a version by kind, in the order that people ask for them."""
    groups = [
        {"title": title, "rules": [rule_row(rule) for rule in version.rules if rule.kind is kind]}
        for kind, title in _TITLES.items()
    ]
    return [group for group in groups if group["rules"]]


def rule_row(rule: Rule) -> dict[str, Any]:
    """Return one rule in words."""
    return {
        "id": rule.id,
        "sentence": rule.sentence,
        "effect": rule.effect,
        "from": rule.period.starts_at,
        "until": rule.period.ends_at,
        "source": rule.source.document,
        "source_dated": rule.source.dated_on,
        "source_url": rule.source.address if rule.source.address.startswith("https://") else "",
        "source_says": rule.source_says,
        "our_reading": rule.our_reading,
        "remedy": rule.remedy,
        "lifts": sorted(rule.lifts),
        "scope": [_condition(one.dimension, one.words) for one in rule.scope],
        "obligations": conditions(rule.obligations),
    }


def _condition(dimension: str, wanted: frozenset[str]) -> dict[str, str]:
    told = ", ".join(words(one) if one.islower() else one for one in sorted(wanted))
    label = DIMENSIONS[dimension].label
    return {"key": label[:1].upper() + label[1:], "value": told}


def changes(version: PolicyVersion, records: Sequence[PolicyVersionRecord]) -> list[str]:
    """Return how a version differs from the one before it, rule by rule."""
    earlier = [one for one in records if one.number < version.number]
    if not earlier:
        return []
    before = {rule.id: rule for rule in earlier[-1].version.rules}
    after = {rule.id: rule for rule in version.rules}
    added = [f"Adds {name}." for name in after if name not in before]
    removed = [f"Drops {name}." for name in before if name not in after]
    kept = [name for name in after if name in before and after[name] != before[name]]
    changed = [f"Changes {name}: {after[name].sentence}" for name in kept]
    return [*changed, *added, *removed]
