"""Limits that rules and grant set together: judged from the demands, against what was counted.

They come last and only where a limit is set, so that a ruling without limits lists what it always did.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compliance.policy.facts import Facts, Party, Undetermined
from compliance.policy.obligations import Obligations
from compliance.policy.plain import MISSING
from compliance.policy.platform import ALWAYS, PLATFORM, SOURCE
from compliance.policy.results import Look, Result, RuleResult
from compliance.policy.rules import Effect, Kind
from compliance.policy.seeing import Seen, Truth
from compliance.policy.vocabulary import Outcome

RECIPIENT_NOT_NAMED = "recipient-not-named"


@dataclass(frozen=True)
class _Limit:
    """One kind of limit.

    Attributes:
        demand: Its name among the obligations.
        fact: What is held against it.
        kept: Whether facts keep to it; None where it does not bear on them.
        remedy: What to do; `{limit}` is replaced.
    """

    rule_id: str
    label: str
    demand: str
    fact: str
    kept: Callable[[Facts, Any], bool | None]
    sentence: str
    remedy: str
    may_be_unstated: bool = False


def judge(demands: Obligations, facts: Facts) -> list[RuleResult]:
    """Return how each limit that is set bears on facts."""
    limits = [(one, getattr(demands, one.demand)) for one in LIMITS]
    return [_judged(one, facts, value) for one, value in limits if value is not None]


def _at_most(name: str) -> Callable[[Facts, int], bool | None]:
    def kept(facts: Facts, limit: int) -> bool | None:
        counted = getattr(facts, name)
        return None if counted is None or isinstance(counted, Undetermined) else counted <= limit

    return kept


def _named(facts: Facts, limit: frozenset[str]) -> bool | None:
    party = facts.recipient
    if isinstance(party, Undetermined):
        return False  # nobody knows who they are, so they are none of those named
    if not isinstance(party, Party):
        return None  # results stay with the organization
    return party.id == facts.organization.id or party.id in limit


LIMITS = (
    _Limit(
        "images-used-up",
        "images in 30 days",
        "images_in_30_days",
        "images_used",
        _at_most("images_used"),
        "More images than the grant allows within 30 days for this purpose and end user.",
        "Wait until earlier images are 30 days old, hand in fewer, or ask for a larger volume ({limit}).",
    ),
    _Limit(
        "gallery-full",
        "faces in the gallery",
        "gallery_faces",
        "faces_after",
        _at_most("faces_after"),
        "The gallery would hold more faces than the grant allows.",
        "Erase faces that are no longer needed, enroll fewer, or ask for a larger gallery ({limit}).",
    ),
    _Limit(
        "kept-too-long",
        "days that the gallery keeps faces",
        "retention_days",
        "gallery_retention_days",
        _at_most("gallery_retention_days"),
        "The gallery keeps its faces longer than the rules and the grant allow.",
        "Shorten the gallery's retention ({limit}).",
        # Retention was demanded before it was stated: rulings from then have to come out as they did.
        may_be_unstated=True,
    ),
    _Limit(
        RECIPIENT_NOT_NAMED,
        "recipient of the results",
        "recipients",
        "recipient",
        _named,
        "The grant lets results go to named recipients only, and this is none of them.",
        "Name a recipient of the grant, keep the results, or ask for this recipient to be added.",
    ),
)


def _judged(limit: _Limit, facts: Facts, value: Any) -> RuleResult:
    stated = getattr(facts, limit.fact)
    if stated is MISSING:
        result = Result.NOT_MET if limit.may_be_unstated else Result.MISSING
    else:
        result = Result.APPLIES if limit.kept(facts, value) is False else Result.NOT_MET
    refuses = result is not Result.NOT_MET
    words = _in_words(value)
    return RuleResult(
        rule_id=limit.rule_id,
        version=PLATFORM,
        kind=Kind.STANDING,
        effect=Effect.REFUSE,
        period=ALWAYS,
        looked_at=(Look(limit.label, frozenset({words}), (_seen(limit, facts, stated),), _truth(result)),),
        result=result,
        counts_as=Outcome.REFUSED if refuses else None,
        sentence=limit.sentence,
        remedy=limit.remedy.format(limit=words),
        source=SOURCE,
    )


def _truth(result: Result) -> Truth:
    known = {Result.MISSING: Truth.MISSING, Result.APPLIES: Truth.MET}
    return known.get(result, Truth.NOT_MET)


def _seen(limit: _Limit, facts: Facts, stated: Any) -> Seen:
    if stated is MISSING or isinstance(stated, Undetermined):
        return Seen(limit.fact, stated)
    if stated is None:
        return Seen(limit.fact, frozenset())
    return Seen(limit.fact, frozenset({stated.name if isinstance(stated, Party) else f"{stated:,}"}))


def _in_words(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"{len(value)} named"
    return f"at most {value:,}"
