"""Policy versions and their rules in words, for officers and the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from compliance.conditions import conditions
from compliance.documents import difference
from compliance.models import PolicyVersionRecord
from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.rules import Effect, Kind, PolicyVersion, Rule, WhenUndetermined
from compliance.versions import PLATFORM_STOP, Chapter, Life, stop_of
from portal.common.moments import moment_in_words
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


_DONE_TO = {
    Effect.REFUSE: "refuses",
    Effect.REFER: "refers to an officer",
    Effect.ALLOW: "allows",
    Effect.ALLOW_WITH: "allows, on conditions,",
}
_UNKNOWN = {
    WhenUndetermined.REFUSE: "it refuses",
    WhenUndetermined.REFER: "it refers to an officer",
    WhenUndetermined.APPLY: "it applies all the same",
    WhenUndetermined.IGNORE: "it does not apply",
}

_SPOKEN = {
    "party": "any party is",
    "every_party": "every party is",
    "jurisdiction": "any jurisdiction is",
    "image_source": "any source of images is",
    "attribute": "an attribute asked for is",
    "ungranted_attribute": "an attribute asked for and not granted is",
    "every_image_source": "every source of images is",
    "lacks": "the documents on file lack",
    "holds": "a document on file is",
}


def life_row(chapter: Chapter, told_by: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the life of one version in words; who did what only where names may be told."""
    record = chapter.record
    return {
        "label": str(record),
        "number": record.number,
        "life": str(chapter.life),
        "succession": str(chapter.succession or ""),
        "ended_by": str(chapter.ended_by or ""),
        "ended_at": chapter.ended_at,
        "published_at": record.published_at,
        "recorded_at": record.recorded_at,
        "ratified_at": record.ratified_at,
        "withdrawn_at": record.withdrawn_at,
        "shipped": record.shipped,
        "synthetic": record.synthetic,
        "by": _by(record, told_by),
        "sha256": record.sha256,
        "rules": len(record.version.rules),
        "moratoria": [rule_row(rule) for rule in record.version.rules if rule.kind is Kind.MORATORIUM],
        "stop": stop_of(record.version),
    }


def _by(record: PolicyVersionRecord, told_by: Mapping[str, str] | None) -> str:
    if record.shipped:
        return "shipped with the product"
    if told_by is None:
        return "two officers" if record.countersigned_by else "one officer"
    named = [named_actor(one, told_by) for one in (record.recorded_by, record.countersigned_by) if one]
    return " and ".join(named)


def named_actor(actor: str, names: Mapping[str, str]) -> str:
    """Return who acted: a name, where need be with the shell that used it."""
    if actor.startswith("shell:"):
        who = actor.removeprefix("shell:")
        return f"a shell in the name of {names.get(who, who)}"
    return names.get(actor, actor)


def short_row(rule: Rule, state: str) -> dict[str, Any]:
    """Return one rule as a line of a list, with what a draft does to it."""
    told = {"id": rule.id, "kind": str(rule.kind), "effect": rule.effect, "sentence": rule.sentence}
    return {**told, "state": state}


def periods(told: Sequence[Chapter]) -> list[dict[str, Any]]:
    """Return the periods of moratoria as versions state them, for drawing and table.

    Versions that state the same one after another are one row.
    """
    rows: list[dict[str, Any]] = []
    newest: dict[str, dict[str, Any]] = {}
    for chapter in told:
        if chapter.life is Life.WITHDRAWN:
            continue
        for rule in chapter.record.version.rules:
            if rule.kind is Kind.MORATORIUM or rule.id == PLATFORM_STOP:
                row = newest.get(rule.id)
                if row is None or (row["starts_at"], row["ends_at"]) != _span(rule):
                    row = newest[rule.id] = _period(rule, chapter)
                    rows.append(row)
                if chapter.life is not Life.SCHEDULED:
                    row["known_until"] = chapter.ended_at
                    row["current"] = chapter.life is not Life.SUPERSEDED
    return rows


def _period(rule: Rule, chapter: Chapter) -> dict[str, Any]:
    starts_at, ends_at = _span(rule)
    record = chapter.record
    period = {"rule": rule.id, "version": record.number, "known_from": record.published_at}
    ahead = {"known_until": None, "current": False}
    return {**period, **ahead, "starts_at": starts_at, "ends_at": ends_at}


def _span(rule: Rule) -> tuple[datetime, datetime | None]:
    return rule.period.starts_at, rule.period.ends_at


def spoken(rule: Rule) -> str:
    """Return what a rule does in plain words, made from its parts and not from what it says of itself."""
    begins = f"From {moment_in_words(rule.period.starts_at)}"
    end = rule.period.ends_at
    ends = f" until {moment_in_words(end)}" if end else " and until further notice"
    where = " and ".join(_spoken_condition(one.dimension, one.words) for one in rule.scope)
    parts = [f"{begins}{ends}, this {rule.kind} {_DONE_TO[rule.effect]} where {where}."]
    if rule.lifts:
        parts.append(f"It lifts {', '.join(sorted(rule.lifts))}.")
    parts += conditions(rule.obligations)
    parts.append(f"Where a fact is asked for and cannot be known, {_UNKNOWN[rule.on_undetermined]}.")
    return " ".join(parts)


def _spoken_condition(dimension: str, wanted: frozenset[str]) -> str:
    told = [words(one) if one.islower() else one for one in sorted(wanted)]
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} or {told[-1]}"
    begins = _SPOKEN.get(dimension, f"the {DIMENSIONS[dimension].label} is")
    return f"{begins} {listed}"


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


def changes(before: PolicyVersion | None, after: PolicyVersion) -> list[str]:
    """Return how a version differs from the one before it, rule by rule."""
    if before is None:
        return []
    found = difference(before, after)
    return [
        *(f"Changes {rule.id}: {rule.sentence}" for _, rule in found.changed),
        *(f"Adds {rule.id}: {rule.sentence}" for rule in found.added),
        *(f"Drops {rule.id}." for rule in found.removed),
    ]
