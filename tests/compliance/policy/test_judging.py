"""How single rules bear on facts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.facts import OrganizationFacts, Party, Undetermined
from compliance.policy.obligations import Obligations
from compliance.policy.plain import MISSING
from compliance.policy.rules import Condition, Effect, Kind, Period, WhenUndetermined
from compliance.policy.seeing import Request, Truth
from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType, Purpose, Record, RequestedBy
from tests.compliance.policy.builders import (
    HARBOR,
    LONG_AGO,
    MUSEUM,
    NOW,
    PARENT,
    UNIT,
    facts,
    lineage,
    rule,
    ruling,
)

ALLOW = rule("baseline-media_archive", Effect.ALLOW, Kind.BASELINE)
UNNAMED = replace(UNIT, id=None)
UNKNOWN_PLACE = Undetermined("Nobody knows.")


def archive(**changes):
    return facts(MUSEUM, Purpose.MEDIA_ARCHIVE, **changes)


def in_japan(effect=Effect.REFUSE, **changes):
    scope = (Condition("jurisdiction", frozenset({"JP"})),)
    return rule("japan", effect, scope=scope, **changes)


@pytest.mark.parametrize(
    ("choice", "outcome", "result"),
    [
        (WhenUndetermined.REFUSE, "refused", "undetermined"),
        (WhenUndetermined.REFER, "referred", "undetermined"),
        (WhenUndetermined.APPLY, "refused", "applies"),
        (WhenUndetermined.IGNORE, "cleared", "undetermined"),
    ],
)
def test_each_rule_says_what_it_does_with_a_fact_nobody_can_know(choice, outcome, result):
    found = ruling(archive(subjects=UNKNOWN_PLACE), lineage=lineage(ALLOW, in_japan(on_undetermined=choice)))
    assert (found.outcome, found.result_of("japan").result) == (outcome, result)


def test_one_place_that_is_known_outweighs_one_that_is_not():
    stated = archive(subjects=UNKNOWN_PLACE, processing=frozenset({"JP"}))
    rules = lineage(ALLOW, in_japan(on_undetermined=WhenUndetermined.IGNORE))
    assert ruling(stated, lineage=rules).outcome == "refused"


def test_a_refer_rule_that_has_ended_does_nothing():
    ended = in_japan(Effect.REFER, period=Period(LONG_AGO, NOW - timedelta(days=1)))
    found = ruling(archive(subjects=frozenset({"JP"})), lineage=lineage(ALLOW, ended))
    assert (found.outcome, found.result_of("japan").result) == ("cleared", "ended")


def test_an_allowance_that_has_ended_leaves_no_rule():
    ended = replace(ALLOW, period=Period(LONG_AGO, NOW))
    assert ruling(archive(), lineage=lineage(ended)).rule_id == "no-rule"


def test_a_floor_allows_nothing_by_itself():
    floor = rule("floor", Effect.ALLOW_WITH, Kind.FLOOR, obligations=Obligations(min_similarity=90))
    found = ruling(archive(), lineage=lineage(floor))
    assert (found.outcome, found.obligations.min_similarity) == ("referred", 90)


def test_a_moratorium_that_allows_with_conditions_is_conditional():
    soft = rule("soft", Effect.ALLOW_WITH, Kind.MORATORIUM, obligations=Obligations(reviewers=2))
    found = ruling(archive(), lineage=lineage(ALLOW, soft))
    assert (found.outcome, found.computed_status) == ("cleared", MoratoriumStatus.CONDITIONAL)


def test_a_lapsed_moratorium_is_still_a_moratorium():
    lapsed = rule("old", kind=Kind.MORATORIUM, period=Period(LONG_AGO, NOW))
    found = ruling(archive(), lineage=lineage(ALLOW, lapsed))
    assert (found.outcome, found.computed_status) == ("referred", MoratoriumStatus.COVERED)


def test_an_exemption_from_what_is_no_moratorium_needs_no_grant():
    exemption = rule("but-ours", Effect.ALLOW, Kind.EXEMPTION, lifts=frozenset({"off"}))
    found = ruling(archive(), lineage=lineage(ALLOW, rule("off"), exemption))
    assert (found.outcome, found.result_of("off").lifted_by) == ("cleared", "but-ours")


def test_an_exemption_that_does_not_apply_lifts_nothing():
    exemption = rule(
        "but-ours",
        Effect.ALLOW,
        Kind.EXEMPTION,
        lifts=frozenset({"off"}),
        scope=(Condition("purpose", frozenset({"other"})),),
    )
    assert ruling(archive(), lineage=lineage(ALLOW, rule("off"), exemption)).rule_id == "off"


def test_a_missing_fact_is_not_lifted():
    exemption = rule("but-ours", Effect.ALLOW, Kind.EXEMPTION, lifts=frozenset({"japan"}))
    found = ruling(archive(subjects=MISSING), lineage=lineage(ALLOW, in_japan(), exemption))
    assert found.result_of("japan").result == "missing"
    assert found.outcome == "refused"


def seen(dimension, stated, *words, every=None):
    return DIMENSIONS[dimension].sight(Request(stated, NOW)).meets(frozenset(words))


@pytest.mark.parametrize(
    ("dimension", "changes", "word", "truth"),
    [
        ("end_user_is", {}, "organization", Truth.MET),
        ("end_user_is", {"end_user": UNIT}, "registered", Truth.MET),
        ("end_user_is", {"end_user": UNNAMED}, "unregistered", Truth.MET),
        ("end_user_is", {"end_user": MISSING}, "registered", Truth.MISSING),
        ("recipient_is", {}, "none", Truth.MET),
        ("recipient_is", {"recipient": MUSEUM}, "organization", Truth.MET),
        ("recipient_is", {"recipient": UNIT}, "other", Truth.MET),
        ("recipient_is", {"recipient": UNIT, "end_user": UNIT}, "end_user", Truth.MET),
        ("recipient_is", {"recipient": PARENT}, "private_person", Truth.MET),
        ("recipient_is", {"recipient": UNNAMED, "end_user": UNNAMED}, "other", Truth.MET),
        ("recipient_is", {"recipient": UNKNOWN_PLACE}, "other", Truth.UNDETERMINED),
        ("party", {"recipient": PARENT}, "private_person", Truth.MET),
        ("party", {"requested_by": RequestedBy.POLICE}, "law_enforcement_foreign", Truth.MET),
        ("party", {"requested_by": MISSING}, "law_enforcement_local", Truth.MISSING),
        ("party", {"requested_by": RequestedBy.COURT}, "law_enforcement_local", Truth.NOT_MET),
        ("every_party", {}, "education", Truth.MET),
        ("every_party", {"recipient": UNIT}, "education", Truth.NOT_MET),
        ("every_party", {"recipient": MISSING}, "education", Truth.MISSING),
        ("image_source", {"probe_source": None}, "own_customers", Truth.MET),
        ("image_source", {"probe_source": None, "gallery_source": None}, "open_web", Truth.NOT_MET),
        ("case_reference", {}, "present", Truth.MET),
        ("case_reference", {"case_reference": None}, "absent", Truth.MET),
        ("case_reference", {"case_reference": MISSING}, "absent", Truth.MISSING),
        ("lacks", {}, "lawful_basis", Truth.MET),
        ("lacks", {"records": frozenset({Record.LAWFUL_BASIS})}, "lawful_basis", Truth.NOT_MET),
        ("lacks", {"records": MISSING}, "lawful_basis", Truth.MISSING),
        ("authorization", {"authorization": MISSING}, "absent", Truth.MISSING),
        ("attribute", {}, "age", Truth.NOT_MET),
        ("ungranted_attribute", {"attributes": MISSING}, "age", Truth.MISSING),
        ("ungranted_attribute", {"purpose": MISSING}, "age", Truth.NOT_MET),
        ("jurisdiction", {"subjects": MISSING}, "JP", Truth.MISSING),
        ("jurisdiction", {"subjects": MISSING}, "US", Truth.MET),
        ("grant", {"purpose": UNKNOWN_PLACE}, "absent", Truth.UNDETERMINED),
        ("recorded_status", {"purpose": MISSING}, "covered", Truth.MISSING),
        ("recorded_status", {"grants": ()}, "covered", Truth.NOT_MET),
        ("exemption", {"purpose": MISSING}, "expired", Truth.MISSING),
        ("exemption", {}, "none", Truth.MET),
    ],
)  # fmt: skip
def test_a_dimension_sees(dimension, changes, word, truth):
    assert DIMENSIONS[dimension].takes(word)
    assert seen(dimension, archive(**changes), word) is truth


def test_an_unverified_type_is_missing():
    stated = archive(organization=OrganizationFacts(id="org-x", name="X"))
    assert seen("organization_type", stated, "education") is Truth.MISSING


def test_a_pattern_takes_places_and_nothing_else():
    assert DIMENSIONS["jurisdiction"].takes("US-WA")
    assert not DIMENSIONS["jurisdiction"].takes("somewhere")


def test_without_a_version_nothing_runs():
    found = ruling(archive(), at=LONG_AGO - timedelta(days=1), lineage=lineage(ALLOW))
    assert (found.rule_id, found.version_sha256) == ("no-policy", None)


def test_a_private_person_is_no_organization():
    assert Party(name="Somebody", type=None).type is not OrganizationType.OTHER
    assert HARBOR.type is OrganizationType.ANTI_TRAFFICKING_NGO
