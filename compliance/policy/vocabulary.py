"""The closed lists of words in which facts are stated and rules are written."""

from enum import StrEnum


class Word(StrEnum):
    """A word of a closed list: its value is stored and sent, its label is read by people."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "Word":
        """Make a word from its stored value and the label people read."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word


class OrganizationType(Word):
    """What an organization, end user or recipient is, as verified by an officer."""

    LAW_ENFORCEMENT_LOCAL = "law_enforcement_local", "City, county, campus or tribal police"
    LAW_ENFORCEMENT_STATE = "law_enforcement_state", "State or regional police"
    LAW_ENFORCEMENT_FEDERAL = "law_enforcement_federal", "Federal or national police"
    LAW_ENFORCEMENT_FOREIGN = "law_enforcement_foreign", "Police of another country"
    PROSECUTION_CORRECTIONS = "prosecution_corrections", "Prosecution or corrections"
    INTELLIGENCE_DEFENSE = "intelligence_defense", "Intelligence or defense"
    BORDER_IMMIGRATION = "border_immigration", "Border or immigration authority"
    TRANSPORT_OPERATOR = "transport_operator", "Transport operator"
    OTHER_GOVERNMENT = "other_government", "Other government body"
    ANTI_TRAFFICKING_NGO = "anti_trafficking_ngo", "Anti-trafficking organization"
    CHILD_PROTECTION_NGO = "child_protection_ngo", "Child protection organization"
    MISSING_PERSONS_NGO = "missing_persons_ngo", "Missing persons organization"
    HUMANITARIAN_TRACING = "humanitarian_tracing", "Humanitarian tracing service"
    PUBLIC_INTEREST_TECHNOLOGY = "public_interest_technology", "Public-interest technology company"
    HEALTH = "health", "Health care provider"
    EDUCATION = "education", "School, university, library or museum"
    RESEARCH_ACADEMIC = "research_academic", "Academic research group"
    JOURNALISM_OVERSIGHT = "journalism_oversight", "Newsroom or oversight body"
    FINANCIAL_KYC = "financial_kyc", "Financial institution (customer checks)"
    EMPLOYER_ACCESS_CONTROL = "employer_access_control", "Employer (access control)"
    EVENT_MEDIA = "event_media", "Event, photo or media company"
    RETAIL_SECURITY = "retail_security", "Retail or private security"
    PRIVATE_INVESTIGATION = "private_investigation", "Private investigator"
    DATA_BROKER = "data_broker", "Data broker"
    INDIVIDUAL_DEVELOPER = "individual_developer", "Individual developer"
    AUDITOR = "auditor", "Independent auditor"
    OTHER = "other", "Other"


class Purpose(Word):
    """What a recognition is for."""

    FIND_MISSING_CHILD = "find_missing_child", "Find a missing child"
    FIND_MISSING_ADULT = "find_missing_adult", "Find a missing adult"
    TRAFFICKING_VICTIM_IDENTIFICATION = "trafficking_victim_identification", "Identify a trafficking victim"
    CSAM_VICTIM_IDENTIFICATION = (
        "csam_victim_identification",
        "Identify a child in abuse material",
    )
    DISASTER_FAMILY_REUNIFICATION = "disaster_family_reunification", "Reunite families after a disaster"
    DECEASED_IDENTIFICATION = "deceased_identification", "Identify a deceased person"
    CRIMINAL_INVESTIGATION_LEAD = "criminal_investigation_lead", "Lead in a criminal investigation"
    LIVE_WATCHLIST = "live_watchlist", "Watchlist on live video"
    PRIVATE_WATCHLIST = "private_watchlist", "Private watchlist"
    PUBLIC_SPACE_MONITORING = "public_space_monitoring", "Monitoring of public space"
    BORDER_CONTROL = "border_control", "Border control"
    IDENTITY_VERIFICATION_1TO1 = "identity_verification_1to1", "Identity verification, one to one"
    ACCESS_CONTROL_1TON = "access_control_1toN", "Access control, one to many"
    DUPLICATE_ENROLLMENT_CHECK = "duplicate_enrollment_check", "Check for duplicate enrollment"
    PHOTO_ORGANIZATION = "photo_organization", "Sorting one's own photos"
    MEDIA_ARCHIVE = "media_archive", "Describing a media archive"
    JOURNALISTIC_VERIFICATION = "journalistic_verification", "Journalistic verification"
    HUMAN_RIGHTS_DOCUMENTATION = "human_rights_documentation", "Documentation of human rights abuses"
    RESEARCH_EVALUATION = "research_evaluation", "Research evaluation"
    BIAS_AUDIT = "bias_audit", "Bias audit"
    SECURITY_TESTING = "security_testing", "Security testing"
    ATTRIBUTE_INFERENCE = "attribute_inference", "Inference of attributes from a face"
    SCRAPED_INDEX_BUILDING = "scraped_index_building", "Index of scraped photos"
    OTHER = "other", "Other"


