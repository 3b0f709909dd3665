"""Limits of a grant, judged as facts: volume, faces, retention and recipients."""

from dataclasses import replace

import pytest

from compliance.policy.facts import Facts, Party, Undetermined
from compliance.policy.obligations import Obligations, merge, read_obligations
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import OrganizationType, Outcome
from tests.compliance.policy.builders import OTHER_UNIT, UNIT, child_search, ruling

STRANGER = Party(id="eus-aid", name="Quayside Aid", type=OrganizationType.MISSING_PERSONS_NGO)


def limited(limit, **facts):
    asked = child_search(**facts)
    line = replace(asked.grants[0], conditions=Obligations(**limit))
    return replace(asked, grants=(line,))


CASES = [
    ("images-used-up", {"images_in_30_days": 100}, "images_used", 101, 100),
    ("gallery-full", {"gallery_faces": 100}, "faces_after", 101, 100),
    ("kept-too-long", {"retention_days": 30}, "gallery_retention_days", 31, 30),
    ("recipient-not-named", {"recipients": frozenset({UNIT.id})}, "recipient", STRANGER, None),
]


@pytest.mark.parametrize(("rule", "limit", "fact", "beyond", "within"), CASES)
def test_what_exceeds_a_limit_is_refused_by_the_rule_of_its_kind(rule, limit, fact, beyond, within):
    refused = ruling(limited(limit, **{fact: beyond}))
    assert (refused.outcome, refused.rule_id) == (Outcome.REFUSED, rule)
    assert ruling(limited(limit, **{fact: within})).outcome is Outcome.CLEARED


@pytest.mark.parametrize(("rule", "limit", "fact", "beyond", "within"), CASES)
def test_a_limit_that_is_not_set_is_not_listed(rule, limit, fact, beyond, within):
    free = ruling(child_search())
    assert rule not in {one.rule_id for one in free.looked_at}
    assert rule in {one.rule_id for one in ruling(limited(limit, **{fact: within})).looked_at}


@pytest.mark.parametrize(
    ("limit", "fact"), [({"images_in_30_days": 5}, "images_used"), ({"gallery_faces": 5}, "faces_after")]
)
def test_what_nobody_counted_is_refused_where_a_limit_is_set(limit, fact):
    refused = ruling(limited(limit))
    assert refused.outcome is Outcome.REFUSED
    assert refused.result_of(refused.rule_id).result == "missing"
    assert getattr(limited(limit), fact) is MISSING


def test_a_named_recipient_gets_results():
    unit = {"recipient": UNIT, "end_user": UNIT}
    named = limited({"recipients": frozenset({UNIT.id})}, **unit)
    other = limited({"recipients": frozenset({OTHER_UNIT.id})}, **unit)
    limits = [
        [one.result for one in ruling(asked).looked_at if one.rule_id == "recipient-not-named"]
        for asked in (named, other)
    ]
    assert limits == [["not_met"], ["applies"]]


def test_a_recipient_whom_nobody_has_verified_is_none_of_those_named():
    asked = limited({"recipients": frozenset({UNIT.id})}, recipient=Undetermined("Not in the register."))
    results = {one.rule_id: one.result for one in ruling(asked).looked_at}
    assert results["recipient-not-named"] == "applies"


def test_of_two_lists_of_recipients_only_those_in_both_remain():
    both = [Obligations(recipients=frozenset({"a", "b"})), Obligations(recipients=frozenset({"b", "c"}))]
    assert merge([*both, Obligations()]).recipients == frozenset({"b"})
    assert merge([Obligations()]).recipients is None


def test_demands_with_limits_come_back_from_json():
    demands = Obligations(images_in_30_days=5, gallery_faces=9, recipients=frozenset({"a"}))
    assert read_obligations(demands.to_json()) == demands


def test_demands_and_facts_without_limits_are_written_as_before_limits_existed():
    added = {"images_in_30_days", "gallery_faces", "recipients"}
    assert not added & set(Obligations().to_json())
    asked = child_search()
    assert not {"images_used", "faces_after", "gallery_retention_days"} & set(asked.to_json())
    assert Facts.from_json(asked.to_json()).sha256 == asked.sha256
