"""Facts go to JSON and come back as they were."""

import json

import pytest
from hypothesis import given

from compliance.policy import plain
from compliance.policy.errors import PolicyError
from compliance.policy.facts import Facts, Undetermined
from compliance.policy.obligations import Obligations, merge, read_obligations
from compliance.policy.places import jurisdiction_words
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import (
    OrganizationType,
    Purpose,
    Review,
)
from tests.compliance.policy.builders import MUSEUM, facts, trafficking_lead, warrant
from tests.compliance.policy.strategies import any_facts


@given(any_facts)
def test_facts_come_back_from_canonical_json(stated):
    again = Facts.from_json(json.loads(plain.canonical(stated.to_json())))
    assert (again, again.sha256) == (stated, stated.sha256)


def test_missing_undetermined_and_none_are_told_apart():
    stated = facts(MUSEUM, Purpose.MEDIA_ARCHIVE, recipient=MISSING, subjects=Undetermined("Not known."))
    data = stated.to_json()
    assert data["recipient"] == {"missing": True}
    assert data["subjects"] == {"reason": "Not known."}
    assert data["authorization"] is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("purpose", "world_peace", "unknown_word"),
        ("purpose", 3, "unknown_word"),
        ("establishment", ["usa-1"], "jurisdiction"),
        ("establishment", ["US-"], "jurisdiction"),
        ("establishment", "US", "not_list"),
        ("synthetic", "yes", "not_flag"),
        ("threshold", True, "not_number"),
        ("gallery_size", 1.5, "not_whole"),
        ("organization", [], "not_object"),
        ("organization", {"id": "x"}, "missing_name"),
        ("organization", {"id": "x", "name": "X", "mood": "stern"}, "unknown_name"),
        ("case_reference", "", "not_text"),
        ("subjects", {"reason": ""}, "not_text"),
        ("weather", "fair", "unknown_name"),
    ],
)
def test_what_are_no_facts_is_said(name, value, code):
    data = trafficking_lead(authorization=warrant()).to_json() | {name: value}
    with pytest.raises(PolicyError) as error:
        Facts.from_json(data)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("US-IL", {"US-IL", "US"}),
        ("DE", {"DE", "EU", "EEA"}),
        ("FR-75", {"FR-75", "FR", "EU", "EEA"}),
        ("NO", {"NO", "EEA"}),
        ("EU", {"EU", "EEA"}),
        ("JP", {"JP"}),
    ],
)
def test_a_place_lies_in_all_it_belongs_to(code, words):
    assert jurisdiction_words(code) == words


def test_a_word_has_a_label():
    assert OrganizationType("education").label == "School, university, library or museum"


def test_the_stricter_demand_of_each_kind_wins():
    together = merge(
        [
            Obligations(min_similarity=80, false_candidate_budget=5, retention_days=30, reviewers=1),
            Obligations(min_similarity=99, review=Review.BEFORE_RELEASE, retention_days=90, reviewers=2),
        ]
    )
    assert (together.min_similarity, together.false_candidate_budget) == (99, 5)
    assert (together.retention_days, together.reviewers) == (30, 2)
    assert together.review is Review.BEFORE_RELEASE


def test_demands_come_back_from_json():
    demands = Obligations(min_similarity=99, conditions=frozenset({"Tell the person."}))
    assert read_obligations(demands.to_json()) == demands


@pytest.mark.parametrize(
    "values",
    [
        {"min_similarity": 101},
        {"min_similarity": -1},
        {"reviewers": 0},
        {"retention_days": 0},
        {"authorization_within_hours": 0},
        {"false_candidate_budget": 0},
    ],
)
def test_demands_out_of_range_are_refused(values):
    with pytest.raises(PolicyError):
        Obligations(**values)
