"""Rules, and the versions of a policy pack that carry them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any

from compliance.policy import plain
from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.errors import PolicyError
from compliance.policy.obligations import Obligations
from compliance.policy.plain import encode


class Kind(StrEnum):
    """What part a rule plays."""

    MORATORIUM = "moratorium"
    EXEMPTION = "exemption"
    LAW = "law"
    SWITCH = "switch"
    FLOOR = "floor"
    BASELINE = "baseline"
    STANDING = "standing"


class Effect(StrEnum):
    """What a rule does where it applies."""

    REFUSE = "refuse"
    REFER = "refer"
    ALLOW = "allow"
    ALLOW_WITH = "allow_with"


class WhenUndetermined(StrEnum):
    """What a rule does when a fact it needs cannot be known."""

    REFUSE = "refuse"
    REFER = "refer"
    APPLY = "apply"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Condition:
    """One dimension of a scope, met by any of its words."""

    dimension: str
    words: frozenset[str]

    def __post_init__(self) -> None:
        dimension = DIMENSIONS.get(self.dimension)
        if dimension is None:
            known = ", ".join(sorted(DIMENSIONS))
            raise PolicyError("unknown_dimension", f"{self.dimension!r} is no dimension. Known: {known}.")
        if not self.words:
            raise PolicyError("no_words", f"{self.dimension} lists no word, so it could never be met.")
        if unknown := sorted(word for word in self.words if not dimension.takes(word)):
            raise PolicyError("unknown_word", f"{', '.join(unknown)}: not a word of {self.dimension}.")


@dataclass(frozen=True)
class Period:
    """The time in which a rule holds, from its start up to but without its end."""

    starts_at: datetime
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise PolicyError(
                "period_order", f"The period ends at {self.ends_at}, before it starts. Swap the two."
            )


@dataclass(frozen=True)
class Source:
    """Where a rule comes from."""

    document: str
    dated_on: date
    address: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        scope: Conditions that all have to be met.
        lifts: Ids of the rules an exemption lifts.
        source_says: What the source says, in its own terms.
        our_reading: What we make of it, and where that goes beyond the source.
        sentence: The rule in one plain sentence, as a refused person reads it.
        remedy: What a refused person can do.
        on_undetermined: What it does when a fact cannot be known. A missing fact always refuses.
    """

    id: str
    kind: Kind
    effect: Effect
    scope: tuple[Condition, ...]
    period: Period
    source: Source
    source_says: str
    our_reading: str
    sentence: str
    remedy: str
    lifts: frozenset[str] = frozenset()
    obligations: Obligations = field(default_factory=Obligations)
    on_undetermined: WhenUndetermined = WhenUndetermined.REFUSE

    def __post_init__(self) -> None:
        if not self.scope:
            raise PolicyError("no_scope", f"{self.id} has no scope: say what it is about.")
        twice = [name for name, count in Counter(one.dimension for one in self.scope).items() if count > 1]
        if twice:
            raise PolicyError(
                "dimension_twice", f"{self.id} names {twice[0]} twice: put the words in one list."
            )
        if (self.kind is Kind.EXEMPTION) != bool(self.lifts):
            raise PolicyError(
                "lifts", f"{self.id}: an exemption lifts at least one rule, and no other rule does."
            )
        if self.id in self.lifts:
            raise PolicyError(
                "lifts_itself", f"{self.id} lifts itself. Name the rule it is an exemption from."
            )
        if self.kind in {Kind.EXEMPTION, Kind.BASELINE} and self.effect in {Effect.REFUSE, Effect.REFER}:
            raise PolicyError("effect", f"{self.id}: a rule of kind {self.kind} allows; give it that effect.")
        if (self.effect is Effect.ALLOW_WITH) != (self.obligations != Obligations()):
            raise PolicyError(
                "obligations", f"{self.id}: obligations go with the effect allow_with, and only so."
            )


@dataclass(frozen=True)
class PolicyVersion:
    """An immutable set of rules of one pack, with its number in the pack's lineage."""

    pack: str
    number: int
    published_at: datetime
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        counts = Counter(rule.id for rule in self.rules)
        if twice := sorted(name for name, count in counts.items() if count > 1):
            raise PolicyError("rule_twice", f"{self.label} holds {twice[0]} twice: keep one of them.")
        exemptions = {rule.id for rule in self.rules if rule.kind is Kind.EXEMPTION}
        for rule in self.rules:
            if unknown := sorted(rule.lifts - set(counts)):
                raise PolicyError(
                    "lifts_unknown", f"{rule.id} lifts {unknown[0]}, which {self.label} does not hold."
                )
            if exempting := sorted(rule.lifts & exemptions):
                raise PolicyError(
                    "lifts_exemption",
                    f"{rule.id} lifts {exempting[0]}, an exemption itself. Lift the rule it is one from.",
                )

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def label(self) -> str:
        """Pack and number, such as `countenance-default@2`."""
        return f"{self.pack}@{self.number}"

    def to_json(self) -> dict[str, Any]:
        """Return the whole version as JSON data."""
        return dict(encode(self))

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole version in canonical form."""
        return plain.sha256(self.to_json())


@dataclass(frozen=True)
class Lineage:
    """The published versions of one pack, oldest first."""

    versions: tuple[PolicyVersion, ...]

    def __post_init__(self) -> None:
        for before, after in pairwise(self.versions):
            if after.pack != before.pack:
                raise PolicyError("two_packs", f"{after.label} is of another pack than {before.label}.")
            if after.number <= before.number:
                raise PolicyError(
                    "number_order", f"{after.label} comes after {before.label}: raise its number."
                )
            if after.published_at < before.published_at:
                raise PolicyError(
                    "published_order",
                    f"{after.label} is published before {before.label}, its predecessor: mend published_at.",
                )

    @classmethod
    def of(cls, versions: Sequence[PolicyVersion]) -> "Lineage":
        """Return the lineage of versions given in any order."""
        return cls(tuple(sorted(versions, key=lambda version: version.number)))

    def known_at(self, moment: datetime) -> PolicyVersion | None:
        """Return the newest version published by a moment, None where there was none yet."""
        published = [version for version in self.versions if version.published_at <= moment]
        return published[-1] if published else None

    def next_after(self, moment: datetime) -> datetime | None:
        """Return when the next version begins to count, None where none is scheduled."""
        return min((one.published_at for one in self.versions if one.published_at > moment), default=None)
