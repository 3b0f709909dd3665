"""Whether a version loosens another is computed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.policy.compare import is_tightening, loosenings
from compliance.policy.obligations import Obligations
from compliance.policy.rules import Condition, Effect, Kind, Period, WhenUndetermined
from tests.compliance.policy.builders import DEFAULT, FAR_AHEAD, LONG_AGO, rule, version

WIDE = (Condition("purpose", frozenset({"media_archive", "other"})),)
NARROW = (*WIDE, Condition("operation", frozenset({"search"})))
ENDS = Period(LONG_AGO, FAR_AHEAD)
FLOOR = rule("x", Effect.ALLOW_WITH, Kind.FLOOR, obligations=Obligations(min_similarity=80))
FREE = rule("x", Effect.ALLOW_WITH, Kind.FLOOR, obligations=Obligations(thresholds_free=True))
OFF = rule("x", period=ENDS)
BASE = rule("x", Effect.ALLOW, Kind.BASELINE, scope=NARROW, period=ENDS)


def loosens(old, new):
    before = version(*([old] if old else []))
    after = version(*([new] if new else []), number=2)
    assert is_tightening(before, after) == (not loosenings(before, after))
    return not is_tightening(before, after)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OFF, None),
        (None, BASE),
        (None, FREE),
        (OFF, replace(OFF, effect=Effect.REFER)),
        (OFF, replace(OFF, period=Period(LONG_AGO, FAR_AHEAD - timedelta(days=1)))),
        (OFF, replace(OFF, period=Period(LONG_AGO + timedelta(days=1), FAR_AHEAD))),
        (rule("x", period=Period(LONG_AGO)), OFF),
        (OFF, replace(OFF, scope=(Condition("purpose", frozenset({"other"})),))),
        (OFF, replace(OFF, scope=(*OFF.scope, Condition("operation", frozenset({"search"}))))),
        (OFF, replace(OFF, on_undetermined=WhenUndetermined.IGNORE)),
        (OFF, replace(OFF, kind=Kind.LAW)),
        (FLOOR, replace(FLOOR, obligations=Obligations(min_similarity=70))),
        (FLOOR, FREE),
        (BASE, replace(BASE, scope=WIDE)),
        (BASE, replace(BASE, period=Period(LONG_AGO))),
        (BASE, replace(BASE, on_undetermined=WhenUndetermined.APPLY)),
        (
            replace(BASE, effect=Effect.ALLOW_WITH, obligations=Obligations(reviewers=2)),
            BASE,
        ),
    ],
)
def test_this_loosens(old, new):
    assert loosens(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OFF, OFF),
        (None, OFF),
        (BASE, None),
        (None, FLOOR),
        (OFF, replace(OFF, sentence="Said better.")),
        (OFF, replace(OFF, period=Period(LONG_AGO))),
        (OFF, replace(OFF, scope=WIDE)),
        (FLOOR, replace(FLOOR, obligations=Obligations(min_similarity=90))),
        (FLOOR, replace(FLOOR, effect=Effect.REFUSE, obligations=Obligations())),
        (BASE, replace(BASE, period=Period(LONG_AGO, FAR_AHEAD - timedelta(days=1)))),
        (BASE, replace(BASE, effect=Effect.ALLOW_WITH, obligations=Obligations(reviewers=2))),
    ],
)
def test_this_tightens(old, new):
    assert not loosens(old, new)


def test_an_exemption_that_lifts_more_loosens():
    both = [rule("a"), rule("b")]
    one = rule("x", Effect.ALLOW, Kind.EXEMPTION, lifts=frozenset({"a"}))
    two = replace(one, lifts=frozenset({"a", "b"}))
    assert not is_tightening(version(*both, one), version(*both, two, number=2))
    assert is_tightening(version(*both, two), version(*both, one, number=2))


def test_the_extension_of_2021_tightens_and_its_undoing_loosens():
    first, second, third = DEFAULT.versions
    assert is_tightening(first, second)
    assert loosenings(second, first) == ["us-police-2020 holds for a shorter time."]
    assert is_tightening(second, third)


IGNORE, APPLY, REFER = WhenUndetermined.IGNORE, WhenUndetermined.APPLY, WhenUndetermined.REFER
REFUSE = rule("x", on_undetermined=APPLY)
LEARN = rule("x", Effect.ALLOW_WITH, Kind.FLOOR, obligations=Obligations(reviewers=2))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (REFUSE, replace(REFUSE, on_undetermined=REFER)),
        (replace(LEARN, on_undetermined=APPLY), replace(LEARN, on_undetermined=REFER)),
        (LEARN, replace(LEARN, effect=Effect.REFER, obligations=Obligations())),
    ],
)
def test_a_referral_in_place_of_what_would_bind_loosens(old, new):
    assert loosens(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (replace(REFUSE, on_undetermined=REFER), REFUSE),
        (REFUSE, replace(REFUSE, on_undetermined=WhenUndetermined.REFUSE)),
        (replace(REFUSE, on_undetermined=IGNORE), replace(REFUSE, on_undetermined=REFER)),
    ],
)
def test_to_refuse_where_a_fact_cannot_be_known_tightens(old, new):
    assert not loosens(old, new)


def test_an_exemption_that_needs_no_grant_any_more_loosens():
    law, moratorium = rule("a", kind=Kind.LAW), rule("b", kind=Kind.MORATORIUM)
    both = rule("x", Effect.ALLOW, Kind.EXEMPTION, lifts=frozenset({"a", "b"}))
    found = loosenings(
        version(law, moratorium, both), version(law, moratorium, replace(both, lifts=frozenset({"a"})))
    )
    assert found == ["x needs no grant any more."]
