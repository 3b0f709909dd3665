"""Facts as an officer supposes them: what the form says, as facts and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from compliance.policy.facts import (
    Authorization,
    Binding,
    Facts,
    GrantLine,
    OrganizationFacts,
    Party,
    Undetermined,
)
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import (
    Attribute,
    AuthorizationOutcome,
    ImageSource,
    MoratoriumStatus,
    Operation,
    OrganizationStatus,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    SubjectClass,
)
from portal.web.forms.whatif import NONE, OPEN_FACTS, noon

UNKNOWABLE = Undetermined("Supposed: nobody can know.")
_REFERENCE = "as given with each request"


def supposed(facts: Facts, given: dict[str, Any], at: datetime) -> Facts:
    """Return facts with what the form supposes.

    Args:
        facts: As declared.
        given: Cleaned values of the form.
        at: The moment supposed.
    """
    organization, end_user = _organization(facts, given), _end_user(facts, given)
    stated = replace(
        facts,
        organization=organization,
        end_user=end_user,
        recipient=_recipient(end_user, given),
        key_operator=_operator(organization, given),
        purpose=Purpose(given["purpose"]),
        operation=Operation(given["operation"]),
        requested_by=RequestedBy(given["requested_by"]),
        subject_class=SubjectClass(given["subject_class"]),
        case_reference=_REFERENCE if given["case_reference"] == "present" else None,
        attributes=frozenset(map(Attribute, given["attributes"])),
        binding=_binding(end_user, given),
        authorization=_authorization(given, at),
        records=frozenset(map(Record, given["records"])),
        **_photos(given),
        **_places(given),
    )
    return _opened(stated, given)


def granted(facts: Facts, grant: str, at: datetime) -> Facts:
    """Return facts with nothing granted, or with one line that has ended or is recorded as covered."""
    if grant == "absent":
        return replace(facts, grants=(), determination="supposed")
    ended = grant == "expired"
    line = GrantLine(
        id="supposed",
        purpose=facts.purpose if isinstance(facts.purpose, Purpose) else Purpose.OTHER,
        end_user_id=str(getattr(facts.end_user, "id", "")),
        end_user_name=str(getattr(facts.end_user, "name", "")),
        operations=frozenset(Operation),
        moratorium_status=MoratoriumStatus.NOT_COVERED if ended else MoratoriumStatus.COVERED,
        starts_at=at - timedelta(days=30),
        expires_at=at - timedelta(days=1) if ended else at + timedelta(days=30),
    )
    return replace(facts, grants=(line,), determination="supposed")


def initial_of(facts: Facts) -> dict[str, Any]:
    """Return facts as the form shows them."""
    itself = getattr(facts.end_user, "id", None) == facts.organization.id
    return {
        "organization_type": _word(facts.organization.type),
        "organization_status": _word(facts.organization.status),
        "end_user": "organization" if itself else "registered",
        "end_user_type": _word(getattr(facts.end_user, "type", None)),
        "recipient": NONE if facts.recipient is None else "end_user",
        "requested_by": _word(facts.requested_by),
        "binding": NONE,
        "purpose": _word(facts.purpose),
        "operation": _word(facts.operation),
        "subject_class": _word(facts.subject_class),
        "case_reference": "present" if facts.case_reference else NONE,
        "attributes": _words(facts.attributes),
        "grant": "supposed",
        "probe_source": _word(facts.probe_source) or NONE,
        "gallery_source": _word(facts.gallery_source) or NONE,
        "threshold": _count(facts.threshold),
        "gallery_size": _count(facts.gallery_size),
        "establishment": _words(facts.establishment),
        "processing": _words(facts.processing),
        "subjects": _words(facts.subjects),
        "records": _words(facts.records),
        "authorization": NONE,
        "unstated": [name for name, _ in OPEN_FACTS if name != "organization" and _is_missing(facts, name)],
        "unknowable": [name for name, _ in OPEN_FACTS if isinstance(getattr(facts, name), Undetermined)],
    }


def _organization(facts: Facts, given: dict[str, Any]) -> OrganizationFacts:
    return OrganizationFacts(
        id=facts.organization.id,
        name=facts.organization.name,
        type=OrganizationType(given["organization_type"]),
        status=OrganizationStatus(given["organization_status"]),
    )


def _end_user(facts: Facts, given: dict[str, Any]) -> Party:
    if given["end_user"] == "organization":
        kind = OrganizationType(given["organization_type"])
        return Party(id=facts.organization.id, name=facts.organization.name, type=kind)
    kind = OrganizationType(given["end_user_type"])
    declared = facts.end_user
    if isinstance(declared, Party) and declared.id != facts.organization.id:
        party = replace(declared, type=kind)
    else:
        party = Party(id="supposed", name="Supposed end user", type=kind)
    return replace(party, id=None) if given["end_user"] == "unregistered" else party


def _recipient(end_user: Party, given: dict[str, Any]) -> Party | None:
    if given["recipient"] == NONE:
        return None
    if given["recipient"] == "end_user":
        return end_user
    kind = OrganizationType(given["recipient_type"]) if given["recipient"] == "other" else None
    return Party(
        id="supposed-recipient" if kind else None,
        name="Supposed recipient" if kind else "A private person",
        type=kind,
    )


def _operator(organization: OrganizationFacts, given: dict[str, Any]) -> Party:
    if kind := given["key_operator_type"]:
        return Party(id="supposed-operator", name="Supposed operator", type=OrganizationType(kind))
    return Party(
        id=organization.id, name=organization.name, type=OrganizationType(given["organization_type"])
    )


def _binding(end_user: Party, given: dict[str, Any]) -> Binding | None:
    if given["binding"] == NONE:
        return None
    bound_to = end_user.id or "" if given["binding"] == "kept" else "somebody-else"
    return Binding(purpose=given["purpose"], end_user_id=bound_to)


def _authorization(given: dict[str, Any], at: datetime) -> Authorization | None:
    if given["authorization"] == NONE:
        return None
    return Authorization(
        issuer="Supposed",
        reference="supposed",
        issued_at=noon(given["authorization_on"]) or at,
        outcome=AuthorizationOutcome(given["authorization"]),
        expires_at=noon(given["authorization_until"]),
    )


def _photos(given: dict[str, Any]) -> dict[str, Any]:
    sources = {
        name: None if given[name] == NONE else ImageSource(given[name])
        for name in ("probe_source", "gallery_source")
    }
    counted = ("threshold", "gallery_size", "images_used", "faces_after", "gallery_retention_days")
    return sources | {name: given[name] for name in counted}


def _places(given: dict[str, Any]) -> dict[str, Any]:
    return {name: frozenset(given[name]) or MISSING for name in ("establishment", "processing", "subjects")}


def _opened(facts: Facts, given: dict[str, Any]) -> Facts:
    """Return facts with those open that nobody stated or nobody can know."""
    left = dict.fromkeys(given["unstated"], MISSING) | dict.fromkeys(given["unknowable"], UNKNOWABLE)
    if "organization" in left:
        kind: Any = left.pop("organization")
        facts = replace(facts, organization=replace(facts.organization, type=kind))
    opened: Any = left
    return replace(facts, **opened)


def _is_missing(facts: Facts, name: str) -> bool:
    return getattr(facts, name) is MISSING


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Any) -> list[str]:
    return sorted(value) if isinstance(value, frozenset) else []


def _count(value: Any) -> Any:
    return value if isinstance(value, int | float) else None
