"""The moratorium of 2020 as it came, was extended, and would have lapsed."""

from datetime import timedelta

import pytest

from compliance.policy.rules import Lineage
from compliance.policy.vocabulary import MoratoriumStatus
from tests.compliance.policy.builders import DEFAULT, moment, police_search, ruling

V1_ONLY = Lineage(DEFAULT.versions[:1])
FIRST_DAY = moment("2020-06-10T00:00:00+00:00")


def test_before_any_version_everything_is_refused():
    found = ruling(police_search(), moment("2020-06-09T23:59:59+00:00"))
    assert (found.outcome, found.rule_id, found.version) == ("refused", "no-policy", None)


def test_a_second_before_the_moratorium_no_rule_speaks_of_police():
    found = ruling(police_search(), moment("2020-06-09T23:59:59+00:00"), known_at=FIRST_DAY)
    assert (found.outcome, found.rule_id) == ("referred", "no-rule")
    assert found.result_of("us-police-2020").result == "not_yet"


def test_police_search_is_refused_from_the_first_second():
    found = ruling(police_search(), FIRST_DAY)
    assert (found.outcome, found.rule_id, found.version) == (
        "refused",
        "us-police-2020",
        "countenance-default@1",
    )
    assert found.computed_status is MoratoriumStatus.COVERED


def test_a_plan_for_july_2021_flips_on_the_day_of_the_extension():
    july, day_before = moment("2021-07-01T09:00:00+00:00"), moment("2021-05-17T12:00:00+00:00")
    assert ruling(police_search(), july, known_at=day_before).outcome == "referred"
    assert ruling(police_search(), july, known_at=moment("2021-05-18T00:00:00+00:00")).outcome == "refused"


def test_under_the_first_version_alone_the_end_refers_and_never_clears():
    found = ruling(police_search(), moment("2021-06-10T00:00:00+00:00"), lineage=V1_ONLY)
    assert (found.outcome, found.rule_id) == ("referred", "us-police-2020")
    assert found.result_of("us-police-2020").result == "lapsed"
    assert "two officers confirm" in found.remedy


def test_a_second_before_its_end_the_first_version_still_refuses():
    found = ruling(police_search(), moment("2021-06-09T23:59:59+00:00"), lineage=V1_ONLY)
    assert found.outcome == "refused"


def test_under_the_second_version_the_end_of_the_first_changes_nothing():
    found = ruling(police_search(), moment("2021-06-10T00:00:00+00:00"))
    assert (found.outcome, found.version) == ("refused", "countenance-default@2")


def test_a_ruling_of_2020_still_prints_the_end_it_then_had():
    at = moment("2020-12-01T10:00:00+00:00")
    found = ruling(police_search(), at)
    assert found.period.ends_at == moment("2021-06-10T00:00:00+00:00")
    assert "10 June 2021" in found.sentence
    assert found == ruling(police_search(), at, lineage=V1_ONLY)


@pytest.mark.parametrize("days", [0, 1, 365, 3650])
def test_later_versions_do_not_change_a_ruling_of_the_past(days):
    at = FIRST_DAY + timedelta(hours=1)
    known_at = min(FIRST_DAY + timedelta(days=days), moment("2021-05-17T00:00:00+00:00"))
    assert ruling(police_search(), at, known_at) == ruling(police_search(), at, known_at, lineage=V1_ONLY)


def test_a_ruling_under_the_first_version_ends_with_it_at_the_latest():
    found = ruling(police_search(grants=()), moment("2021-06-09T00:00:00+00:00"), lineage=V1_ONLY)
    assert found.valid_until == moment("2021-06-10T00:00:00+00:00")