class RequestedBy(Word):
    """On whose request a job or call is made."""

    SELF = "self", "The organization itself"
    FAMILY = "family", "Family"
    POLICE = "police", "Police"
    COURT = "court", "A court"
    MEDIA = "media", "Media"
    OTHER = "other", "Someone else"


class SubjectClass(Word):
    """Who the person in the probe is believed to be."""

    MISSING_CHILD = "missing_child", "Missing child"
    MISSING_ADULT = "missing_adult", "Missing adult"
    VICTIM = "victim", "Victim"
    SUSPECT = "suspect", "Suspect"
    DECEASED = "deceased", "Deceased person"
    EMPLOYEE = "employee", "Employee"
    CONSENTING = "consenting", "Person who consented"
    PUBLIC = "public", "Member of the public"


class ImageSource(Word):
    """Where photos come from."""

    CASE_FILE = "case_file", "Case file"
    GUARDIAN = "guardian", "Parent or guardian"
    AUTHORITY = "authority", "An authority"
    OPEN_WEB = "open_web", "Open web"
    CCTV = "cctv", "Video surveillance"
    OWN_CUSTOMERS = "own_customers", "Own customers, members or archive"
    DATA_SET = "data_set", "Published data set"


class Operation(Word):
    """What the engine is asked to do."""

    ENROLL = "enroll", "Enroll faces in a gallery"
    SEARCH = "search", "Search a gallery"
    COMPARE = "compare", "Compare two photos"
    DETECT = "detect", "Detect faces"
    LIVE = "live", "Search live video"
    ATTRIBUTES = "attributes", "Infer attributes"
    ACCURACY_TEST = "accuracy_test", "Score labelled pairs, nothing stored"


class Attribute(Word):
    """What could be inferred about a person from a face."""

    AGE = "age", "Age"
    GENDER = "gender", "Gender"
    EMOTION = "emotion", "Emotion"
    RACE = "race", "Race or ethnicity"


class Record(Word):
    """A document that an officer has seen and that is on file for the organization or the case."""

    LAWFUL_BASIS = "lawful_basis", "Lawful basis"
    ARTICLE_9_CONDITION = "article_9_condition", "Condition for biometric data (GDPR Article 9)"
    IMPACT_ASSESSMENT = "impact_assessment", "Data protection impact assessment"
    RIGHTS_IMPACT_ASSESSMENT = "rights_impact_assessment", "Fundamental rights impact assessment"
    OBJECTIVE_FACTS = "objective_facts", "Objective facts linked to the offense"
    WRITTEN_CONSENT = "written_consent", "Written notice and consent"
    PUBLIC_RETENTION_SCHEDULE = "public_retention_schedule", "Public retention schedule"
    ACCOUNTABILITY_REPORT = "accountability_report", "Accountability report"
    ANNUAL_REPORT = "annual_report", "Annual report"
    INDEPENDENT_TEST_API = "independent_test_api", "Interface for independent tests"
    OPERATOR_TRAINING = "operator_training", "Training of operators"
    EXIGENT_CIRCUMSTANCES = "exigent_circumstances", "Exigent circumstances, recorded by an officer"
    FEDERAL_MANDATE = "federal_mandate", "Federal mandate to use face recognition"
    TRAVEL_IDENTITY = "travel_identity", "Federal agreement on travel identity at an airport or seaport"
    LICENSING_SYSTEM = "licensing_system", "Authority of a licensing department's matching system"
    CSAM_LEGAL_AUTHORITY = "csam_legal_authority", "Legal authority to hold abuse material"


