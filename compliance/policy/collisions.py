"""Rules of two packs under one id: refused where they are not the same rule.

A refusal and a grant name a rule by its id alone. Packs are lineages of their own, and an operator can put
another one in force: if `us-police-2020` then meant something else, earlier refusals would read as if they
had said that, and an exemption granted from the one would exempt from the other. So a rule that forbids or
exempts has its id for itself in all packs. Another pack takes it over as it is, or uses the id for another
time or for uses that cannot be the same, or gives its own rule another id.
"""

from collections.abc import Iterable

from compliance.policy.errors import PolicyError
from compliance.policy.rules import Kind, Lineage, Period, PolicyVersion, Rule

_GUARDED = {Kind.MORATORIUM, Kind.EXEMPTION}
# Words of these dimensions may overlap though they differ: a state lies in its country.
_HIERARCHIES = {"jurisdiction"}


def collisions(rules: Iterable[Rule], others: Iterable[Lineage]) -> list[str]:
    """Return which moratoria and exemptions another pack knows as other rules, as sentences.

    Args:
        rules: Those that a version adds or changes.
        others: Lineages of the other packs.
    """
    known = [(one, rule) for lineage in others for one in lineage.versions for rule in one.rules]
    found = []
    for rule in rules:
        namesakes = [(one, other) for one, other in known if other.id == rule.id]
        colliding = [one for one, other in namesakes if _collide(rule, other)]
        if colliding and all(other != rule for _, other in namesakes):
            found.append(_sentence(rule, colliding[-1]))
    return found


def require_none(rules: Iterable[Rule], others: Iterable[Lineage]) -> None:
    """Refuse rules that another pack knows as other ones.

    Raises:
        PolicyError: `other_pack`.
    """
    for sentence in collisions(rules, others):
        raise PolicyError("other_pack", sentence)


def _sentence(rule: Rule, other: PolicyVersion) -> str:
    return (
        f"{rule.id} is another rule in {other.label}, for some of the same uses at the same time. "
        "Give yours an id of its own, or take that rule over as it is."
    )


def _collide(rule: Rule, other: Rule) -> bool:
    guarded = bool({rule.kind, other.kind} & _GUARDED)
    return guarded and _overlap(rule.period, other.period) and _share_uses(rule, other)


def _overlap(one: Period, other: Period) -> bool:
    first, second = sorted((one, other), key=lambda period: period.starts_at)
    return first.ends_at is None or second.starts_at < first.ends_at


def _share_uses(rule: Rule, other: Rule) -> bool:
    """Whether some use can meet both scopes, as far as their words tell."""
    words = {one.dimension: one.words for one in other.scope if one.dimension not in _HIERARCHIES}
    return all(one.words & words.get(one.dimension, one.words) for one in rule.scope)
