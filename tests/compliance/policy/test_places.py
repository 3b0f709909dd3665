"""Places are countries and their parts, as the world knows them."""

import pytest

from compliance.policy.errors import PolicyError
from compliance.policy.places import EEA_MEMBERS, JURISDICTION, place


@pytest.mark.parametrize(
    "code", ["US", "US-WA", "US-DC", "DE", "DE-BY", "FR-75C", "GB-ENG", "EU", "EEA", "JP"]
)
def test_a_place_is_read(code):
    assert place(code) == code


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("us", "US"), ("us-wa", "US-WA"), ("US_WA", "US-WA"), ("US WA", "US-WA"), (" DE ", "DE"),
        ("USA", "US"), ("USA-WA", "US-WA"), ("UK", "GB"), ("EL", "GR"), ("eu", "EU"), ("Europe", "EU"),
        ("US-", "US"),
    ],
)  # fmt: skip
def test_a_place_written_otherwise_is_refused_with_what_is_meant(code, meant):
    with pytest.raises(PolicyError) as error:
        place(code)
    assert error.value.sentence == f"{code!r} is no jurisdiction: write {meant}."


@pytest.mark.parametrize("code", ["XX", "US-XX", "Washington", "EU-DE", "EEA-NO", "D", "DE-BAYERN", "US-WAX"])
def test_what_is_no_place_is_refused_with_an_example(code):
    with pytest.raises(PolicyError, match="jurisdiction") as error:
        place(code)
    assert "such as DE or US-WA" in error.value.sentence


@pytest.mark.parametrize("value", [3, None, "", ["US"]])
def test_what_is_no_text_is_no_place(value):
    with pytest.raises(PolicyError, match="not_text"):
        place(value)


def test_every_member_of_the_union_and_the_area_is_a_country():
    assert len(EEA_MEMBERS) == 30
    assert all(JURISDICTION.fullmatch(code) for code in EEA_MEMBERS)
