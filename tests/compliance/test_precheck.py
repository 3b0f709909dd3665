"""What the rules would say before anybody decided."""

from datetime import UTC, datetime

import pytest

from compliance.policy.facts import OrganizationFacts
from compliance.policy.packs import load_pack
from compliance.policy.vocabulary import MoratoriumStatus, Outcome, Record
from compliance.precheck import lines_of, preview

AT = datetime(2025, 6, 1, tzinfo=UTC)
ANSWERS = {
    "organization_type": "child_protection_ngo",
    "purposes": ["find_missing_child"],
    "image_sources": ["case_file"],
    "establishment": ["US-WA"],
    "processing": ["US-OR"],
    "subjects": ["US-WA"],
}
POLICE = {"name": "Westford Police", "organization_type": "law_enforcement_local", "jurisdiction": "US-WA"}


@pytest.fixture(scope="module")
def lineage():
    return load_pack("countenance-default")


def previews(lineage, records=frozenset(), **answers):
    applicant = OrganizationFacts(id="org-1", name="Harbor Light")
    lines = lines_of(ANSWERS | answers, organization=applicant, records=records)
    return [preview(facts, lineage, at=AT) for facts in lines]


def test_a_charity_that_serves_itself_needs_no_exemption(lineage):
    (one,) = previews(lineage)
    assert (one.status, one.ruling.outcome) == (MoratoriumStatus.NOT_COVERED, Outcome.CLEARED)
    assert one.exemption is None


def test_police_as_end_user_are_covered_and_the_exemption_is_named(lineage):
    (one,) = previews(lineage, end_users=[POLICE])
    assert one.moratorium.rule_id == "us-police-2020"
    assert one.exemption.rule_id == "humanitarian-exemption"
    assert (one.status, one.ruling.outcome) == (MoratoriumStatus.EXEMPT, Outcome.CLEARED)


def test_police_as_applicant_find_no_exemption(lineage):
    (one,) = previews(lineage, organization_type="law_enforcement_local")
    assert (one.status, one.ruling.rule_id) == (MoratoriumStatus.COVERED, "us-police-2020")
    assert one.exemption is None


def test_documents_that_a_law_waits_for_are_named(lineage):
    (one,) = previews(lineage, establishment=["DE"])
    assert set(one.lacking) == {
        Record.LAWFUL_BASIS,
        Record.ARTICLE_9_CONDITION,
        Record.IMPACT_ASSESSMENT,
    }


def test_documents_on_file_are_not_asked_for(lineage):
    held = frozenset({Record.LAWFUL_BASIS, Record.ARTICLE_9_CONDITION, Record.IMPACT_ASSESSMENT})
    (one,) = previews(lineage, held, establishment=["DE"])
    assert (one.lacking, one.ruling.outcome) == ((), Outcome.CLEARED)


def test_an_answer_not_given_yet_counts_as_missing(lineage):
    (one,) = previews(lineage, establishment=[])
    assert one.ruling.outcome is Outcome.REFUSED
    assert "where" in one.ruling.remedy


def test_every_purpose_is_judged_for_every_end_user(lineage):
    itself = {"name": "Harbor Light", "organization_type": None, "jurisdiction": None}
    found = previews(lineage, purposes=["find_missing_child", "live_watchlist"], end_users=[itself, POLICE])
    assert [one.ruling.outcome for one in found].count(Outcome.REFUSED) == 2
    assert len(found) == 4


def test_nothing_is_judged_before_a_purpose_is_named(lineage):
    assert previews(lineage, purposes=[]) == []