class AuthorizationOutcome(Word):
    """What the body that was asked for an authorization answered."""

    GRANTED = "granted", "Granted"
    PENDING = "pending", "Asked for, not yet answered"
    REFUSED = "refused", "Refused"


class OrganizationStatus(Word):
    """Where an organization stands with the platform."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    IN_REVIEW = "in_review", "In review"
    INFO_REQUESTED = "info_requested", "Information requested"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"
    ACTIVE = "active", "Active"
    REJECTED = "rejected", "Rejected"
    RESTRICTED = "restricted", "Restricted"
    SUSPENDED = "suspended", "Suspended"
    RECERTIFICATION_DUE = "recertification_due", "Recertification due"
    REVOKED = "revoked", "Revoked"
    CLOSING = "closing", "Closing"
    CLOSED = "closed", "Closed"


class MoratoriumStatus(Word):
    """How a moratorium bears on one line of a determination."""

    UNKNOWN = "unknown", "Not reviewed"
    NOT_COVERED = "not_covered", "Not covered by a moratorium"
    COVERED = "covered", "Covered by a moratorium"
    EXEMPT = "exempt", "Exempt"
    CONDITIONAL = "conditional", "Allowed with conditions"


class Review(Word):
    """When people have to judge candidates."""

    NONE = "none", "No review"
    AFTER_DELIVERY = "after_delivery", "Handed out unreviewed, exported only after review"
    BEFORE_RELEASE = "before_release", "Reviewed before anything is released"


class Outcome(Word):
    """What a ruling says."""

    CLEARED = "cleared", "Cleared"
    REFERRED = "referred", "Referred to an officer"
    REFUSED = "refused", "Refused"


class Gate(Word):
    """Where in the life of a job or call it was ruled on."""

    SUBMIT = "submit", "When submitted"
    DISPATCH = "dispatch", "When dispatched"
    SHARD = "shard", "Before a shard"
    RELEASE = "release", "Before release"
    SYNCHRONOUS = "synchronous", "At the call"


POLICE = frozenset(
    {
        OrganizationType.LAW_ENFORCEMENT_LOCAL,
        OrganizationType.LAW_ENFORCEMENT_STATE,
        OrganizationType.LAW_ENFORCEMENT_FEDERAL,
        OrganizationType.LAW_ENFORCEMENT_FOREIGN,
    }
)

PEOPLE_FINDING = frozenset(
    {
        Purpose.FIND_MISSING_CHILD,
        Purpose.FIND_MISSING_ADULT,
        Purpose.TRAFFICKING_VICTIM_IDENTIFICATION,
        Purpose.CSAM_VICTIM_IDENTIFICATION,
        Purpose.DISASTER_FAMILY_REUNIFICATION,
        Purpose.DECEASED_IDENTIFICATION,
    }
)

PUBLIC_SAFETY = frozenset(
    {
        Purpose.CRIMINAL_INVESTIGATION_LEAD,
        Purpose.BORDER_CONTROL,
        Purpose.LIVE_WATCHLIST,
        Purpose.PRIVATE_WATCHLIST,
        Purpose.PUBLIC_SPACE_MONITORING,
    }
)

# Strictest last. An unreviewed line is the strictest: nobody has looked at it.
STRICTNESS = (
    MoratoriumStatus.NOT_COVERED,
    MoratoriumStatus.CONDITIONAL,
    MoratoriumStatus.EXEMPT,
    MoratoriumStatus.COVERED,
    MoratoriumStatus.UNKNOWN,
)


def strictest(*statuses: MoratoriumStatus) -> MoratoriumStatus:
    """Return the strictest of one or more statuses."""
    return max(statuses, key=STRICTNESS.index)
