"""Judges one rule against facts at a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from compliance.policy.dimensions import DIMENSIONS, FACT_LABELS
from compliance.policy.facts import Facts
from compliance.policy.grants import ExemptionState, exemption_state, line_in_force
from compliance.policy.plain import MISSING
from compliance.policy.rules import Effect, Kind, Rule, WhenUndetermined
from compliance.policy.ruling import Look, Result, RuleResult
from compliance.policy.seeing import Truth
from compliance.policy.vocabulary import Outcome

_COUNTS = {Effect.REFUSE: Outcome.REFUSED, Effect.REFER: Outcome.REFERRED}
_LIFTABLE = {Result.APPLIES, Result.LAPSED}


@dataclass(frozen=True)
class Judged:
    """A rule with its result."""

    rule: Rule
    result: RuleResult


def judge(rule: Rule, facts: Facts, at: datetime, *, version: str, lifts_bound: bool = False) -> Judged:
    """Return how one rule bears on facts at a moment.

    Args:
        rule: The rule.
        facts: The facts.
        at: The moment.
        version: Label of the version the rule comes from.
        lifts_bound: The rule is an exemption from a moratorium, so that it holds only for the purpose and
            end user whose grant names it, and only until that exemption ends.
    """
    looks = tuple(_look(condition.dimension, condition.words, facts, at) for condition in rule.scope)
    result = _result(rule, _all(look.truth for look in looks), at)
    if lifts_bound and result is Result.APPLIES and not _granted(rule, facts, at):
        result = Result.NOT_GRANTED
    return Judged(rule, _describe(rule, looks, result, version))


def lift(judged: Judged, exemptions: Sequence[Judged]) -> Judged:
    """Return a judged rule as lifted, where one of the exemptions that apply lifts it."""
    if judged.result.result not in _LIFTABLE:
        return judged
    for exemption in exemptions:
        if exemption.result.result is Result.APPLIES and judged.rule.id in exemption.rule.lifts:
            lifted = replace(judged.result, result=Result.LIFTED, counts_as=None, lifted_by=exemption.rule.id)
            return Judged(judged.rule, lifted)
    return judged


def _look(dimension: str, wanted: frozenset[str], facts: Facts, at: datetime) -> Look:
    seen = DIMENSIONS[dimension].read(facts, at)
    return Look(dimension, wanted, seen, DIMENSIONS[dimension].truth(seen, wanted))


def _all(truths: Iterable[Truth]) -> Truth:
    found = set(truths)
    for truth in (Truth.NOT_MET, Truth.MISSING, Truth.UNDETERMINED):
        if truth in found:
            return truth
    return Truth.MET


def _result(rule: Rule, truth: Truth, at: datetime) -> Result:
    if truth is Truth.NOT_MET:
        return Result.NOT_MET
    if at < rule.period.starts_at:
        return Result.NOT_YET
    if rule.period.ends_at is not None and rule.period.ends_at <= at:
        return Result.LAPSED if rule.effect is Effect.REFUSE else Result.ENDED
    if truth is Truth.MISSING:
        return Result.MISSING
    if truth is Truth.MET or rule.on_undetermined is WhenUndetermined.APPLY:
        return Result.APPLIES
    return Result.UNDETERMINED


def _granted(rule: Rule, facts: Facts, at: datetime) -> bool:
    line = line_in_force(facts, at)
    in_force = exemption_state(line, at) is ExemptionState.IN_FORCE
    return line is not None and in_force and line.exemption == rule.id


def _describe(rule: Rule, looks: tuple[Look, ...], result: Result, version: str) -> RuleResult:
    sentence, remedy = rule.sentence, rule.remedy
    if result is Result.MISSING:
        lacking = ", ".join(_lacking(looks))
        sentence = f"Not stated: {lacking}. Without it this rule cannot be judged: {rule.sentence}"
        remedy = f"State what is missing: {lacking}."
    if result is Result.LAPSED:
        sentence = f"This rule ended by date, and no one has confirmed its end: {rule.sentence}"
        remedy = "An officer has to look at this; two officers confirm the end of a moratorium."
    return RuleResult(
        rule_id=rule.id,
        version=version,
        kind=rule.kind,
        effect=rule.effect,
        period=rule.period,
        looked_at=looks,
        result=result,
        counts_as=_counts_as(rule, result),
        sentence=sentence,
        remedy=remedy,
        source=rule.source,
    )


def _lacking(looks: tuple[Look, ...]) -> list[str]:
    """Return the facts that were not stated, in words, each once."""
    names = [seen.fact for look in looks for seen in look.seen if seen.words is MISSING]
    return list(dict.fromkeys(FACT_LABELS[name] for name in names))


def _counts_as(rule: Rule, result: Result) -> Outcome | None:
    if rule.kind is Kind.EXEMPTION:
        return None
    if result is Result.LAPSED:
        return Outcome.REFERRED
    if result is Result.MISSING:
        return Outcome.REFUSED
    if result is Result.UNDETERMINED:
        return {
            WhenUndetermined.REFUSE: Outcome.REFUSED,
            WhenUndetermined.REFER: Outcome.REFERRED,
        }.get(rule.on_undetermined)
    if result is not Result.APPLIES:
        return None
    return Outcome.CLEARED if rule.kind is Kind.BASELINE else _COUNTS.get(rule.effect)
