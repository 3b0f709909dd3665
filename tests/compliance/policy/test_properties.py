"""What holds for any facts and any rules."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.policy.compare import is_tightening
from compliance.policy.evaluate import evaluate, evaluator_hash
from compliance.policy.packs import version_from_json
from compliance.policy.rules import Lineage
from compliance.policy.vocabulary import Outcome
from tests.compliance.policy.builders import DEFAULT, LONG_AGO, child_search, ruling
from tests.compliance.policy.strategies import any_facts, moments, restrictions

STRICTNESS = list(Outcome)
NEWEST = DEFAULT.versions[-1]


def with_rule(added):
    return Lineage((replace(NEWEST, published_at=LONG_AGO, rules=(*NEWEST.rules, added)),))


WITHOUT = Lineage((replace(NEWEST, published_at=LONG_AGO),))


@given(any_facts, moments, moments)
def test_any_facts_at_any_moment_are_ruled_on_and_twice_the_same(stated, at, known_at):
    first = evaluate(stated, DEFAULT, at=at, known_at=known_at)
    assert first == evaluate(stated, DEFAULT, at=at, known_at=known_at)
    assert first.outcome in Outcome
    assert first.valid_until is None or first.valid_until > at
    assert first.is_cleared == (first.outcome is Outcome.CLEARED)


@given(any_facts, moments, restrictions())
def test_adding_a_restriction_never_loosens(stated, at, added):
    before = evaluate(stated, WITHOUT, at=at, known_at=at).outcome
    after = evaluate(stated, with_rule(added), at=at, known_at=at).outcome
    assert STRICTNESS.index(after) >= STRICTNESS.index(before)


@given(any_facts, moments)
def test_a_ruling_is_cleared_only_within_a_grant_in_force(stated, at):
    found = evaluate(stated, WITHOUT, at=at, known_at=at)
    lines = [g for g in stated.grants if g.starts_at <= at < g.expires_at and g.purpose == stated.purpose]
    assert not found.is_cleared or lines


@given(any_facts, moments)
def test_nothing_changes_before_the_ruling_ends(stated, at):
    found = evaluate(stated, WITHOUT, at=at, known_at=at)
    if found.valid_until is not None:
        later = at + (found.valid_until - at) / 2
        assert evaluate(stated, WITHOUT, at=later, known_at=later).outcome is found.outcome


@given(any_facts, moments, restrictions())
def test_the_stored_form_of_a_version_rules_alike(stated, at, added):
    stored = Lineage(tuple(version_from_json(one.to_json()) for one in with_rule(added).versions))
    assert evaluate(stated, stored, at=at, known_at=at) == evaluate(
        stated, with_rule(added), at=at, known_at=at
    )


@given(restrictions(), restrictions("added"))
def test_what_counts_as_tightening_never_loosens_a_ruling(one, other):
    before, after = with_rule(one).versions[0], with_rule(other).versions[0]
    if is_tightening(before, after):
        stated = child_search()
        outcomes = [
            evaluate(stated, Lineage((version,)), at=moment, known_at=moment).outcome
            for moment in (one.period.starts_at, one.period.ends_at or other.period.starts_at)
            for version in (before, after)
        ]
        assert STRICTNESS.index(outcomes[1]) >= STRICTNESS.index(outcomes[0])
        assert STRICTNESS.index(outcomes[3]) >= STRICTNESS.index(outcomes[2])


@given(st.data())
def test_a_ruling_goes_to_json(data):
    found = ruling(data.draw(any_facts))
    assert found.to_json()["rule_id"] == found.rule_id
    assert len(found.to_json()["looked_at"]) == len(found.looked_at)


def test_the_hash_of_the_evaluator_is_of_its_text():
    assert len(evaluator_hash()) == 64
    assert ruling(child_search()).evaluator_hash == evaluator_hash()


def test_a_rule_that_is_not_there_has_no_result():
    with pytest.raises(KeyError):
        ruling(child_search()).result_of("no-such-rule")
