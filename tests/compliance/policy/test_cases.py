"""Realistic requests, and what the default pack says to each."""

from dataclasses import replace

import pytest

from compliance.policy.facts import Binding, OrganizationFacts, Party, Undetermined
from compliance.policy.vocabulary import (
    Attribute,
    ImageSource,
    Operation,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    SubjectClass,
)
from tests.compliance.policy.builders import (
    HARBOR,
    MUSEUM,
    OTHER_UNIT,
    PARENT,
    POLICE,
    UNIT,
    child_search,
    exempt_line,
    facts,
    line,
    police_search,
    ruling,
    trafficking_lead,
    warrant,
)

EU = {"establishment": frozenset({"DE"}), "processing": frozenset({"DE"}), "subjects": frozenset({"DE"})}
ASSESSED = frozenset({Record.LAWFUL_BASIS, Record.ARTICLE_9_CONDITION, Record.IMPACT_ASSESSMENT})
ILLINOIS = {"subjects": frozenset({"US-IL"})}
WASHINGTON = {"establishment": frozenset({"US-WA"})}
AGENCY = Party(id="org-coroner", name="County medical examiner", type=OrganizationType.OTHER_GOVERNMENT)
READY_IN_WASHINGTON = frozenset(
    {
        Record.ACCOUNTABILITY_REPORT,
        Record.ANNUAL_REPORT,
        Record.INDEPENDENT_TEST_API,
        Record.OPERATOR_TRAINING,
    }
)
NEWSROOM = Party(id="org-news", name="The Coast Courier", type=OrganizationType.JOURNALISM_OVERSIGHT)
LAB = Party(id="org-lab", name="Vision Lab", type=OrganizationType.RESEARCH_ACADEMIC)
BANK = Party(id="org-bank", name="Harbor Bank", type=OrganizationType.FINANCIAL_KYC)
TRAFFICKING = Purpose.TRAFFICKING_VICTIM_IDENTIFICATION


PROSECUTOR = Party(id="org-da", name="District attorney", type=OrganizationType.PROSECUTION_CORRECTIONS)
AIRPORT = Party(id="org-air", name="Coast Airport", type=OrganizationType.TRANSPORT_OPERATOR)
RETAILER = Party(id="org-shop", name="Corner Stores", type=OrganizationType.RETAIL_SECURITY)
WEDDINGS = Party(id="org-wed", name="Harbor Weddings", type=OrganizationType.EVENT_MEDIA)
COMPANY = Party(id="org-trace", name="Trace Works", type=OrganizationType.PUBLIC_INTEREST_TECHNOLOGY)
UNNAMED = Party(name="Some police", type=OrganizationType.LAW_ENFORCEMENT_LOCAL)
KEY_OF_CHARITY = Binding(purpose="find_missing_child", end_user_id=HARBOR.id or "")


def company_lead(**changes):
    """A company finds trafficking victims for a police unit named in its exemption."""
    organization = OrganizationFacts(id=COMPANY.id or "", name=COMPANY.name, type=COMPANY.type)
    return trafficking_lead(**{"organization": organization, "key_operator": COMPANY} | changes)


def asked_by_police(**changes):
    """A charity looks for a child for a police unit named in its exemption."""
    values = {
        "requested_by": RequestedBy.POLICE,
        "end_user": UNIT,
        "recipient": UNIT,
        "grants": (exempt_line(Purpose.FIND_MISSING_CHILD, UNIT),),
    }
    return child_search(**values | changes)


def enrolled_in_illinois(*records):
    sources = {"probe_source": None, "gallery_source": ImageSource.OWN_CUSTOMERS}
    values = {"operation": Operation.ENROLL, "records": frozenset(records)}
    return facts(WEDDINGS, Purpose.PHOTO_ORGANIZATION, **sources, **values, **ILLINOIS)


def archive(**changes):
    return facts(MUSEUM, Purpose.MEDIA_ARCHIVE, **changes)


def coroner(**changes):
    values = {"subject_class": SubjectClass.DECEASED}
    return facts(AGENCY, Purpose.DECEASED_IDENTIFICATION, **values | changes)


