"""The one function that says whether a face may be looked at."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from compliance.policy import limits
from compliance.policy.facts import Authorization, Facts
from compliance.policy.grants import line_in_force
from compliance.policy.judge import Judged, judge, lift
from compliance.policy.obligations import Obligations, merge
from compliance.policy.platform import ALWAYS, FIRST, LAST, NO_POLICY, NO_RULE, SOURCE
from compliance.policy.rules import Effect, Kind, Lineage, PolicyVersion, Rule
from compliance.policy.ruling import Result, RuleResult, Ruling
from compliance.policy.vocabulary import MoratoriumStatus, Outcome, strictest

PLATFORM = "platform"


@dataclass(frozen=True)
class _Judgment:
    first: list[Judged]
    pack: list[Judged]
    last: list[Judged]

    @property
    def results(self) -> list[RuleResult]:
        return [one.result for one in (*self.first, *self.pack, *self.last)]


def evaluate(facts: Facts, lineage: Lineage, *, at: datetime, known_at: datetime) -> Ruling:
    """Return the ruling on facts.

    Pure, total and deterministic: the same facts, versions and moments give the same ruling for ever. A
    refusal beats a referral, a referral beats a clearance, and where no baseline rule allows the purpose
    the answer is `no-rule`, referred. Where no version was published, everything is refused.

    Args:
        facts: What was stated, with the determination in force.
        lineage: Published versions of one pack; those published after `known_at` are not looked at.
        at: Moment compared with the periods of rules, grants, exemptions and authorizations. With zone.
        known_at: Moment that chooses the newest version published by then. With zone.
    """
    version = lineage.known_at(known_at)
    judgment = _judge(facts, version, at)
    obligations = _obligations(judgment.pack, facts, at)
    results = [*_with_gaps(judgment, version), *limits.judge(obligations, facts)]
    deciding = _deciding(results)
    recorded, computed = _recorded(facts, at), _computed(judgment.pack)
    return Ruling(
        outcome=deciding.counts_as or Outcome.REFUSED,
        rule_id=deciding.rule_id,
        sentence=deciding.sentence,
        remedy=deciding.remedy,
        source=deciding.source,
        period=deciding.period,
        looked_at=tuple(results),
        obligations=obligations,
        valid_until=_next_boundary(facts, version, at),
        recorded_status=recorded,
        computed_status=computed,
        status=strictest(recorded, computed),
        facts_sha256=facts.sha256,
        version=version.label if version else None,
        version_sha256=version.sha256 if version else None,
        evaluator_hash=evaluator_hash(),
        at=at,
        known_at=known_at,
    )


@cache
def evaluator_hash() -> str:
    """Return the SHA-256 of the program text that judges: file names and contents of this package."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _judge(facts: Facts, version: PolicyVersion | None, at: datetime) -> _Judgment:
    rules = version.rules if version else ()
    label = version.label if version else PLATFORM
    moratoria = {rule.id for rule in rules if rule.kind is Kind.MORATORIUM}
    judged = [
        judge(rule, facts, at, version=label, lifts_bound=bool(rule.lifts & moratoria)) for rule in rules
    ]
    return _Judgment(
        first=[judge(rule, facts, at, version=PLATFORM) for rule in FIRST],
        pack=[lift(one, judged) for one in judged],
        last=[judge(rule, facts, at, version=PLATFORM) for rule in LAST],
    )


def _with_gaps(judgment: _Judgment, version: PolicyVersion | None) -> list[RuleResult]:
    """Return the results, with what follows from the absence of a version or of a rule that allows."""
    if version is None:
        sentence = "No policy was in force, and without one nothing runs."
        remedy = "The operator has to publish a policy version."
        return [_gap(NO_POLICY, Outcome.REFUSED, sentence, remedy), *judgment.results]
    if any(one.result.counts_as is Outcome.CLEARED for one in judgment.pack):
        return judgment.results
    sentence = "No rule allows this purpose for an organization of this type."
    remedy = "An officer looks at it; a purpose runs only where a rule names it."
    return [*judgment.results, _gap(NO_RULE, Outcome.REFERRED, sentence, remedy)]


def _gap(rule_id: str, outcome: Outcome, sentence: str, remedy: str) -> RuleResult:
    return RuleResult(
        rule_id=rule_id,
        version=PLATFORM,
        kind=Kind.STANDING,
        effect=Effect.REFUSE if outcome is Outcome.REFUSED else Effect.REFER,
        period=ALWAYS,
        looked_at=(),
        result=Result.APPLIES,
        counts_as=outcome,
        sentence=sentence,
        remedy=remedy,
        source=SOURCE,
    )


def _deciding(results: list[RuleResult]) -> RuleResult:
    for outcome in (Outcome.REFUSED, Outcome.REFERRED):
        for result in results:
            if result.counts_as is outcome:
                return result
    return next(result for result in results if result.counts_as is Outcome.CLEARED)


def _recorded(facts: Facts, at: datetime) -> MoratoriumStatus:
    line = line_in_force(facts, at)
    return line.moratorium_status if line else MoratoriumStatus.UNKNOWN


def _computed(pack: list[Judged]) -> MoratoriumStatus:
    moratoria = [one.result for one in pack if one.rule.kind is Kind.MORATORIUM]
    if any(result.counts_as is not None for result in moratoria):
        return MoratoriumStatus.COVERED
    if any(result.result is Result.LIFTED for result in moratoria):
        return MoratoriumStatus.EXEMPT
    if any(result.result is Result.APPLIES for result in moratoria):
        return MoratoriumStatus.CONDITIONAL
    return MoratoriumStatus.NOT_COVERED


def _obligations(pack: list[Judged], facts: Facts, at: datetime) -> Obligations:
    demands = [one.rule.obligations for one in pack if _binds(one)]
    line = line_in_force(facts, at)
    return merge([*demands, line.conditions] if line else demands)


def _binds(judged: Judged) -> bool:
    return judged.rule.effect is Effect.ALLOW_WITH and judged.result.result is Result.APPLIES


def _next_boundary(facts: Facts, version: PolicyVersion | None, at: datetime) -> datetime | None:
    boundaries = [*_rule_boundaries(version.rules if version else ()), *_fact_boundaries(facts)]
    return min((moment for moment in boundaries if moment > at), default=None)


def _rule_boundaries(rules: Iterable[Rule]) -> list[datetime]:
    moments = (moment for rule in rules for moment in (rule.period.starts_at, rule.period.ends_at))
    return [moment for moment in moments if moment is not None]


def _fact_boundaries(facts: Facts) -> list[datetime]:
    moments = [
        moment for line in facts.grants for moment in (line.starts_at, line.expires_at, line.exempt_until)
    ]
    moments += [facts.records_until] if facts.records_until else []
    authorization = facts.authorization
    if isinstance(authorization, Authorization):
        moments += [authorization.issued_at, authorization.due_at]
        moments += [authorization.expires_at] if authorization.expires_at else []
    return moments
