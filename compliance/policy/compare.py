"""Whether one policy version allows anything that another did not: computed, never declared."""

from collections.abc import Mapping

from compliance.policy.obligations import merge
from compliance.policy.rules import Effect, Kind, Period, PolicyVersion, Rule, WhenUndetermined

# From loosest to strictest.
_EFFECTS = (Effect.ALLOW, Effect.ALLOW_WITH, Effect.REFER, Effect.REFUSE)


def loosenings(before: PolicyVersion, after: PolicyVersion) -> list[str]:
    """Return what a version allows, or may allow, that the one before did not: nothing for a tightening.

    It looks at rules, not at every combination of facts, and so errs on one side only: a change it cannot
    show to be stricter or equal counts as loosening.
    """
    old, new = _by_id(before), _by_id(after)
    found = [
        sentence
        for rule_id in sorted({**old, **new})
        for sentence in _of_rule(old.get(rule_id), new.get(rule_id))
    ]
    return found + _without_grant(old, new)


def is_tightening(before: PolicyVersion, after: PolicyVersion) -> bool:
    """Whether no cell of the vocabulary becomes looser."""
    return not loosenings(before, after)


def permits(rule: Rule) -> bool:
    """Whether a rule widens what is allowed, so that adding it loosens and removing it tightens."""
    return rule.kind in {Kind.BASELINE, Kind.EXEMPTION} or rule.obligations.thresholds_free


def _by_id(version: PolicyVersion) -> Mapping[str, Rule]:
    return {rule.id: rule for rule in version.rules}


def _of_rule(old: Rule | None, new: Rule | None) -> list[str]:
    if old is None and new is not None:
        return [f"{new.id} is added, and it allows something."] if permits(new) else []
    if new is None and old is not None:
        return [] if permits(old) else [f"{old.id} is removed."]
    if old is None or new is None or old == new:
        return []
    if permits(old) != permits(new) or old.kind is not new.kind:
        return [f"{old.id} changes its part."]
    return _of_permission(old, new) if permits(old) else _of_restriction(old, new)


def _of_restriction(old: Rule, new: Rule) -> list[str]:
    found = []
    if _EFFECTS.index(new.effect) < _EFFECTS.index(old.effect):
        found.append(f"{old.id} has a milder effect.")
    if not _within(old.period, new.period):
        found.append(f"{old.id} holds for a shorter time.")
    if not _covers(wide=new, narrow=old):
        found.append(f"{old.id} covers less.")
    if _is_milder_where_unknown(old, new):
        found.append(f"{old.id} is milder where a fact cannot be known.")
    if new.effect is not Effect.REFUSE and not _demands_as_much(old, new):
        found.append(f"{old.id} demands less.")
    return found


def _is_milder_where_unknown(old: Rule, new: Rule) -> bool:
    """Whether a restriction lets through more where a fact cannot be known.

    A referral in place of demands that would bind is no stricter: whoever approves it is bound by nothing.
    """
    before, after = _effect_where_unknown(old), _effect_where_unknown(new)
    demands_lost = before is Effect.ALLOW_WITH and after is Effect.REFER
    return _EFFECTS.index(after) < _EFFECTS.index(before) or demands_lost


def _effect_where_unknown(rule: Rule) -> Effect:
    return {
        WhenUndetermined.IGNORE: Effect.ALLOW,
        WhenUndetermined.APPLY: rule.effect,
        WhenUndetermined.REFER: Effect.REFER,
        WhenUndetermined.REFUSE: Effect.REFUSE,
    }[rule.on_undetermined]


def _without_grant(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> list[str]:
    """Return the exemptions that needed a grant, as those from a moratorium do, and need none any more."""
    kept = [name for name in old if name in new and new[name].kind is Kind.EXEMPTION]
    freed = [name for name in kept if _lifts_moratorium(old, name) and not _lifts_moratorium(new, name)]
    return [f"{name} needs no grant any more." for name in sorted(freed)]


def _lifts_moratorium(rules: Mapping[str, Rule], name: str) -> bool:
    return any(rules[lifted].kind is Kind.MORATORIUM for lifted in rules[name].lifts)


def _of_permission(old: Rule, new: Rule) -> list[str]:
    found = []
    if not _within(new.period, old.period):
        found.append(f"{old.id} holds for a longer time.")
    if not _covers(wide=old, narrow=new):
        found.append(f"{old.id} allows more.")
    if not new.lifts <= old.lifts:
        found.append(f"{old.id} lifts more.")
    if old.on_undetermined is not new.on_undetermined:
        found.append(f"{old.id} changes what it does where a fact cannot be known.")
    if not _demands_as_much(old, new):
        found.append(f"{old.id} demands less.")
    return found


def _within(inner: Period, outer: Period) -> bool:
    ends_within = outer.ends_at is None or (inner.ends_at is not None and inner.ends_at <= outer.ends_at)
    return outer.starts_at <= inner.starts_at and ends_within


def _covers(*, wide: Rule, narrow: Rule) -> bool:
    """Whether every set of facts that meets the narrow scope meets the wide one."""
    narrower = {condition.dimension: condition.words for condition in narrow.scope}
    return all(
        condition.dimension in narrower and narrower[condition.dimension] <= condition.words
        for condition in wide.scope
    )


def _demands_as_much(old: Rule, new: Rule) -> bool:
    return merge([old.obligations, new.obligations]) == new.obligations
