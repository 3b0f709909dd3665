"""Words around the choices of forms: groups of long lists, hints, kinds of evidence."""

from __future__ import annotations

from typing import Any, Final

from compliance.policy.vocabulary import (
    PEOPLE_FINDING,
    PUBLIC_SAFETY,
    OrganizationType,
    Purpose,
    Record,
    Word,
)

_T, _P = OrganizationType, Purpose
_TYPE_GROUPS: Final = (
    (
        "Charities and humanitarian bodies",
        (_T.ANTI_TRAFFICKING_NGO, _T.CHILD_PROTECTION_NGO, _T.MISSING_PERSONS_NGO, _T.HUMANITARIAN_TRACING),
    ),
    (
        "Police, justice and government",
        (
            _T.LAW_ENFORCEMENT_LOCAL,
            _T.LAW_ENFORCEMENT_STATE,
            _T.LAW_ENFORCEMENT_FEDERAL,
            _T.LAW_ENFORCEMENT_FOREIGN,
            _T.PROSECUTION_CORRECTIONS,
            _T.INTELLIGENCE_DEFENSE,
            _T.BORDER_IMMIGRATION,
            _T.OTHER_GOVERNMENT,
        ),
    ),
    (
        "Research, press and public interest",
        (
            _T.PUBLIC_INTEREST_TECHNOLOGY,
            _T.RESEARCH_ACADEMIC,
            _T.JOURNALISM_OVERSIGHT,
            _T.AUDITOR,
            _T.HEALTH,
            _T.EDUCATION,
        ),
    ),
    (
        "Companies and individuals",
        (
            _T.FINANCIAL_KYC,
            _T.EMPLOYER_ACCESS_CONTROL,
            _T.EVENT_MEDIA,
            _T.TRANSPORT_OPERATOR,
            _T.RETAIL_SECURITY,
            _T.PRIVATE_INVESTIGATION,
            _T.DATA_BROKER,
            _T.INDIVIDUAL_DEVELOPER,
            _T.OTHER,
        ),
    ),
)
_PURPOSE_GROUPS: Final = (
    ("Finding people", tuple(one for one in Purpose if one in PEOPLE_FINDING)),
    (
        "Identity and access",
        (_P.IDENTITY_VERIFICATION_1TO1, _P.ACCESS_CONTROL_1TON, _P.DUPLICATE_ENROLLMENT_CHECK),
    ),
    (
        "Photos, press and human rights",
        (
            _P.PHOTO_ORGANIZATION,
            _P.MEDIA_ARCHIVE,
            _P.JOURNALISTIC_VERIFICATION,
            _P.HUMAN_RIGHTS_DOCUMENTATION,
        ),
    ),
    ("Research and testing", (_P.RESEARCH_EVALUATION, _P.BIAS_AUDIT, _P.SECURITY_TESTING)),
    (
        "Public safety and surveillance",
        tuple(one for one in Purpose if one in PUBLIC_SAFETY),
    ),
    ("Anything else", (_P.ATTRIBUTE_INFERENCE, _P.SCRAPED_INDEX_BUILDING, _P.OTHER)),
)
_GROUPS: Final[dict[type[Word], Any]] = {OrganizationType: _TYPE_GROUPS, Purpose: _PURPOSE_GROUPS}

HINTS: Final = {
    "legal_name": "As it stands in its registration.",
    "legal_form": "For example: nonprofit corporation, municipal department, limited company.",
    "establishment": "Country codes, in the United States with the state. For example: US-WA, DE",
    "processing": "Country codes, in the United States with the state. For example: US-OR",
    "subjects": "Country codes, in the United States with the state. For example: US-WA, MX",
    "police_ties": "Money, staff, contracts, data, requests. If there are none, write “none”.",
    "onward_service": "Say to whom and how. Write “no” if nobody else receives results.",
    "purpose_story": "Who asks you, which photos you get, what you search, who judges, what happens then.",
    "legal_basis": "Name the law and the article. For example: GDPR Article 6(1)(e) and 9(2)(g).",
    "human_review": "How many people, which training and when, whether two judge without seeing each other.",
    "end_user_story": "For example: a unit sends a case with photos; candidates go back to that unit only.",
    "exemption_grounds": "Take its conditions one by one, and name the document that shows each.",
    "exemption_until": "For example: 12 31 2027",
    "appeal_reason": "What the decision overlooked or weighed wrongly. Name documents where you can.",
    "appeal_remedy": "For example: grant finding missing children for the named unit, as we applied.",
    "security": "Second factor, who may make keys, how leavers lose access, whom we call after an incident.",
}

EVIDENCE_KINDS: Final = (
    (
        "What the organization is",
        (
            ("registration", "Registration or charter"),
            ("ties", "Statement of ties to law enforcement"),
            ("accounts", "Annual report or accounts"),
        ),
    ),
    ("End users", (("end_user_agreement", "Agreement with, or letter from, an end user"),)),
    ("Documents that rules ask for", tuple((one.value, one.label) for one in Record)),
    (
        "How you work",
        (
            ("training", "Training of reviewers"),
            ("security", "Security report"),
            ("other", "Something else"),
        ),
    ),
)


def kind_label(kind: str) -> str:
    """Return what a kind of evidence is called."""
    labels = {value: label for _, kinds in EVIDENCE_KINDS for value, label in kinds}
    return labels.get(kind, kind)


def grouped(words: type[Word]) -> list[tuple[str, Any]]:
    """Return the choices of a closed list, in groups where the list is long."""
    groups = _GROUPS.get(words)
    if groups is None:
        return [(one.value, one.label) for one in words]
    return [(title, [(one.value, one.label) for one in members]) for title, members in groups]
