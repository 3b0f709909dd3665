"""Policy documents: what a version changes against the one it builds on, written as TOML that reads back.

Plain Python: the same version always gives the same document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from compliance.policy.errors import PolicyError
from compliance.policy.obligations import Obligations
from compliance.policy.packs import parse, read_version
from compliance.policy.plain import encode
from compliance.policy.rules import PolicyVersion, Rule, Source, WhenUndetermined


@dataclass(frozen=True)
class Difference:
    """What one version changes against another, rule by rule."""

    changed: tuple[tuple[Rule, Rule], ...]
    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both hold the same rules."""
        return not (self.changed or self.added or self.removed)


def difference(before: PolicyVersion, after: PolicyVersion) -> Difference:
    """Return what `after` changes against `before`."""
    old = {rule.id: rule for rule in before.rules}
    new = {rule.id: rule for rule in after.rules}
    return Difference(
        changed=tuple((old[name], rule) for name, rule in new.items() if old.get(name, rule) != rule),
        added=tuple(rule for name, rule in new.items() if name not in old),
        removed=tuple(rule for name, rule in old.items() if name not in new),
    )


def read(document: str, base: PolicyVersion) -> PolicyVersion:
    """Return the version that a document describes, where it builds on `base` or stands by itself.

    Raises:
        PolicyError: The document is wrong, or builds on another version.
    """
    label = based_on(document)
    if label not in {"", base.label}:
        raise PolicyError(
            "based_on", f"The document builds on {label}, but the version to build on is {base.label}."
        )
    return read_version(document, base if label else None)


def based_on(document: str) -> str:
    """Return the label of the version a document builds on, empty where it stands by itself.

    Raises:
        PolicyError: It is no valid TOML.
    """
    return str(parse(document).get("based_on", ""))


def write(version: PolicyVersion, base: PolicyVersion | None) -> str:
    """Return a version as the document of what it changes against its base, or whole where it has none."""
    found = difference(base or replace(version, rules=()), version)
    own = (*(after for _, after in found.changed), *found.added)
    head = {
        "pack": version.pack,
        "number": version.number,
        "published_at": _Bare(_moment(version.published_at)),
    }
    head |= {"based_on": base.label} if base else {}
    removed = {"removed": [rule.id for rule in found.removed]} if found.removed else {}
    parts = ["\n".join(_lines(head | removed)), *("\n".join(_rule(rule)) for rule in own)]
    return "\n\n".join(parts) + "\n"


def rebase(document: str, old: PolicyVersion, new: PolicyVersion, number: int) -> str:
    """Return the document of the same changes, made to another version.

    Raises:
        PolicyError: The document is wrong, or its changes do not fit the other version.
    """
    version = read(document, old)
    found = difference(old, version)
    gone = {rule.id for rule in found.removed}
    own = {rule.id: rule for rule in (*(after for _, after in found.changed), *found.added)}
    kept = [own.pop(rule.id, rule) for rule in new.rules if rule.id not in gone]
    return write(replace(version, number=number, rules=(*kept, *own.values())), new)


def with_rule(version: PolicyVersion, rule: Rule, *, replaces: str = "") -> PolicyVersion:
    """Return a version with a rule in it, in place of the one that it replaces.

    Raises:
        PolicyError: The version already holds another rule of that id.
    """
    kept = [one for one in version.rules if one.id != replaces]
    if len(kept) == len(version.rules):
        return replace(version, rules=(*kept, rule))
    return replace(version, rules=tuple(rule if one.id == replaces else one for one in version.rules))


def without_rule(version: PolicyVersion, rule_id: str) -> PolicyVersion:
    """Return a version without a rule.

    Raises:
        PolicyError: It does not hold the rule, or an exemption lifts it.
    """
    if all(rule.id != rule_id for rule in version.rules):
        raise PolicyError("removed_unknown", f"{version.label} holds no rule {rule_id}.")
    return replace(version, rules=tuple(rule for rule in version.rules if rule.id != rule_id))


class _Bare(str):
    """A value that TOML writes without quotes."""


def _rule(rule: Rule) -> Iterator[str]:
    yield "[[rules]]"
    yield from _lines(_fields(rule))
    yield "[rules.scope]"
    yield from _lines({one.dimension: sorted(one.words) for one in rule.scope})


def _fields(rule: Rule) -> dict[str, Any]:
    period = {"starts_at": _Bare(_moment(rule.period.starts_at))}
    if rule.period.ends_at:
        period["ends_at"] = _Bare(_moment(rule.period.ends_at))
    fields: dict[str, Any] = {"id": rule.id, "kind": str(rule.kind), "effect": str(rule.effect)}
    if rule.on_undetermined is not WhenUndetermined.REFUSE:
        fields["on_undetermined"] = str(rule.on_undetermined)
    if rule.lifts:
        fields["lifts"] = sorted(rule.lifts)
    fields |= {"period": period, "source": _source(rule.source)}
    fields |= {name: getattr(rule, name) for name in ("source_says", "our_reading", "sentence", "remedy")}
    if demands := _demands(rule.obligations):
        fields["obligations"] = demands
    return fields


def _source(source: Source) -> dict[str, Any]:
    day = _Bare(source.dated_on.isoformat())
    return {"document": source.document, "dated_on": day, "address": source.address}


def _demands(obligations: Obligations) -> dict[str, Any]:
    usual = encode(Obligations())
    return {
        name: value
        for name, value in encode(obligations).items()
        if value is not None and value != usual.get(name)
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name} = {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, _Bare):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_lines(value))} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_each(value))}]"
    # TOML's basic strings, numbers and flags are those of JSON, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _each(values: Iterable[Any]) -> list[str]:
    return [_value(value) for value in values]
