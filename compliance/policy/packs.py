"""Reads policy packs from TOML, and versions from the JSON they were stored as."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from compliance.policy.errors import PolicyError
from compliance.policy.limits import LIMITS
from compliance.policy.obligations import read_obligations
from compliance.policy.plain import (
    LEAP_SECOND_SAYS,
    Reader,
    is_leap_second,
    many,
    moment,
    optional,
    record,
    row,
    text,
    whole,
    word,
)
from compliance.policy.platform import FIRST, LAST, NO_POLICY, NO_RULE
from compliance.policy.rules import (
    Condition,
    Effect,
    Kind,
    Lineage,
    Period,
    PolicyVersion,
    Rule,
    Source,
    WhenUndetermined,
)

PACKS = Path(__file__).parent.parent / "packs"
DEFAULT_PACK = "countenance-default"

_ID = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*", re.IGNORECASE)
# Ids that no pack can use: a refusal by one of them would read as one by the platform.
_PLATFORM_RULES = {NO_POLICY, NO_RULE, *(one.id for one in (*FIRST, *LAST)), *(one.rule_id for one in LIMITS)}
_VERSION_FIELDS = {"pack", "number", "published_at", "based_on", "removed", "rules", "sources"}


def load_pack(name: str, packs: Path = PACKS) -> Lineage:
    """Return every version of a pack that ships with the product.

    Args:
        name: Folder of the pack, with one TOML file a version.
        packs: Folder of all packs.

    Raises:
        PolicyError: There is no such pack, or a version of it is wrong.
    """
    files = sorted((packs / name).glob("v*.toml"), key=lambda file: int(file.stem[1:]))
    if not files:
        raise PolicyError(
            "no_pack", f"There is no policy pack {name!r}. Known: {', '.join(pack_names(packs))}."
        )
    return Lineage(tuple(_load_file(file, packs) for file in files))


def pack_names(packs: Path = PACKS) -> list[str]:
    """Return the names of the packs that ship with the product."""
    return sorted(folder.name for folder in packs.iterdir() if any(folder.glob("v*.toml")))


def read_version(document: str, base: PolicyVersion | None = None) -> PolicyVersion:
    """Return the policy version a TOML document describes.

    Args:
        document: The text of the document.
        base: The version it builds on, where it says `based_on`: rules of the same id are replaced, those
            in `removed` are left out, the others are taken over.

    Raises:
        PolicyError: The document is wrong; the sentence says what to mend.
    """
    data = parse(document)
    if unknown := sorted(set(data) - _VERSION_FIELDS):
        raise PolicyError("unknown_name", f"{', '.join(unknown)}: not a part of a policy version.")
    if absent := sorted({"pack", "number", "published_at"} - set(data)):
        raise PolicyError("missing_name", f"A policy version says {', '.join(absent)}.")
    if ("based_on" in data) != (base is not None):
        raise PolicyError(
            "based_on", "Only a version that says based_on takes over rules, and it needs its base."
        )
    rules = row(_rule)(_with_sources(data.get("rules", []), _sources(data.get("sources", {}))))
    if taken := sorted({rule.id for rule in rules} & _PLATFORM_RULES):
        raise PolicyError(
            "platform_rule", f"{taken[0]} is a rule of the platform itself. Give yours another id."
        )
    return PolicyVersion(
        pack=_identifier(data["pack"]),
        number=whole(data["number"]),
        published_at=moment(data["published_at"]),
        rules=_inherit(base, rules, many(_identifier)(data.get("removed", []))),
    )


def version_from_json(data: Any) -> PolicyVersion:
    """Return the version that `PolicyVersion.to_json` wrote.

    Raises:
        PolicyError: The data is not what `to_json` writes.
    """
    return _stored_version(data)


def _load_file(file: Path, packs: Path) -> PolicyVersion:
    document = file.read_text(encoding="utf-8")
    based_on = parse(document).get("based_on")
    base = _load_file(_file_of(text(based_on), packs), packs) if based_on is not None else None
    return read_version(document, base)


def _file_of(label: str, packs: Path) -> Path:
    pack, _, number = label.partition("@")
    file = packs / pack / f"v{number}.toml"
    if not file.is_file():
        raise PolicyError("based_on", f"{label!r} is no version that ships; write pack@number.")
    return file


def parse(document: str) -> dict[str, Any]:
    """Return what a TOML document holds.

    Raises:
        PolicyError: It is no valid TOML; `leap_second`, it tells a moment in second 60.
    """
    try:
        return tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        if leap := next(filter(is_leap_second, document.splitlines()), None):
            raise PolicyError("leap_second", f"{leap.strip()}: {LEAP_SECOND_SAYS}") from error
        raise PolicyError("not_toml", f"The document is no valid TOML: {error}.") from error
    except RecursionError as error:
        raise PolicyError("not_toml", "The document nests lists or tables too deep.") from error


def _inherit(
    base: PolicyVersion | None, rules: tuple[Rule, ...], removed: frozenset[str]
) -> tuple[Rule, ...]:
    inherited = {rule.id: rule for rule in base.rules} if base else {}
    if unknown := sorted(removed - set(inherited)):
        raise PolicyError("removed_unknown", f"{unknown[0]} is removed, and the base does not hold it.")
    replaced = {rule.id: rule for rule in rules if rule.id in inherited}
    kept = (replaced.get(name, rule) for name, rule in inherited.items() if name not in removed)
    return (*kept, *(rule for rule in rules if rule.id not in replaced))


def _sources(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError("not_object", "[sources] is a table that describes sources by name.")
    return value


def _with_sources(rules: Any, sources: dict[str, Any]) -> Any:
    """Return rules with the name of a source replaced by the source itself."""
    return [_with_source(rule, sources) for rule in rules] if isinstance(rules, list) else rules


def _with_source(rule: Any, sources: dict[str, Any]) -> Any:
    name = rule.get("source") if isinstance(rule, dict) else None
    if not isinstance(name, str):
        return rule
    if name not in sources:
        raise PolicyError("unknown_source", f"{name!r} is not described under [sources].")
    return rule | {"source": sources[name]}


def _identifier(value: Any) -> str:
    if not _ID.fullmatch(text(value)):
        raise PolicyError(
            "identifier", f"{value!r} is no identifier: letters, digits and single hyphens or underscores."
        )
    return text(value)


def _day(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise PolicyError("not_day", f"{value!r} is no date.") from error
    if type(value) is not date:
        raise PolicyError("not_day", f"{value} should be a date without an hour.")
    return value


def _scope(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, dict):
        raise PolicyError("not_object", "A scope is a table of dimensions and their words.")
    return tuple(Condition(dimension, many(text)(words)) for dimension, words in value.items())


_period = record(Period, {"starts_at": moment, "ends_at": optional(moment)})
_source = record(Source, {"document": text, "dated_on": _day, "address": text})
_condition = record(Condition, {"dimension": text, "words": many(text)})


def _rule_readers(scope: Reader[tuple[Condition, ...]]) -> Mapping[str, Reader[Any]]:
    return {
        "id": _identifier,
        "kind": word(Kind),
        "effect": word(Effect),
        "scope": scope,
        "period": _period,
        "source": _source,
        "source_says": text,
        "our_reading": text,
        "sentence": text,
        "remedy": text,
        "lifts": many(_identifier),
        "obligations": read_obligations,
        "on_undetermined": word(WhenUndetermined),
    }


_rule = record(Rule, _rule_readers(_scope))
_stored_version = record(
    PolicyVersion,
    {
        "pack": _identifier,
        "number": whole,
        "published_at": moment,
        "rules": row(record(Rule, _rule_readers(row(_condition)))),
    },
)
