"""What rulings demand, when they end, and how a determination bears on them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.policy.facts import OrganizationFacts, Party, Undetermined
from compliance.policy.obligations import Obligations
from compliance.policy.packs import load_pack
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import (
    Attribute,
    AuthorizationOutcome,
    MoratoriumStatus,
    Operation,
    OrganizationStatus,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    Review,
)
from tests.compliance.policy.builders import (
    HARBOR,
    MUSEUM,
    NOW,
    UNIT,
    child_search,
    exempt_line,
    facts,
    line,
    moment,
    police_search,
    ruling,
    trafficking_lead,
    warrant,
)

EU = {"establishment": frozenset({"DE"}), "processing": frozenset({"DE"}), "subjects": frozenset({"DE"})}
ASSESSED = frozenset({Record.LAWFUL_BASIS, Record.ARTICLE_9_CONDITION, Record.IMPACT_ASSESSMENT})
LAB = Party(id="org-lab", name="Vision Lab", type=OrganizationType.RESEARCH_ACADEMIC)
TRAFFICKING = Purpose.TRAFFICKING_VICTIM_IDENTIFICATION


def archive(**changes):
    return facts(MUSEUM, Purpose.MEDIA_ARCHIVE, **changes)


def test_a_lifted_rule_says_what_lifts_it():
    lifted = ruling(trafficking_lead()).result_of("us-police-2020")
    assert (lifted.result, lifted.lifted_by, lifted.counts_as) == ("lifted", "humanitarian-exemption", None)


def test_an_exempt_line_is_exempt_and_one_without_police_is_not_covered():
    assert ruling(trafficking_lead()).status is MoratoriumStatus.EXEMPT
    assert ruling(child_search()).status is MoratoriumStatus.NOT_COVERED


def test_the_exemption_is_not_granted_by_type_alone():
    stated = trafficking_lead(grants=(line(TRAFFICKING, UNIT),))
    assert ruling(stated).result_of("humanitarian-exemption").result == "not_granted"


def test_an_exemption_ends_to_the_second():
    ends = moment("2025-09-01T00:00:00+00:00")
    stated = trafficking_lead(grants=(exempt_line(TRAFFICKING, UNIT, exemption_expires_at=ends),))
    assert ruling(stated, ends - timedelta(seconds=1)).outcome == "cleared"
    found = ruling(stated, ends)
    assert (found.outcome, found.rule_id) == ("refused", "exemption-expired")


def test_a_grant_ends_to_the_second():
    ends = moment("2025-09-01T00:00:00+00:00")
    stated = archive(grants=(line(Purpose.MEDIA_ARCHIVE, MUSEUM, expires_at=ends),))
    assert ruling(stated, ends - timedelta(seconds=1)).outcome == "cleared"
    assert ruling(stated, ends).rule_id == "grant-expired"


def test_the_stricter_of_recorded_and_computed_rules():
    recorded = line(Purpose.MEDIA_ARCHIVE, MUSEUM, moratorium_status=MoratoriumStatus.COVERED)
    found = ruling(archive(grants=(recorded,)))
    assert (found.outcome, found.rule_id) == ("refused", "covered")
    assert (found.recorded_status, found.computed_status) == ("covered", "not_covered")


def test_a_line_nobody_reviewed_refuses():
    unknown = line(Purpose.MEDIA_ARCHIVE, MUSEUM, moratorium_status=MoratoriumStatus.UNKNOWN)
    assert ruling(archive(grants=(unknown,))).rule_id == "status-unknown"


def test_without_a_determination_everything_is_refused():
    found = ruling(archive(determination=None, grants=()))
    assert (found.rule_id, found.recorded_status) == ("no-determination", "unknown")


@pytest.mark.parametrize(
    "grants",
    [
        (),
        (line(Purpose.PHOTO_ORGANIZATION, MUSEUM),),
        (line(Purpose.MEDIA_ARCHIVE, HARBOR),),
        (line(Purpose.MEDIA_ARCHIVE, MUSEUM, operations=frozenset({Operation.DETECT})),),
        (line(Purpose.MEDIA_ARCHIVE, MUSEUM, case_reference="CASE-2"),),
        (line(Purpose.MEDIA_ARCHIVE, MUSEUM, starts_at=NOW + timedelta(days=1)),),
    ],
)
def test_what_was_not_granted_is_refused(grants):
    assert ruling(archive(grants=grants)).rule_id == "not-granted"


def test_of_two_lines_the_stricter_counts():
    lines = (
        line(Purpose.MEDIA_ARCHIVE, MUSEUM),
        line(Purpose.MEDIA_ARCHIVE, MUSEUM, moratorium_status=MoratoriumStatus.COVERED),
    )
    assert ruling(archive(grants=lines)).rule_id == "covered"


def test_an_urgent_grant_is_for_its_case_only():
    urgent = (line(Purpose.MEDIA_ARCHIVE, MUSEUM, case_reference="CASE-1"),)
    assert ruling(archive(grants=urgent)).outcome == "cleared"
    assert ruling(archive(grants=urgent, case_reference="CASE-2")).rule_id == "not-granted"


@pytest.mark.parametrize(
    ("status", "outcome", "rule_id"),
    [
        (OrganizationStatus.SUSPENDED, "refused", "organization-stopped"),
        (OrganizationStatus.RESTRICTED, "referred", "organization-restricted"),
        (OrganizationStatus.RECERTIFICATION_DUE, "cleared", "baseline-media_archive"),
    ],
)
def test_the_status_of_the_organization_counts(status, outcome, rule_id):
    organization = OrganizationFacts(id=MUSEUM.id, name=MUSEUM.name, type=MUSEUM.type, status=status)
    found = ruling(archive(organization=organization))
    assert (found.outcome, found.rule_id) == (outcome, rule_id)


def test_an_undecided_organization_runs_under_nothing_but_an_urgent_grant():
    organization = OrganizationFacts(
        id=MUSEUM.id, name=MUSEUM.name, type=MUSEUM.type, status=OrganizationStatus.IN_REVIEW
    )
    urgent = (line(Purpose.MEDIA_ARCHIVE, MUSEUM, case_reference="CASE-1"),)
    under = {"organization": organization, "grants": urgent}
    assert ruling(archive(**under)).outcome == "cleared"
    for other in ({"case_reference": "CASE-2"}, {"grants": ()}):
        found = ruling(archive(**under | other))
        assert (found.outcome, found.rule_id) == ("refused", "organization-not-active")


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("purpose", "purpose"),
        ("operation", "operation"),
        ("end_user", "end user"),
        ("recipient", "recipient"),
        ("requested_by", "who asked"),
        ("key_operator", "key"),
        ("attributes", "attributes"),
    ],
)
def test_a_fact_nobody_was_asked_for_refuses_and_is_named(fact, words):
    found = ruling(archive(**{fact: MISSING}))
    assert found.outcome == "refused"
    assert words in found.remedy


def test_a_fact_that_no_rule_needs_may_be_missing():
    assert ruling(archive(authorization=MISSING, records=MISSING)).outcome == "cleared"


def test_people_finding_has_a_budget_and_no_floor():
    demands = ruling(child_search()).obligations
    assert (demands.min_similarity, demands.false_candidate_budget) == (None, 1)
    assert demands.review is Review.AFTER_DELIVERY


def test_public_safety_has_a_floor_and_two_reviewers():
    demands = ruling(police_search()).obligations
    assert (demands.min_similarity, demands.review, demands.reviewers) == (99, Review.BEFORE_RELEASE, 2)
    assert demands.never_sole_basis


def test_a_determination_may_ask_for_more():
    strict = Obligations(min_similarity=95, review=Review.BEFORE_RELEASE)
    grants = (line(Purpose.MEDIA_ARCHIVE, MUSEUM, conditions=strict),)
    demands = ruling(archive(grants=grants)).obligations
    assert (demands.min_similarity, demands.review) == (95, Review.BEFORE_RELEASE)


def test_floors_do_not_bind_when_accuracy_is_measured():
    strict = Obligations(min_similarity=95)
    operations = frozenset({Operation.ACCURACY_TEST})
    grants = (line(Purpose.BIAS_AUDIT, LAB, conditions=strict, operations=operations),)
    found = ruling(facts(LAB, Purpose.BIAS_AUDIT, operation=Operation.ACCURACY_TEST, grants=grants))
    assert (found.outcome, found.obligations.min_similarity) == ("cleared", None)


def test_an_attribute_a_grant_names_is_allowed_and_race_never():
    operations = frozenset({Operation.ATTRIBUTES})
    both = frozenset({Attribute.AGE, Attribute.RACE})
    grants = (line(Purpose.ATTRIBUTE_INFERENCE, LAB, operations=operations, attributes=both),)
    stated = facts(LAB, Purpose.ATTRIBUTE_INFERENCE, operation=Operation.ATTRIBUTES, grants=grants)
    age = ruling(replace(stated, attributes=frozenset({Attribute.AGE})))
    assert age.result_of("attributes-off").result == "not_met"
    assert ruling(replace(stated, attributes=both)).rule_id == "attributes-never"


def european_police(**changes):
    return police_search(**EU, records=ASSESSED | {Record.RIGHTS_IMPACT_ASSESSMENT}, **changes)


AUTUMN_2026 = moment("2026-09-01T12:00:00+00:00")


def european_warrant(hours_ago=1, **changes):
    issued_at = AUTUMN_2026 - timedelta(hours=hours_ago)
    return warrant(**{"issued_at": issued_at, "expires_at": None} | changes)


@pytest.mark.parametrize(
    ("authorization", "result"),
    [
        (None, "applies"),
        (european_warrant(), "not_met"),
        (european_warrant(outcome=AuthorizationOutcome.REFUSED), "applies"),
        (european_warrant(47, outcome=AuthorizationOutcome.PENDING), "not_met"),
        (european_warrant(48, outcome=AuthorizationOutcome.PENDING), "applies"),
        (european_warrant(-1), "applies"),
        (european_warrant(expires_at=AUTUMN_2026), "applies"),
        (european_warrant(expires_at=AUTUMN_2026 + timedelta(seconds=1)), "not_met"),
    ],
)
def test_a_later_search_of_a_suspect_needs_an_authorization_in_europe(authorization, result):
    found = ruling(european_police(authorization=authorization), AUTUMN_2026)
    assert found.result_of("eu-ai-act-26-10").result == result


def test_a_pending_authorization_is_due_within_48_hours():
    pending = european_warrant(outcome=AuthorizationOutcome.PENDING)
    found = ruling(european_police(authorization=pending), AUTUMN_2026)
    assert found.obligations.authorization_within_hours == 48
    assert found.valid_until == pending.issued_at + timedelta(hours=48)


def test_objective_facts_stand_for_the_authorization_of_an_initial_identification():
    stated = police_search(**EU, records=frozenset({Record.OBJECTIVE_FACTS}))
    assert ruling(stated, AUTUMN_2026).result_of("eu-ai-act-26-10").result == "not_met"


def test_a_rule_that_has_not_begun_is_listed_and_does_nothing():
    found = ruling(european_police())
    assert found.result_of("eu-ai-act-26-10").result == "not_yet"
    assert found.valid_until == moment("2026-08-02T00:00:00+00:00")


def test_live_search_for_police_in_europe_is_refused_by_law_too():
    found = ruling(european_police(operation=Operation.LIVE))
    assert found.result_of("eu-ai-act-5-1-h").counts_as == "refused"


def test_the_service_terms_are_narrower():
    terms = load_pack("us-police-2020-service-terms")
    refused = ruling(police_search(), lineage=terms)
    assert (refused.outcome, refused.rule_id) == ("refused", "us-police-2020-service-terms")
    found = ruling(
        child_search(requested_by=RequestedBy.POLICE, end_user=UNIT, recipient=UNIT), lineage=terms
    )
    assert (found.outcome, found.rule_id) == ("cleared", "baseline-find_missing_child")


def test_a_ruling_ends_at_the_next_boundary_of_any_fact():
    soon = NOW + timedelta(hours=3)
    found = ruling(child_search(requested_by=RequestedBy.FAMILY, authorization=warrant(expires_at=soon)))
    assert found.valid_until == soon


def test_an_unverified_recipient_gets_results_only_where_no_rule_has_to_know_who_they_are():
    unknown = Undetermined("Not in the register.")
    archive = facts(MUSEUM, Purpose.MEDIA_ARCHIVE, recipient=unknown)
    assert ruling(archive).rule_id == "us-police-2020"
    terms = load_pack("us-police-2020-service-terms")
    assert ruling(archive, lineage=terms).outcome == "cleared"
