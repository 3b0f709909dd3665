"""Washington's law on face recognition in government: reports, warrants, and who is outside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.policy.facts import Party
from compliance.policy.packs import load_pack
from compliance.policy.vocabulary import (
    AuthorizationOutcome,
    Operation,
    OrganizationType,
    Purpose,
    Record,
    SubjectClass,
)
from tests.compliance.policy.builders import NOW, UNIT, child_search, facts, moment, ruling, warrant

SHERIFF = Party(id="org-sheriff", name="County sheriff", type=OrganizationType.LAW_ENFORCEMENT_LOCAL)
AGENCY = Party(id="org-agency", name="County agency", type=OrganizationType.OTHER_GOVERNMENT)
TERMS = load_pack("us-police-2020-service-terms")
REPORTS = frozenset(
    {
        Record.ACCOUNTABILITY_REPORT,
        Record.ANNUAL_REPORT,
        Record.INDEPENDENT_TEST_API,
        Record.OPERATOR_TRAINING,
    }
)
LIVE = {"operation": Operation.LIVE, "records": REPORTS}


def sheriff(purpose=Purpose.CRIMINAL_INVESTIGATION_LEAD, **changes):
    values = {"establishment": frozenset({"US-WA"}), "subject_class": SubjectClass.SUSPECT}
    return facts(SHERIFF, purpose, **values | changes)


def agency(**changes):
    values = {"establishment": frozenset({"US-WA"}), "subject_class": SubjectClass.DECEASED}
    return facts(AGENCY, Purpose.DECEASED_IDENTIFICATION, **values | changes)


def test_a_sheriff_is_refused_by_the_moratorium_with_and_without_reports():
    for records, result in ((frozenset(), "applies"), (REPORTS, "not_met")):
        found = ruling(sheriff(records=records))
        assert (found.outcome, found.rule_id) == ("refused", "us-police-2020")
        assert found.result_of("wa-6280").result == result


MISSING_CHILD = {"purpose": Purpose.FIND_MISSING_CHILD, "subject_class": SubjectClass.MISSING_CHILD}


@pytest.mark.parametrize(
    ("stated", "outcome", "rule_id"),
    [
        (sheriff(), "refused", "wa-6280"),
        (sheriff(records=REPORTS), "refused", "us-police-2020-service-terms"),
        (sheriff(Purpose.MEDIA_ARCHIVE, records=REPORTS), "refused", "us-police-2020-service-terms-suspect"),
        (sheriff(**MISSING_CHILD), "refused", "wa-6280"),
        (sheriff(**MISSING_CHILD, records=REPORTS - {Record.ANNUAL_REPORT}), "refused", "wa-6280"),
        (sheriff(**MISSING_CHILD, records=REPORTS), "referred", "no-rule"),
        (sheriff(operation=Operation.DETECT, records=REPORTS), "referred", "no-rule"),
        (child_search(recipient=UNIT, end_user=UNIT), "cleared", "baseline-find_missing_child"),
    ],
)
def test_under_the_narrower_service_terms(stated, outcome, rule_id):
    found = ruling(stated, lineage=TERMS)
    assert (found.outcome, found.rule_id) == (outcome, rule_id)


@pytest.mark.parametrize("lacking", sorted(REPORTS))
def test_an_agency_needs_all_four_documents(lacking):
    assert ruling(agency(records=REPORTS)).outcome == "cleared"
    assert ruling(agency(records=REPORTS - {lacking})).rule_id == "wa-6280"


def test_the_law_began_in_july_2021():
    day_before = moment("2021-06-30T23:59:59+00:00")
    assert ruling(agency(), day_before).result_of("wa-6280").result == "not_yet"
    assert ruling(agency(), day_before + timedelta(seconds=1)).rule_id == "wa-6280"


@pytest.mark.parametrize(
    ("authorization", "result"),
    [
        (None, "applies"),
        (warrant(), "not_met"),
        (warrant(expires_at=NOW), "applies"),
        (warrant(outcome=AuthorizationOutcome.PENDING), "applies"),
        (warrant(outcome=AuthorizationOutcome.REFUSED), "applies"),
    ],
)
def test_live_video_and_watchlists_need_a_warrant_in_force(authorization, result):
    live = ruling(sheriff(**LIVE, authorization=authorization))
    listed = ruling(sheriff(Purpose.LIVE_WATCHLIST, records=REPORTS, authorization=authorization))
    assert live.result_of("wa-6280-real-time").result == result
    assert listed.result_of("wa-6280-surveillance").result == result


def test_a_search_of_one_photo_needs_no_warrant():
    found = ruling(sheriff(records=REPORTS))
    assert {found.result_of(f"wa-6280-{part}").result for part in ("real-time", "surveillance")} == {
        "not_met"
    }


def test_exigent_circumstances_stand_for_the_warrant_and_for_no_report():
    found = ruling(sheriff(operation=Operation.LIVE, records=frozenset({Record.EXIGENT_CIRCUMSTANCES})))
    assert found.result_of("wa-6280-real-time").lifted_by == "wa-6280-exigency"
    assert found.result_of("wa-6280").counts_as == "refused"


@pytest.mark.parametrize("outside", [Record.FEDERAL_MANDATE, Record.TRAVEL_IDENTITY, Record.LICENSING_SYSTEM])
def test_federal_mandates_travel_and_licensing_are_outside_the_law_and_under_all_others(outside):
    found = ruling(agency(records=frozenset({outside})))
    assert (found.outcome, found.rule_id) == ("cleared", "baseline-deceased_identification")
    assert found.result_of("wa-6280").lifted_by == "wa-6280-outside"
    live = ruling(sheriff(operation=Operation.LIVE, records=frozenset({outside})))
    assert live.result_of("wa-6280-real-time").result == "lifted"
    assert live.rule_id == "us-police-2020"


def test_federal_and_private_bodies_are_not_agencies_of_the_state():
    airport = Party(id="org-air", name="Sound Airport", type=OrganizationType.TRANSPORT_OPERATOR)
    for party in (airport, replace(SHERIFF, type=OrganizationType.LAW_ENFORCEMENT_FEDERAL)):
        stated = facts(party, Purpose.IDENTITY_VERIFICATION_1TO1, establishment=frozenset({"US-WA"}))
        assert ruling(stated).result_of("wa-6280").result == "not_met"
