"""What an evaluation says, with everything it looked at."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from compliance.policy.compiled import Verdict
from compliance.policy.judge import View, tell
from compliance.policy.obligations import Obligations
from compliance.policy.plain import encode
from compliance.policy.results import RuleResult
from compliance.policy.rules import Period, Source
from compliance.policy.vocabulary import MoratoriumStatus, Outcome

_TOLD = (
    "outcome",
    "rule_id",
    "sentence",
    "remedy",
    "source",
    "period",
    "looked_at",
    "obligations",
    "valid_until",
    "recorded_status",
    "computed_status",
    "status",
    "facts_sha256",
    "version",
    "version_sha256",
    "evaluator_hash",
    "at",
    "known_at",
)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """The answer to one set of facts.

    Most of a ruling is the list of rules with what each looked at. It follows from verdicts and view, and
    is written out only where somebody reads it.

    Attributes:
        rule_id: The rule that decided.
        sentence: Why, for people.
        remedy: What can be done about it.
        source: Where the deciding rule comes from.
        period: Time in which the deciding rule holds, as the version in force then said.
        verdicts: Every rule with its result, in short, also those after the one that decided.
        before: Results that come before the verdicts: what follows where no version is in force.
        after: Results that come after them: where no rule allows the purpose, and limits of the grant.
        view: The facts as rules saw them.
        obligations: What has to be kept where the use goes ahead.
        valid_until: Next boundary of any rule, grant, exemption or authorization; None where there is none.
        recorded_status: Moratorium status of the line as the officer recorded it.
        computed_status: Moratorium status as the rules give it for these facts.
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
    verdicts: tuple[Verdict, ...]
    before: tuple[RuleResult, ...]
    after: tuple[RuleResult, ...]
    view: View
    obligations: Obligations
    valid_until: datetime | None
    recorded_status: MoratoriumStatus
    computed_status: MoratoriumStatus
    status: MoratoriumStatus
    version: str | None
    version_sha256: str | None
    evaluator_hash: str
    at: datetime
    known_at: datetime

    @property
    def is_cleared(self) -> bool:
        """Whether the use may go ahead without an officer."""
        return self.outcome is Outcome.CLEARED

    @property
    def facts_sha256(self) -> str:
        """Hash of the facts."""
        return self.view.request.facts.sha256

    @cached_property
    def looked_at(self) -> tuple[RuleResult, ...]:
        """Every rule with what it looked at, also those after the one that decided."""
        told = (tell(verdict, self.view) for verdict in self.verdicts)
        return (*self.before, *told, *self.after)

    def result_of(self, rule_id: str) -> RuleResult:
        """Return how one rule was judged.

        Raises:
            KeyError: The rule was not part of this evaluation.
        """
        found = {one.rule_id: one for one in self.looked_at}
        return found[rule_id]

    def to_json(self) -> dict[str, Any]:
        """Return the ruling as JSON data."""
        return {name: encode(getattr(self, name)) for name in _TOLD}
