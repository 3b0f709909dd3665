"""One id means one rule, in whatever pack: what forbids or exempts is not named alike and meant otherwise."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.policy.collisions import collisions, require_none
from compliance.policy.errors import PolicyError
from compliance.policy.packs import load_pack, pack_names
from compliance.policy.rules import Condition, Effect, Kind, Lineage, Period
from tests.compliance.policy.builders import DEFAULT, FAR_AHEAD, LONG_AGO, rule, version

OURS = rule("no-archives", kind=Kind.MORATORIUM, period=Period(LONG_AGO, FAR_AHEAD))


def other_pack(*rules):
    return [Lineage((version(*rules, pack="other"),))]


def with_scope(**scope):
    return tuple(Condition(name, frozenset(words)) for name, words in scope.items())


@pytest.mark.parametrize(
    "other",
    [
        replace(OURS, sentence="Other words."),
        replace(OURS, period=Period(LONG_AGO)),
        replace(OURS, period=Period(FAR_AHEAD - timedelta(seconds=1))),
        replace(OURS, scope=with_scope(purpose=["media_archive", "other"])),
        replace(OURS, scope=with_scope(operation=["search"])),
        replace(OURS, kind=Kind.LAW),
        replace(OURS, kind=Kind.LAW, effect=Effect.REFER),
    ],
)
def test_another_rule_of_that_id_for_some_of_the_same_collides(other):
    [sentence] = collisions([OURS], other_pack(other))
    assert sentence.startswith("no-archives is another rule in other@1")
    assert "Give yours an id of its own" in sentence


@pytest.mark.parametrize(
    "other",
    [
        OURS,
        replace(OURS, id="no-museums"),
        replace(OURS, period=Period(FAR_AHEAD)),
        replace(OURS, scope=with_scope(purpose=["other"])),
    ],
)
def test_the_same_rule_another_id_another_time_and_other_uses_do_not_collide(other):
    assert collisions([OURS], other_pack(other)) == []


def test_a_rule_taken_over_from_an_earlier_version_of_the_other_pack_does_not_collide():
    changed = replace(OURS, period=Period(LONG_AGO))
    others = [Lineage((version(OURS, pack="other"), version(changed, pack="other", number=2)))]
    assert collisions([OURS], others) == []
    assert collisions([replace(OURS, sentence="Other words.")], others)[0].startswith(
        "no-archives is another rule in other@2"
    )


def test_floors_and_laws_of_the_same_id_do_not_collide():
    floor = rule("floor", kind=Kind.LAW)
    assert collisions([floor], other_pack(replace(floor, sentence="Other words."))) == []


def test_a_state_and_its_country_are_not_told_apart():
    state = replace(OURS, scope=with_scope(jurisdiction=["US-WA"]))
    country = replace(OURS, scope=with_scope(jurisdiction=["US"]))
    assert collisions([state], other_pack(country))


def test_what_collides_is_refused():
    require_none([OURS], other_pack(OURS))
    with pytest.raises(PolicyError, match="other_pack"):
        require_none([OURS], other_pack(replace(OURS, period=Period(LONG_AGO))))


def test_the_packs_that_ship_do_not_collide():
    packs = {name: load_pack(name) for name in pack_names()}
    for name, lineage in packs.items():
        others = [other for key, other in packs.items() if key != name]
        assert collisions(lineage.versions[-1].rules, others) == []
    assert len(packs) == 2


def test_the_narrower_moratorium_under_the_id_of_the_wider_would_be_refused():
    terms = load_pack("us-police-2020-service-terms").versions[-1]
    narrower = next(one for one in terms.rules if one.id == "us-police-2020-service-terms")
    assert collisions([replace(narrower, id="us-police-2020")], [DEFAULT])
