"""Judges one rule against a request, and tells what was found."""

from collections.abc import Sequence
from datetime import datetime

from compliance.policy.compiled import Program, Step, Verdict
from compliance.policy.dimensions import DIMENSIONS, FACT_LABELS
from compliance.policy.grants import ExemptionState, exemption_state
from compliance.policy.plain import MISSING
from compliance.policy.results import Look, Result, RuleResult
from compliance.policy.rules import Effect, Kind, Rule, WhenUndetermined
from compliance.policy.seeing import Request, Truth
from compliance.policy.vocabulary import Outcome

_COUNTS = {Effect.REFUSE: Outcome.REFUSED, Effect.REFER: Outcome.REFERRED}
_UNDETERMINED = {WhenUndetermined.REFUSE: Outcome.REFUSED, WhenUndetermined.REFER: Outcome.REFERRED}
_NOT_MET = Truth.NOT_MET  # looked up once: an attribute of an enumeration takes longer than the comparison
_LIFTABLE = {Result.APPLIES, Result.LAPSED}


class View:
    """A request as the rules of a program see it: each fact is read once, each condition judged once."""

    def __init__(self, program: Program, request: Request) -> None:
        self.program = program
        self.request = request
        self.sights = {name: DIMENSIONS[name].sight(request) for name in program.dimensions}
        self.truths = [self.sights[one.dimension].meets(one.words) for one in program.conditions]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and self.request == other.request

    __hash__ = None  # type: ignore[assignment]  # nobody keeps views in sets


def judge(step: Step, view: View) -> Verdict:
    """Return how one rule bears on a request.

    An exemption from a moratorium holds only for the purpose and end user whose grant names it, and only
    until that exemption ends.
    """
    truths = [view.truths[number] for number in step.conditions]
    if _NOT_MET in truths:
        return step.not_met
    result = _result(step.rule, truths, view.request.at)
    if step.lifts_moratorium and result is Result.APPLIES and not _granted(step.rule, view.request):
        result = Result.NOT_GRANTED
    return Verdict(step.rule, step.version, result, _counts_as(step.rule, result))


def lift(verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts on the rules of a version, those lifted by an exemption that applies as lifted."""
    lifting: dict[str, str] = {}
    for one in verdicts:
        if one.rule.lifts and one.result is Result.APPLIES:
            lifting = dict.fromkeys(one.rule.lifts, one.rule.id) | lifting
    return [_lifted(one, lifting) for one in verdicts] if lifting else verdicts


def tell(verdict: Verdict, view: View) -> RuleResult:
    """Return a verdict with all it looked at, in sentences."""
    rule, result = verdict.rule, verdict.result
    looks = tuple(_look(one.dimension, one.words, view) for one in rule.scope)
    sentence, remedy = rule.sentence, rule.remedy
    if result is Result.MISSING:
        lacking = ", ".join(_lacking(looks))
        sentence = f"Not stated: {lacking}. Without it this rule cannot be judged: {rule.sentence}"
        remedy = f"State what is missing: {lacking}."
    # A rule that lapsed says so even where an exemption lifts it.
    if result is Result.LAPSED or (result is Result.LIFTED and _is_over(rule, view.request.at)):
        sentence = f"This rule ended by date, and no one has confirmed its end: {rule.sentence}"
        remedy = "An officer has to look at this; two officers confirm the end of a moratorium."
    return RuleResult(
        rule_id=rule.id,
        version=verdict.version,
        kind=rule.kind,
        effect=rule.effect,
        period=rule.period,
        looked_at=looks,
        result=result,
        counts_as=verdict.counts_as,
        sentence=sentence,
        remedy=remedy,
        source=rule.source,
        lifted_by=verdict.lifted_by,
    )


def _look(dimension: str, wanted: frozenset[str], view: View) -> Look:
    sight = view.sights[dimension]
    return Look(dimension, wanted, sight.seen, sight.meets(wanted))


def _lifted(one: Verdict, lifting: dict[str, str]) -> Verdict:
    if one.result not in _LIFTABLE or one.rule.id not in lifting:
        return one
    return one._replace(result=Result.LIFTED, counts_as=None, lifted_by=lifting[one.rule.id])


def _result(rule: Rule, truths: Sequence[Truth], at: datetime) -> Result:
    if at < rule.period.starts_at:
        return Result.NOT_YET
    if _is_over(rule, at):
        return Result.LAPSED if rule.effect is Effect.REFUSE else Result.ENDED
    if Truth.MISSING in truths:
        return Result.MISSING
    if Truth.UNDETERMINED in truths and rule.on_undetermined is not WhenUndetermined.APPLY:
        return Result.UNDETERMINED
    return Result.APPLIES


def _is_over(rule: Rule, at: datetime) -> bool:
    return rule.period.ends_at is not None and rule.period.ends_at <= at


def _granted(rule: Rule, request: Request) -> bool:
    line = request.line
    in_force = exemption_state(line, request.at) is ExemptionState.IN_FORCE
    return line is not None and in_force and line.exemption == rule.id


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
        return _UNDETERMINED.get(rule.on_undetermined)
    if result is not Result.APPLIES:
        return None
    return Outcome.CLEARED if rule.kind is Kind.BASELINE else _COUNTS.get(rule.effect)
