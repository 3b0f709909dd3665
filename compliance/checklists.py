"""What an officer has to have seen before anything is recommended, by what kind of organization it is.

Each item says what it asks and how it is seen to, so that two officers do the same. Items are never removed
from here, only left out of the lists: answers that were recorded name them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compliance.policy.vocabulary import POLICE, OrganizationType

_T = OrganizationType


@dataclass(frozen=True)
class Item:
    """One thing to see.

    Attributes:
        code: Under which answers are kept.
        title: What has to be seen.
        how: How it is seen to.
    """

    code: str
    title: str
    how: str


ITEMS = {
    item.code: item
    for item in (
        Item(
            "registration",
            "It is registered as what it says it is",
            "Look it up in the public register yourself; a copy that was sent shows only what was sent.",
        ),
        Item(
            "authority_letter",
            "Whoever applies may act for it",
            "A letter signed by somebody whom the register or the statutes name.",
        ),
        Item(
            "call_back",
            "Site and domain are its own",
            "Call back a number that you found elsewhere, never one from the application.",
        ),
        Item(
            "police_ties",
            "Money, staff and data that tie it to police are known",
            "Read accounts and contracts; ask where the statement of ties and the accounts differ.",
        ),
        Item(
            "end_user_agreement",
            "A written agreement stands with each end user named",
            "Signed by both, naming the purpose; results go nowhere else.",
        ),
        Item(
            "training_plan",
            "Reviewers are trained, and it is planned who trains the next",
            "Names of courses and dates for each reviewer; at least two reviewers.",
        ),
        Item(
            "irb_approval",
            "An ethics board approved the research",
            "The approval names this study, these data and an end.",
        ),
        Item(
            "data_origin",
            "The images may be used for this",
            "License or consent of the data set, and whether people in it can still object.",
        ),
        Item(
            "statutory_basis",
            "A law names its task and this use",
            "Article and wording; policy or practice of the body itself is not a law.",
        ),
        Item(
            "oversight",
            "Somebody outside it oversees its use",
            "Name of the board, court or inspector, and how they get to see the records.",
        ),
        Item(
            "ownership",
            "Its owners are known",
            "Register of owners; look for police, intelligence and data brokers among them.",
        ),
        Item(
            "onward_service",
            "To whom it resells or passes results on is known",
            "List of customers or a contract that forbids it.",
        ),
        Item(
            "supervision",
            "Its supervisor licenses it",
            "The license in the supervisor's own register.",
        ),
        Item(
            "notice_and_choice",
            "People are told and have another way",
            "The text of the notice as people see it, and the way without face recognition.",
        ),
        Item(
            "child_protection",
            "Those who work on cases of children were vetted",
            "Statement of the body with the date of the last check; no names are needed here.",
        ),
        Item(
            "identity",
            "The person is who they say",
            "A video call with a document of identity; keep no copy of it.",
        ),
    )
}

_EVERYBODY = ("registration", "authority_letter", "call_back", "end_user_agreement", "training_plan")
_CHARITY = (*_EVERYBODY, "police_ties")
_GOVERNMENT = (*_EVERYBODY, "statutory_basis", "oversight")
_COMPANY = (*_EVERYBODY, "ownership", "onward_service", "police_ties")
_BY_TYPE = {
    _T.ANTI_TRAFFICKING_NGO: (*_CHARITY, "onward_service"),
    _T.CHILD_PROTECTION_NGO: (*_CHARITY, "child_protection"),
    _T.MISSING_PERSONS_NGO: (*_CHARITY, "child_protection"),
    _T.HUMANITARIAN_TRACING: _CHARITY,
    _T.PUBLIC_INTEREST_TECHNOLOGY: (*_CHARITY, "ownership", "onward_service"),
    _T.JOURNALISM_OVERSIGHT: _CHARITY,
    _T.RESEARCH_ACADEMIC: (*_CHARITY, "irb_approval", "data_origin"),
    _T.AUDITOR: (*_CHARITY, "data_origin"),
    _T.HEALTH: (*_EVERYBODY, "supervision", "notice_and_choice"),
    _T.EDUCATION: (*_EVERYBODY, "notice_and_choice"),
    _T.FINANCIAL_KYC: (*_COMPANY, "supervision", "notice_and_choice"),
    _T.EMPLOYER_ACCESS_CONTROL: (*_COMPANY, "notice_and_choice"),
    _T.EVENT_MEDIA: (*_COMPANY, "data_origin", "notice_and_choice"),
    _T.RETAIL_SECURITY: (*_COMPANY, "notice_and_choice"),
    _T.TRANSPORT_OPERATOR: (*_COMPANY, "notice_and_choice"),
    _T.PRIVATE_INVESTIGATION: (*_COMPANY, "supervision"),
    _T.DATA_BROKER: (*_COMPANY, "data_origin"),
    _T.INDIVIDUAL_DEVELOPER: ("identity", "call_back", "end_user_agreement", "onward_service", "data_origin"),
    _T.OTHER: _COMPANY,
}
_POWERS = (*POLICE, _T.PROSECUTION_CORRECTIONS, _T.INTELLIGENCE_DEFENSE, _T.BORDER_IMMIGRATION)
_BY_TYPE |= dict.fromkeys((*_POWERS, _T.OTHER_GOVERNMENT), _GOVERNMENT)


def items_for(organization_type: OrganizationType) -> tuple[Item, ...]:
    """Return what has to be seen of an organization of this type."""
    return tuple(ITEMS[code] for code in _BY_TYPE[organization_type])


def unanswered(organization_type: OrganizationType, answered: Iterable[str]) -> list[Item]:
    """Return the items of a type that nobody answered."""
    known = set(answered)
    return [item for item in items_for(organization_type) if item.code not in known]