TABLE = {
    "city police search a suspect": (police_search(), "refused", "us-police-2020"),
    "federal police search a suspect": (
        facts(
            replace(POLICE, type=OrganizationType.LAW_ENFORCEMENT_FEDERAL),
            Purpose.CRIMINAL_INVESTIGATION_LEAD,
        ),
        "refused",
        "us-police-2020",
    ),
    "police of another country search a suspect": (
        facts(
            replace(POLICE, type=OrganizationType.LAW_ENFORCEMENT_FOREIGN),
            Purpose.CRIMINAL_INVESTIGATION_LEAD,
        ),
        "refused",
        "us-police-2020",
    ),
    "a prosecutor searches a suspect": (
        facts(PROSECUTOR, Purpose.CRIMINAL_INVESTIGATION_LEAD, subject_class=SubjectClass.SUSPECT),
        "referred",
        "no-rule",
    ),
    "a prosecutor whom police asked": (
        facts(PROSECUTOR, Purpose.CRIMINAL_INVESTIGATION_LEAD, requested_by=RequestedBy.POLICE),
        "refused",
        "us-police-2020",
    ),
    "a border authority at the border": (
        facts(
            replace(PROSECUTOR, type=OrganizationType.BORDER_IMMIGRATION),
            Purpose.BORDER_CONTROL,
            subject_class=SubjectClass.PUBLIC,
        ),
        "referred",
        "no-rule",
    ),
    "an airport compares travelers with their passports": (
        facts(AIRPORT, Purpose.IDENTITY_VERIFICATION_1TO1, operation=Operation.COMPARE, gallery_source=None),
        "cleared",
        "baseline-identity_verification_1to1",
    ),
    "an airport looks out for wanted persons": (
        facts(AIRPORT, Purpose.LIVE_WATCHLIST, operation=Operation.LIVE),
        "refused",
        "live-off",
    ),
    "an airport hands a passenger's search to police": (
        facts(AIRPORT, Purpose.IDENTITY_VERIFICATION_1TO1, operation=Operation.COMPARE, recipient=UNIT),
        "refused",
        "us-police-2020",
    ),
    "a retailer keeps a list of shoplifters": (
        facts(RETAILER, Purpose.PRIVATE_WATCHLIST, subject_class=SubjectClass.SUSPECT),
        "refused",
        "watchlist-off",
    ),
    "a retailer calls its list an archive": (
        facts(RETAILER, Purpose.MEDIA_ARCHIVE),
        "referred",
        "no-rule",
    ),
    "police look for a missing child themselves": (
        facts(POLICE, Purpose.FIND_MISSING_CHILD, grants=(exempt_line(Purpose.FIND_MISSING_CHILD, POLICE),)),
        "refused",
        "us-police-2020",
    ),
    "a charity leads to the police unit its exemption names": (
        trafficking_lead(),
        "cleared",
        "baseline-trafficking_victim_identification",
    ),
    "a charity leads to a police unit it does not name": (
        trafficking_lead(recipient=OTHER_UNIT),
        "refused",
        "us-police-2020",
    ),
    "a company leads to the police unit its exemption names": (
        company_lead(),
        "cleared",
        "baseline-trafficking_victim_identification",
    ),
    "a company leads to a police unit nobody named": (
        company_lead(end_user=UNNAMED, recipient=UNNAMED),
        "refused",
        "us-police-2020",
    ),
    "a company keeps what a named unit asked for": (
        company_lead(recipient=None),
        "cleared",
        "baseline-trafficking_victim_identification",
    ),
    "police ask a charity about a missing child, with a case reference": (
        asked_by_police(),
        "cleared",
        "baseline-find_missing_child",
    ),
    "police ask a charity about a missing child, without a case reference": (
        asked_by_police(case_reference=None),
        "refused",
        "us-police-2020",
    ),
    "police ask a charity about a suspect": (
        asked_by_police(subject_class=SubjectClass.SUSPECT),
        "refused",
        "us-police-2020",
    ),
    "a charity's key used on a suspect": (
        child_search(subject_class=SubjectClass.SUSPECT, binding=KEY_OF_CHARITY),
        "refused",
        "people-finding-no-suspect",
    ),
    "a charity's key used for an investigation": (
        child_search(
            purpose=Purpose.CRIMINAL_INVESTIGATION_LEAD,
            subject_class=SubjectClass.SUSPECT,
            binding=KEY_OF_CHARITY,
        ),
        "refused",
        "key-bound",
    ),
    "a charity names another unit as end user": (
        trafficking_lead(end_user=OTHER_UNIT, recipient=OTHER_UNIT),
        "refused",
        "us-police-2020",
    ),
    "a charity's exemption used on a suspect": (
        trafficking_lead(subject_class=SubjectClass.SUSPECT),
        "refused",
        "us-police-2020",
    ),
    "a charity searches a suspect for itself": (
        child_search(subject_class=SubjectClass.SUSPECT),
        "refused",
        "people-finding-no-suspect",
    ),
    "an exempt request without a case reference": (
        trafficking_lead(case_reference=None),
        "refused",
        "us-police-2020",
    ),
    "an exempt key run by police": (trafficking_lead(key_operator=UNIT), "refused", "us-police-2020"),
    "an exemption for another purpose": (
        trafficking_lead(grants=(exempt_line(Purpose.FIND_MISSING_CHILD, UNIT),)),
        "refused",
        "us-police-2020",
    ),
    "a line recorded as not covered that serves police": (
        trafficking_lead(grants=(line(TRAFFICKING, UNIT),)),
        "refused",
        "us-police-2020",
    ),
    "police ask, the charity keeps the result, nothing exempts it": (
        child_search(requested_by=RequestedBy.POLICE),
        "refused",
        "us-police-2020",
    ),
    "a missing persons charity for itself": (child_search(), "cleared", "baseline-find_missing_child"),
    "a family asks with a police report": (
        child_search(requested_by=RequestedBy.FAMILY, authorization=warrant()),
        "cleared",
        "baseline-find_missing_child",
    ),
    "a family asks with nothing": (
        child_search(requested_by=RequestedBy.FAMILY),
        "referred",
        "family-authority",
    ),
    "a lead for a parent": (child_search(recipient=PARENT), "refused", "lead-not-to-family"),
    "a museum describes its archive": (archive(), "cleared", "baseline-media_archive"),
    "a museum watches its doors": (facts(MUSEUM, Purpose.LIVE_WATCHLIST), "refused", "watchlist-off"),
    "a museum monitors its square": (
        facts(MUSEUM, Purpose.PUBLIC_SPACE_MONITORING),
        "refused",
        "monitoring-off",
    ),
    "live video of an archive": (archive(operation=Operation.LIVE), "refused", "live-off"),
    "a purpose nobody thought of": (facts(MUSEUM, Purpose.OTHER), "referred", "no-rule"),
    "a data broker describes an archive": (
        facts(replace(MUSEUM, type=OrganizationType.DATA_BROKER), Purpose.MEDIA_ARCHIVE),
        "referred",
        "no-rule",
    ),
    "an index of scraped photos": (
        facts(LAB, Purpose.SCRAPED_INDEX_BUILDING),
        "refused",
        "scraped-index-off",
    ),
    "a newsroom verifies a picture": (
        facts(NEWSROOM, Purpose.JOURNALISTIC_VERIFICATION),
        "cleared",
        "baseline-journalistic_verification",
    ),
    "the media ask a charity": (
        child_search(requested_by=RequestedBy.MEDIA),
        "cleared",
        "baseline-find_missing_child",
    ),
    "a bank compares a customer": (
        facts(
            BANK,
            Purpose.IDENTITY_VERIFICATION_1TO1,
            operation=Operation.COMPARE,
            gallery_source=None,
        ),
        "cleared",
        "baseline-identity_verification_1to1",
    ),
    "a bank searches its customers as verification": (
        facts(BANK, Purpose.IDENTITY_VERIFICATION_1TO1),
        "referred",
        "no-rule",
    ),
    "ages in an archive": (
        archive(operation=Operation.ATTRIBUTES, attributes=frozenset({Attribute.AGE})),
        "refused",
        "attributes-off",
    ),
    "race in a bias audit": (
        facts(LAB, Purpose.BIAS_AUDIT, attributes=frozenset({Attribute.RACE})),
        "refused",
        "attributes-never",
    ),
    "abuse material without legal authority": (
        facts(
            replace(HARBOR, type=OrganizationType.CHILD_PROTECTION_NGO),
            Purpose.CSAM_VICTIM_IDENTIFICATION,
            subject_class=SubjectClass.VICTIM,
        ),
        "refused",
        "csam-lawful-holders",
    ),
    "an archive in Germany without an assessment": (archive(**EU), "referred", "gdpr-9-35"),
    "an archive in Germany with all three documents": (
        archive(**EU, records=ASSESSED | {Record.RIGHTS_IMPACT_ASSESSMENT}),
        "cleared",
        "baseline-media_archive",
    ),
    "a gallery in Germany from scraped photos": (
        archive(
            **EU,
            records=ASSESSED,
            operation=Operation.ENROLL,
            gallery_source=ImageSource.OPEN_WEB,
            case_reference=None,
        ),
        "refused",
        "eu-ai-act-5-1-e",
    ),
    "photos from the open web sorted with one's own": (
        facts(
            WEDDINGS,
            Purpose.PHOTO_ORGANIZATION,
            probe_source=ImageSource.OWN_CUSTOMERS,
            gallery_source=ImageSource.OPEN_WEB,
        ),
        "referred",
        "no-rule",
    ),
    "a wedding sorted by face": (
        facts(WEDDINGS, Purpose.PHOTO_ORGANIZATION, probe_source=ImageSource.OWN_CUSTOMERS),
        "cleared",
        "baseline-photo_organization",
    ),
    "faces from the street in a study": (
        facts(LAB, Purpose.RESEARCH_EVALUATION, gallery_source=ImageSource.CCTV),
        "referred",
        "no-rule",
    ),
    "a bias researcher tries every threshold": (
        facts(
            LAB,
            Purpose.BIAS_AUDIT,
            operation=Operation.ACCURACY_TEST,
            threshold=0.0,
            grants=(line(Purpose.BIAS_AUDIT, LAB, operations=frozenset({Operation.ACCURACY_TEST})),),
            probe_source=ImageSource.DATA_SET,
            gallery_source=ImageSource.DATA_SET,
        ),
        "cleared",
        "baseline-bias_audit",
    ),
    "a charity in Germany without an impact assessment": (
        child_search(**EU, records=ASSESSED - {Record.IMPACT_ASSESSMENT}),
        "referred",
        "gdpr-9-35",
    ),
    "a charity in Germany with its impact assessment": (
        child_search(**EU, records=ASSESSED),
        "cleared",
        "baseline-find_missing_child",
    ),
    "a charity abroad that looks for a child in Norway": (
        child_search(subjects=frozenset({"NO"})),
        "referred",
        "gdpr-9-35",
    ),
    "a face in an advertisement, its place unknown": (
        trafficking_lead(subjects=Undetermined("The advertisement does not say where it was taken.")),
        "cleared",
        "baseline-trafficking_victim_identification",
    ),
    "a museum in Illinois without consent": (archive(**ILLINOIS), "refused", "il-bipa"),
    "an enrollment in Illinois with consent and no schedule": (
        enrolled_in_illinois(Record.WRITTEN_CONSENT),
        "refused",
        "il-bipa",
    ),
    "an enrollment in Illinois with consent and schedule": (
        enrolled_in_illinois(Record.WRITTEN_CONSENT, Record.PUBLIC_RETENTION_SCHEDULE),
        "cleared",
        "baseline-photo_organization",
    ),
    "a missing child in Illinois without a guardian": (
        child_search(**ILLINOIS),
        "referred",
        "il-bipa-missing-child",
    ),
    "a bank in Illinois": (
        facts(BANK, Purpose.DUPLICATE_ENROLLMENT_CHECK, **ILLINOIS),
        "cleared",
        "baseline-duplicate_enrollment_check",
    ),
    "a coroner in Washington without a report": (coroner(**WASHINGTON), "refused", "wa-6280"),
    "a coroner in Washington with all reports": (
        coroner(**WASHINGTON, records=READY_IN_WASHINGTON),
        "cleared",
        "baseline-deceased_identification",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_realistic_request(case):
    stated, outcome, rule_id = TABLE[case]
    found = ruling(stated)
    assert (found.outcome, found.rule_id) == (outcome, rule_id)
    assert found.sentence
    assert found.remedy
    assert found.source.address


@pytest.mark.parametrize("case", TABLE)
def test_every_rule_is_listed_with_what_it_looked_at(case):
    found = ruling(TABLE[case][0])
    listed = [one.rule_id for one in found.looked_at]
    assert len(listed) == len(set(listed)) >= 50
    assert all(one.looked_at for one in found.looked_at if one.rule_id != "no-rule")
