"""What an evaluation says, with everything it looked at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from compliance.policy.obligations import Obligations
from compliance.policy.plain import encode
from compliance.policy.rules import Effect, Kind, Period, Source
from compliance.policy.seeing import Seen, Truth
from compliance.policy.vocabulary import MoratoriumStatus, Outcome


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


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """The answer to one set of facts.

    Attributes:
        rule_id: The rule that decided.
        sentence: Why, for people.
        remedy: What can be done about it.
        source: Where the deciding rule comes from.
        period: Time in which the deciding rule holds, as the version in force then said.
        looked_at: Every rule, also those after the one that decided.
        obligations: What has to be kept where the use goes ahead.
        valid_until: Next boundary of any rule, grant, exemption or authorization; None where there is none.
        recorded_status: Moratorium status of the line as the officer recorded it.
        computed_status: Moratorium status as the rules give it for these facts.
        facts_sha256: Hash of the facts.
        version: Pack and number of the policy version, None where none was in force.
        version_sha256: Its hash.
        evaluator_hash: Hash of the program text that judged.
        at: Moment compared with periods.
        known_at: Moment that chose the version.
    """

    outcome: Outcome
    rule_id: str
    sentence: str
    remedy: str
    source: Source
    period: Period
    looked_at: tuple[RuleResult, ...]
    obligations: Obligations
    valid_until: datetime | None
    recorded_status: MoratoriumStatus
    computed_status: MoratoriumStatus
    status: MoratoriumStatus
    facts_sha256: str
    version: str | None
    version_sha256: str | None
    evaluator_hash: str
    at: datetime
    known_at: datetime

    @property
    def is_cleared(self) -> bool:
        """Whether the use may go ahead without an officer."""
        return self.outcome is Outcome.CLEARED

    def result_of(self, rule_id: str) -> RuleResult:
        """Return how one rule was judged.

        Raises:
            KeyError: The rule was not part of this evaluation.
        """
        found = {one.rule_id: one for one in self.looked_at}
        return found[rule_id]

    def to_json(self) -> dict[str, Any]:
        """Return the ruling as JSON data."""
        return dict(encode(self))
