"""How single rules came out, with all they looked at."""

from dataclasses import dataclass
from enum import StrEnum

from compliance.policy.rules import Effect, Kind, Period, Source
from compliance.policy.seeing import Seen, Truth
from compliance.policy.vocabulary import Outcome


class Result(StrEnum):
    """How a rule bears on facts at a moment."""

    APPLIES = "applies"
    LIFTED = "lifted"
    LAPSED = "lapsed"
    MISSING = "missing"
    UNDETERMINED = "undetermined"
    NOT_GRANTED = "not_granted"
    NOT_YET = "not_yet"
    ENDED = "ended"
    NOT_MET = "not_met"


@dataclass(frozen=True)
class Look:
    """One condition of a rule: what was wanted, what was seen."""

    dimension: str
    wanted: frozenset[str]
    seen: tuple[Seen, ...]
    truth: Truth


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """One rule, judged.

    Attributes:
        version: Pack and number the rule comes from, or `platform`.
        counts_as: What it adds to the outcome, None where it adds nothing.
        lifted_by: Exemption that lifts it.
        sentence: The rule as a plain sentence, or what is missing to judge it.
    """

    rule_id: str
    version: str
    kind: Kind
    effect: Effect
    period: Period
    looked_at: tuple[Look, ...]
    result: Result
    counts_as: Outcome | None
    sentence: str
    remedy: str
    source: Source
    lifted_by: str | None = None
