"""Facts that cannot all be true, each with the fact to mend."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from compliance.policy.contradictions import contradictions
from compliance.policy.facts import Undetermined
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import (
    Attribute,
    ImageSource,
    Operation,
    Purpose,
    RequestedBy,
    SubjectClass,
)
from tests.compliance.policy.builders import (
    MUSEUM,
    NOW,
    UNIT,
    child_search,
    facts,
    police_search,
    ruling,
    trafficking_lead,
    warrant,
)
from tests.compliance.policy.strategies import any_facts

ENROLL = {"operation": Operation.ENROLL}


def wrong_with(stated):
    return [found.fact for found in contradictions(stated)]


@pytest.mark.parametrize(
    ("stated", "fact"),
    [
        (child_search(subject_class=SubjectClass.MISSING_ADULT), "subject_class"),
        (child_search(subject_class=SubjectClass.DECEASED), "subject_class"),
        (child_search(purpose=Purpose.FIND_MISSING_ADULT), "subject_class"),
        (facts(MUSEUM, Purpose.DECEASED_IDENTIFICATION), "subject_class"),
        (child_search(probe_source=None), "probe_source"),
        (child_search(gallery_source=None), "gallery_source"),
        (child_search(**ENROLL, probe_source=ImageSource.CCTV), "probe_source"),
        (child_search(operation=Operation.ATTRIBUTES), "attributes"),
        (child_search(authorization=warrant(expires_at=NOW - timedelta(days=2))), "authorization"),
        (child_search(authorization=warrant(expires_at=warrant().issued_at)), "authorization"),
        (child_search(threshold=100.5), "threshold"),
        (child_search(threshold=-1.0), "threshold"),
        (child_search(gallery_size=-1), "gallery_size"),
        (child_search(images_used=-1), "images_used"),
        (child_search(faces_after=-7), "faces_after"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_by_the_fact_to_mend(stated, fact):
    [found] = contradictions(stated)
    assert found.fact == fact
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    "stated",
    [
        child_search(),
        police_search(),
        trafficking_lead(),
        child_search(**ENROLL, probe_source=None),
        child_search(**ENROLL, probe_source=ImageSource.CCTV, gallery_source=ImageSource.CCTV),
        child_search(operation=Operation.DETECT, gallery_source=None),
        child_search(operation=Operation.ATTRIBUTES, attributes=frozenset({Attribute.AGE})),
        child_search(operation=Operation.ATTRIBUTES, attributes=MISSING),
        child_search(requested_by=RequestedBy.FAMILY, recipient=UNIT, end_user=UNIT),
        child_search(authorization=warrant(expires_at=None)),
        child_search(threshold=0.0),
        child_search(threshold=100.0),
        child_search(threshold=None, gallery_size=None),
        child_search(subject_class=MISSING),
        child_search(purpose=Undetermined("Nobody knows.")),
    ],
)
def test_what_can_be_is_left_to_the_rules(stated):
    assert contradictions(stated) == []


def test_a_forbidden_subject_is_a_matter_of_rules():
    stated = child_search(subject_class=SubjectClass.SUSPECT)
    assert contradictions(stated) == []
    assert ruling(stated).rule_id == "people-finding-no-suspect"


def test_everything_wrong_is_told_in_order():
    stated = child_search(subject_class=SubjectClass.MISSING_ADULT, probe_source=None, threshold=101.0)
    assert wrong_with(stated) == ["subject_class", "probe_source", "threshold"]


@given(any_facts)
def test_any_facts_are_looked_through_and_mended_facts_are_not_wrong_again(stated):
    wrong = wrong_with(stated)
    mended = replace(stated, **dict.fromkeys(wrong, MISSING))
    assert not set(wrong_with(mended)) & set(wrong)
