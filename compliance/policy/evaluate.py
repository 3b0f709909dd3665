"""The one function that says whether a face may be looked at."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from compliance.policy import limits
from compliance.policy.compiled import Program, Verdict, compiled
from compliance.policy.facts import Authorization, Facts
from compliance.policy.judge import View, judge, lift, tell
from compliance.policy.obligations import Obligations, merge
from compliance.policy.platform import ALWAYS, FIRST, LAST, NO_POLICY, NO_RULE, PLATFORM, SOURCE
from compliance.policy.results import Result, RuleResult
from compliance.policy.rules import Effect, Kind, Lineage, PolicyVersion
from compliance.policy.ruling import Ruling
from compliance.policy.seeing import Request
from compliance.policy.vocabulary import MoratoriumStatus, Outcome, strictest


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
    program = _program(version)
    view = View(program, Request(facts, at))
    verdicts = lift([judge(step, view) for step in program.steps])
    bearing = [one for one in verdicts if one.result is not Result.NOT_MET]
    obligations = _obligations(bearing, view.request)
    before, after = _gaps(bearing, version)
    after = (*after, *limits.judge(obligations, facts))
    deciding = _deciding((*before, *bearing, *after), view)
    recorded, computed = _recorded(view.request), _computed(bearing)
    return Ruling(
        outcome=deciding.counts_as or Outcome.REFUSED,
        rule_id=deciding.rule_id,
        sentence=deciding.sentence,
        remedy=deciding.remedy,
        source=deciding.source,
        period=deciding.period,
        verdicts=tuple(verdicts),
        before=before,
        after=after,
        view=view,
        obligations=obligations,
        valid_until=_next_boundary(facts, program, at),
        recorded_status=recorded,
        computed_status=computed,
        status=strictest(recorded, computed),
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


@lru_cache(maxsize=64)
def _program(version: PolicyVersion | None) -> Program:
    """Return the rules of a version between those of the platform, ready to judge."""
    own = [(version.label, rule) for rule in version.rules] if version else []
    first, last = ([(PLATFORM, rule) for rule in rules] for rules in (FIRST, LAST))
    return compiled([*first, *own, *last])


def _gaps(
    bearing: Sequence[Verdict], version: PolicyVersion | None
) -> tuple[tuple[RuleResult, ...], tuple[RuleResult, ...]]:
    """Return what follows from the absence of a version, and of a rule that allows."""
    if version is None:
        return (_NO_POLICY,), ()
    allowed = any(one.counts_as is Outcome.CLEARED for one in bearing)
    return (), () if allowed else (_NO_RULE,)


def _absence(rule_id: str, effect: Effect, outcome: Outcome, sentence: str, remedy: str) -> RuleResult:
    return RuleResult(
        rule_id=rule_id,
        version=PLATFORM,
        kind=Kind.STANDING,
        effect=effect,
        period=ALWAYS,
        looked_at=(),
        result=Result.APPLIES,
        counts_as=outcome,
        sentence=sentence,
        remedy=remedy,
        source=SOURCE,
    )


_NO_POLICY = _absence(
    NO_POLICY,
    Effect.REFUSE,
    Outcome.REFUSED,
    "No policy was in force, and without one nothing runs.",
    "The operator has to publish a policy version.",
)
_NO_RULE = _absence(
    NO_RULE,
    Effect.REFER,
    Outcome.REFERRED,
    "No rule allows this purpose for an organization of this type.",
    "An officer looks at it; a purpose runs only where a rule names it.",
)


def _deciding(found: Sequence[Verdict | RuleResult], view: View) -> RuleResult:
    """Return the first that refuses, else the first that refers, else the first that clears."""
    first: dict[Outcome | None, Verdict | RuleResult] = {}
    for one in found:
        first.setdefault(one.counts_as, one)
    deciding = first.get(Outcome.REFUSED) or first.get(Outcome.REFERRED) or first[Outcome.CLEARED]
    return tell(deciding, view) if isinstance(deciding, Verdict) else deciding


def _recorded(request: Request) -> MoratoriumStatus:
    return request.line.moratorium_status if request.line else MoratoriumStatus.UNKNOWN


def _computed(bearing: Sequence[Verdict]) -> MoratoriumStatus:
    moratoria = [one for one in bearing if one.rule.kind is Kind.MORATORIUM]
    if any(one.counts_as is not None for one in moratoria):
        return MoratoriumStatus.COVERED
    if any(one.result is Result.LIFTED for one in moratoria):
        return MoratoriumStatus.EXEMPT
    if any(one.result is Result.APPLIES for one in moratoria):
        return MoratoriumStatus.CONDITIONAL
    return MoratoriumStatus.NOT_COVERED


def _obligations(bearing: Sequence[Verdict], request: Request) -> Obligations:
    demands = [one.rule.obligations for one in bearing if _binds(one)]
    return merge([*demands, request.line.conditions] if request.line else demands)


def _binds(verdict: Verdict) -> bool:
    return verdict.result is Result.APPLIES and verdict.rule.effect is Effect.ALLOW_WITH


def _next_boundary(facts: Facts, program: Program, at: datetime) -> datetime | None:
    boundaries = [program.next_boundary(at), *_fact_boundaries(facts)]
    return min((moment for moment in boundaries if moment is not None and moment > at), default=None)


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
