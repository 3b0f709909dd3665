"""The short form in which rulings are stored says all that the long one says."""

import json

import pytest
from hypothesis import given

from compliance.policy.evaluate import evaluate
from compliance.policy.shorthand import expand, shorten, written_out
from tests.compliance.policy.builders import DEFAULT, NOW, moment, ruling
from tests.compliance.policy.strategies import any_facts, moments
from tests.compliance.policy.test_cases import TABLE


def through_the_database(data):
    return json.loads(json.dumps(data))


def told(found):
    version = next((one for one in DEFAULT.versions if one.label == found.version), None)
    return expand(through_the_database(shorten(found)), version)


@given(any_facts, moments, moments)
def test_any_ruling_comes_back_word_for_word(stated, at, known_at):
    found = evaluate(stated, DEFAULT, at=at, known_at=known_at)
    assert told(found) == through_the_database(written_out(found.looked_at))


@pytest.mark.parametrize(
    "at", [NOW, moment("2020-06-09T00:00:00+00:00"), moment("2027-01-01T00:00:00+00:00")]
)
@pytest.mark.parametrize("case", TABLE)
def test_realistic_rulings_come_back_word_for_word(case, at):
    found = ruling(TABLE[case][0], at)
    assert told(found) == through_the_database(written_out(found.looked_at))


def test_the_short_form_is_an_eighth_of_the_long_one():
    for stated, *_ in TABLE.values():
        found = ruling(stated)
        short, long = (len(json.dumps(one)) for one in (shorten(found), written_out(found.looked_at)))
        assert short < long / 8
