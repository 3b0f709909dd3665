"""The dimensions a rule's scope is made of: which fact each looks at, and in which words it answers."""

from collections.abc import Callable, Mapping
from datetime import datetime

from compliance.policy.facts import Authorization, Fact, Party, Undetermined
from compliance.policy.grants import Covering, ExemptionState, GrantState, exemption_state
from compliance.policy.places import JURISDICTION, jurisdiction_words
from compliance.policy.plain import Missing
from compliance.policy.seeing import Dimension, Request, Seen, Words, seen
from compliance.policy.vocabulary import (
    POLICE,
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

PRIVATE_PERSON = "private_person"
PARTY_WORDS = frozenset(OrganizationType) | {PRIVATE_PERSON}

# A requester is told by kind, not by name: police may be any police.
REQUESTER_TYPES: Mapping[RequestedBy, frozenset[OrganizationType]] = {
    RequestedBy.POLICE: POLICE,
    RequestedBy.MEDIA: frozenset({OrganizationType.JOURNALISM_OVERSIGHT}),
}


# How people name the facts that can be missing.
FACT_LABELS: Mapping[str, str] = {
    "organization": "the organization's verified type",
    "requested_by": "who asked for it",
    "end_user": "the end user",
    "recipient": "the recipient of the results",
    "key_operator": "who operates the key",
    "purpose": "the purpose",
    "operation": "the operation",
    "case_reference": "the case reference",
    "subject_class": "who the subject is (subject class)",
    "probe_source": "where the probe comes from",
    "gallery_source": "where the gallery's images come from",
    "establishment": "where the organization is established",
    "processing": "where the images are processed",
    "subjects": "where the people in the images live",
    "authorization": "the authorization",
    "attributes": "the attributes asked for",
    "records": "the documents on file",
    "grants": "purpose, end user and operation",
    "images_used": "images handed in within 30 days",
    "faces_after": "faces that the gallery will hold",
    "gallery_retention_days": "days that the gallery keeps faces",
}


def _fact(name: str) -> Callable[[Request], tuple[Seen, ...]]:
    return lambda request: (seen(name, getattr(request.facts, name)),)


def _type_of(name: str, party: Fact[Party] | Fact[Party | None]) -> Seen:
    if isinstance(party, Party):
        return Seen(name, frozenset({party.type or PRIVATE_PERSON}))
    return seen(name, party)


def _organization_type(request: Request) -> tuple[Seen, ...]:
    return (seen("organization", request.facts.organization.type),)


def _key_operator(request: Request) -> tuple[Seen, ...]:
    return (_type_of("key_operator", request.facts.key_operator),)


def _parties(request: Request) -> tuple[Seen, ...]:
    facts = request.facts
    return (
        *_organization_type(request),
        _requester(facts.requested_by),
        _type_of("end_user", facts.end_user),
        _type_of("recipient", facts.recipient),
        *_key_operator(request),
    )


def _requester(requester: Fact[RequestedBy]) -> Seen:
    if isinstance(requester, RequestedBy):
        return Seen("requested_by", REQUESTER_TYPES.get(requester, frozenset()))
    return seen("requested_by", requester)


def _end_user_is(request: Request) -> tuple[Seen, ...]:
    party = request.facts.end_user
    if not isinstance(party, Party):
        return (seen("end_user", party),)
    if party.id == request.facts.organization.id:
        return (seen("end_user", "organization"),)
    return (seen("end_user", "registered" if party.id else "unregistered"),)


def _recipient_is(request: Request) -> tuple[Seen, ...]:
    party = request.facts.recipient
    if party is None:
        return (seen("recipient", "none"),)
    if not isinstance(party, Party):
        return (seen("recipient", party),)
    if party.type is None:
        return (seen("recipient", PRIVATE_PERSON),)
    if party.id == request.facts.organization.id:
        return (seen("recipient", "organization"),)
    named = party.id is not None and party.id == getattr(request.facts.end_user, "id", None)
    return (seen("recipient", "end_user" if named else "other"),)


def _sources(request: Request) -> tuple[Seen, ...]:
    facts = request.facts
    return (seen("probe_source", facts.probe_source), seen("gallery_source", facts.gallery_source))


def _jurisdictions(request: Request) -> tuple[Seen, ...]:
    facts = request.facts
    return (
        _places("establishment", facts.establishment),
        _places("processing", facts.processing),
        _places("subjects", facts.subjects),
    )


def _places(name: str, places: Fact[Words]) -> Seen:
    if not isinstance(places, frozenset):
        return seen(name, places)
    return Seen(name, frozenset().union(*map(jurisdiction_words, places)))


def _case_reference(request: Request) -> tuple[Seen, ...]:
    reference = request.facts.case_reference
    if isinstance(reference, Missing | Undetermined):
        return (Seen("case_reference", reference),)
    return (seen("case_reference", "present" if reference else "absent"),)


def _authorization(request: Request) -> tuple[Seen, ...]:
    fact = request.facts.authorization
    if isinstance(fact, Missing | Undetermined):
        return (Seen("authorization", fact),)
    return (seen("authorization", _authorization_word(fact, request.at) if fact else "absent"),)


def _authorization_word(fact: Authorization, at: datetime) -> str:
    if fact.outcome is AuthorizationOutcome.REFUSED:
        return "refused"
    if fact.outcome is AuthorizationOutcome.PENDING:
        return "pending" if at < fact.due_at else "overdue"
    if at < fact.issued_at:
        return "not_started"
    return "expired" if fact.expires_at and fact.expires_at <= at else "in_force"


def _ungranted_attributes(request: Request) -> tuple[Seen, ...]:
    asked, line = request.facts.attributes, request.line
    if line is None or not isinstance(asked, frozenset):
        return (seen("attributes", asked),)
    return (Seen("attributes", asked - line.attributes),)


def _lacks(request: Request) -> tuple[Seen, ...]:
    held = request.facts.records
    return (Seen("records", _RECORDS - held) if isinstance(held, frozenset) else seen("records", held),)


def _holds(request: Request) -> tuple[Seen, ...]:
    return (seen("records", request.facts.records),)


def _key_binding(request: Request) -> tuple[Seen, ...]:
    facts, binding = request.facts, request.facts.binding
    if binding is None:
        return (seen("binding", "none"),)
    kept = binding.purpose == facts.purpose and binding.end_user_id == getattr(facts.end_user, "id", None)
    return (seen("binding", "kept" if kept else "exceeded"),)


def _organization_status(request: Request) -> tuple[Seen, ...]:
    return (seen("organization", request.facts.organization.status),)


def _determination(request: Request) -> tuple[Seen, ...]:
    return (seen("determination", "present" if request.facts.determination else "absent"),)


def _grant(request: Request) -> tuple[Seen, ...]:
    found = request.covering
    return (seen("grants", found.state if isinstance(found, Covering) else found),)


def _recorded_status(request: Request) -> tuple[Seen, ...]:
    found = request.covering
    if not isinstance(found, Covering):
        return (seen("grants", found),)
    return (seen("grants", found.line.moratorium_status if found.line else None),)


def _exemption(request: Request) -> tuple[Seen, ...]:
    found = request.covering
    if not isinstance(found, Covering):
        return (seen("grants", found),)
    return (seen("grants", exemption_state(found.line, request.at)),)


_RECORDS = frozenset(Record)
_BINDING_WORDS = frozenset({"none", "kept", "exceeded"})
_PRESENCE = frozenset({"present", "absent"})
_AUTHORIZATION_WORDS = frozenset(
    {"absent", "pending", "overdue", "refused", "not_started", "expired", "in_force"}
)

DIMENSIONS: Mapping[str, Dimension] = {
    "organization_type": Dimension("organization type", frozenset(OrganizationType), _organization_type),
    "key_operator": Dimension("key operator", PARTY_WORDS, _key_operator),
    "party": Dimension("parties", PARTY_WORDS, _parties),
    "every_party": Dimension("parties", PARTY_WORDS, _parties, every=True),
    "purpose": Dimension("purpose", frozenset(Purpose), _fact("purpose")),
    "operation": Dimension("operation", frozenset(Operation), _fact("operation")),
    "requested_by": Dimension("requester", frozenset(RequestedBy), _fact("requested_by")),
    "subject_class": Dimension("subject class", frozenset(SubjectClass), _fact("subject_class")),
    "end_user_is": Dimension(
        "end user", frozenset({"organization", "registered", "unregistered"}), _end_user_is
    ),
    "recipient_is": Dimension(
        "recipient of the results",
        frozenset({"none", "organization", "end_user", "other", PRIVATE_PERSON}),
        _recipient_is,
    ),
    "image_source": Dimension("source of the images", frozenset(ImageSource), _sources),
    "every_image_source": Dimension("source of the images", frozenset(ImageSource), _sources, every=True),
    "jurisdiction": Dimension("jurisdictions", JURISDICTION, _jurisdictions),
    "case_reference": Dimension("case reference", _PRESENCE, _case_reference),
    "authorization": Dimension("authorization", _AUTHORIZATION_WORDS, _authorization),
    "attribute": Dimension("attributes asked for", frozenset(Attribute), _fact("attributes")),
    "ungranted_attribute": Dimension("attributes asked for", frozenset(Attribute), _ungranted_attributes),
    "lacks": Dimension("documents not on file", _RECORDS, _lacks),
    "holds": Dimension("documents on file", _RECORDS, _holds),
    "key_binding": Dimension("what the key is bound to", _BINDING_WORDS, _key_binding),
    "organization_status": Dimension(
        "organization status", frozenset(OrganizationStatus), _organization_status
    ),
    "determination": Dimension("determination", _PRESENCE, _determination),
    "grant": Dimension("grant", frozenset(GrantState), _grant),
    "recorded_status": Dimension("moratorium status", frozenset(MoratoriumStatus), _recorded_status),
    "exemption": Dimension("exemption", frozenset(ExemptionState), _exemption),
}
