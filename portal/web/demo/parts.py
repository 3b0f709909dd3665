"""The three organizations of the story. Invented, all of them, and so are the people who work there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType, Purpose


@dataclass(frozen=True, kw_only=True)
class EndUserPart:
    """A body that an organization works for, where it is not itself."""

    name: str
    organization_type: OrganizationType
    jurisdiction: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One organization: what it answers, and what the office is expected to find.

    Attributes:
        domain: Of its accounts; a second edition gets a number.
        evidence: A document that shows its type.
        reasons: Of the officer who recommends.
        second_reasons: Of the officer who countersigns, where one has to.
    """

    name: str
    domain: str
    administrator: str
    analyst: str
    organization_type: OrganizationType
    jurisdiction: str
    purpose: Purpose
    status: MoratoriumStatus
    answers: Mapping[str, object]
    evidence: str
    reasons: str
    second_reasons: str
    end_user: EndUserPart | None = None
    exemption: str | None = None
    conditions: Obligations = field(default_factory=Obligations)


CHARITY = Part(
    name="Harbor Light Child Search",
    domain="harbor-light.example",
    administrator="Alma Okafor",
    analyst="Ben Castellano",
    organization_type=OrganizationType.CHILD_PROTECTION_NGO,
    jurisdiction="US-VA",
    purpose=Purpose.FIND_MISSING_CHILD,
    status=MoratoriumStatus.EXEMPT,
    exemption="humanitarian-exemption",
    end_user=EndUserPart(
        name="Tidewater Police, Missing Children Unit",
        organization_type=OrganizationType.LAW_ENFORCEMENT_LOCAL,
        jurisdiction="US-VA",
    ),
    answers={
        "legal_form": "Nonprofit corporation",
        "police_ties": "It holds cases for a police unit that looks for children. No money changes hands.",
        "onward_service": "Leads go to the police unit that opened the case, and to nobody else.",
        "image_sources": ["case_file", "guardian"],
        "purpose_story": "A child is reported missing; new photos are searched for the child's face.",
        "legal_basis": "Written consent of the guardians",
        "subject_classes": ["missing_child"],
        "human_review": "Two caseworkers, trained in comparing faces, judge each candidate.",
    },
    evidence="Certificate of registration as a child protection charity (invented for the demonstration).",
    reasons=(
        "Registered charity that finds missing children. The named end user is police, so the moratorium "
        "covers the line; the humanitarian exemption names this purpose, bound to this end user."
    ),
    second_reasons="The exemption fits purpose and end user; guardians consent; leads go to it only.",
)

POLICE = Part(
    name="Ashford City Police Department",
    domain="ashford-police.example",
    administrator="Dana Whitfield",
    analyst="Luis Ferreira",
    organization_type=OrganizationType.LAW_ENFORCEMENT_LOCAL,
    jurisdiction="US-OH",
    purpose=Purpose.CRIMINAL_INVESTIGATION_LEAD,
    status=MoratoriumStatus.COVERED,
    answers={
        "legal_form": "City department",
        "police_ties": "It is the police department of the city.",
        "onward_service": "Results stay in the department.",
        "image_sources": ["cctv", "authority"],
        "purpose_story": "A photo from a theft is searched in a gallery of booking photos.",
        "legal_basis": "State law on criminal records",
        "subject_classes": ["suspect"],
        "human_review": "Detectives of the identification unit, trained once a year.",
    },
    evidence="City ordinance that establishes the department (invented for the demonstration).",
    reasons="City police that ask for leads in criminal investigations: the moratorium covers it.",
    second_reasons="Police are the organization and the end user, and no exemption names the purpose.",
)

MUSEUM = Part(
    name="Cedar Valley Museum of Flight",
    domain="cedar-museum.example",
    administrator="Ines Haddad",
    analyst="Noah Lindqvist",
    organization_type=OrganizationType.EDUCATION,
    jurisdiction="US-NM",
    purpose=Purpose.MEDIA_ARCHIVE,
    status=MoratoriumStatus.NOT_COVERED,
    conditions=Obligations(conditions=frozenset({"Only photos of its own collection are searched."})),
    answers={
        "legal_form": "Nonprofit museum",
        "police_ties": "None.",
        "onward_service": "Captions are published, candidates are not.",
        "image_sources": ["own_customers"],
        "purpose_story": "A curator looks for the same person in photos of the collection to write captions.",
        "legal_basis": "Consent in the deeds of gift",
        "subject_classes": ["consenting"],
        "human_review": "Two curators confirm each name before a caption is published.",
    },
    evidence="Charter of the museum (invented for the demonstration).",
    reasons="A museum that describes its own archive: no moratorium covers it. Allowed with conditions.",
    second_reasons="Agreed.",
)
