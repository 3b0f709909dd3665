"""The dimensions a rule's scope is made of: which fact each looks at, and in which words it answers."""

from collections.abc import Callable, Mapping
from datetime import datetime

from compliance.policy.facts import Authorization, Fact, Facts, Party, Undetermined
from compliance.policy.grants import Covering, ExemptionState, GrantState, covering, exemption_state
from compliance.policy.plain import Missing
from compliance.policy.seeing import Dimension, Seen, Words, seen
from compliance.policy.vocabulary import (
    JURISDICTION,
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
    jurisdiction_words,
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


def _fact(name: str) -> Callable[[Facts, datetime], tuple[Seen, ...]]:
    return lambda facts, at: (seen(name, getattr(facts, name)),)


def _type_of(name: str, party: Fact[Party] | Fact[Party | None]) -> Seen:
    if isinstance(party, Party):
        return Seen(name, frozenset({party.type or PRIVATE_PERSON}))
    return seen(name, party)


def _organization_type(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    return (seen("organization", facts.organization.type),)


def _key_operator(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    return (_type_of("key_operator", facts.key_operator),)


def _parties(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    requester = facts.requested_by
    if isinstance(requester, RequestedBy):
        requested = Seen("requested_by", REQUESTER_TYPES.get(requester, frozenset()))
    else:
        requested = seen("requested_by", requester)
    return (
        *_organization_type(facts, at),
        requested,
        _type_of("end_user", facts.end_user),
        _type_of("recipient", facts.recipient),
        *_key_operator(facts, at),
    )


def _end_user_is(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    party = facts.end_user
    if not isinstance(party, Party):
        return (seen("end_user", party),)
    if party.id == facts.organization.id:
        return (seen("end_user", "organization"),)
    return (seen("end_user", "registered" if party.id else "unregistered"),)


def _recipient_is(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    party = facts.recipient
    if party is None:
        return (seen("recipient", "none"),)
    if not isinstance(party, Party):
        return (seen("recipient", party),)
    if party.type is None:
        return (seen("recipient", PRIVATE_PERSON),)
    if party.id == facts.organization.id:
        return (seen("recipient", "organization"),)
    named = party.id is not None and party.id == getattr(facts.end_user, "id", None)
    return (seen("recipient", "end_user" if named else "other"),)


def _sources(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    return (seen("probe_source", facts.probe_source), seen("gallery_source", facts.gallery_source))


def _jurisdictions(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    return tuple(
        seen(name, places if isinstance(places, Missing | Undetermined) else _all_words(places))
        for name in ("establishment", "processing", "subjects")
        for places in (getattr(facts, name),)
    )


def _all_words(places: Words) -> Words:
    return frozenset().union(*map(jurisdiction_words, places))


def _case_reference(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    reference = facts.case_reference
    if isinstance(reference, Missing | Undetermined):
        return (Seen("case_reference", reference),)
    return (seen("case_reference", "present" if reference else "absent"),)


def _authorization(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    fact = facts.authorization
    if isinstance(fact, Missing | Undetermined):
        return (Seen("authorization", fact),)
    return (seen("authorization", _authorization_word(fact, at) if fact else "absent"),)


def _authorization_word(fact: Authorization, at: datetime) -> str:
    if fact.outcome is AuthorizationOutcome.REFUSED:
        return "refused"
    if fact.outcome is AuthorizationOutcome.PENDING:
        return "pending" if at < fact.due_at else "overdue"
    if at < fact.issued_at:
        return "not_started"
    return "expired" if fact.expires_at and fact.expires_at <= at else "in_force"


def _ungranted_attributes(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    asked = facts.attributes
    if isinstance(asked, Missing | Undetermined):
        return (Seen("attributes", asked),)
    found = covering(facts, at)
    line = found.line if isinstance(found, Covering) else None
    return (Seen("attributes", asked - line.attributes if line else asked),)


def _lacks(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    held = facts.records
    return (seen("records", held if isinstance(held, Missing | Undetermined) else frozenset(Record) - held),)


def _key_binding(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    binding = facts.binding
    if binding is None:
        return (seen("binding", "none"),)
    end_user_id = getattr(facts.end_user, "id", None)
    kept = binding.purpose == facts.purpose and binding.end_user_id == end_user_id
    return (seen("binding", "kept" if kept else "exceeded"),)


def _organization_status(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    return (seen("organization", facts.organization.status),)


def _determination(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    return (seen("determination", "present" if facts.determination else "absent"),)


def _grant(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    found = covering(facts, at)
    return (seen("grants", found.state if isinstance(found, Covering) else found),)


def _recorded_status(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    found = covering(facts, at)
    if not isinstance(found, Covering):
        return (seen("grants", found),)
    return (seen("grants", found.line.moratorium_status if found.line else None),)


def _exemption(facts: Facts, at: datetime) -> tuple[Seen, ...]:
    found = covering(facts, at)
    if not isinstance(found, Covering):
        return (seen("grants", found),)
    return (seen("grants", exemption_state(found.line, at)),)


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
    "jurisdiction": Dimension("jurisdictions", JURISDICTION, _jurisdictions),
    "case_reference": Dimension("case reference", _PRESENCE, _case_reference),
    "authorization": Dimension("authorization", _AUTHORIZATION_WORDS, _authorization),
    "attribute": Dimension("attributes asked for", frozenset(Attribute), _fact("attributes")),
    "ungranted_attribute": Dimension("attributes asked for", frozenset(Attribute), _ungranted_attributes),
    "lacks": Dimension("documents on file", frozenset(Record), _lacks),
    "key_binding": Dimension(
        "what the key is bound to", frozenset({"none", "kept", "exceeded"}), _key_binding
    ),
    "organization_status": Dimension(
        "organization status", frozenset(OrganizationStatus), _organization_status
    ),
    "determination": Dimension("determination", _PRESENCE, _determination),
    "grant": Dimension("grant", frozenset(GrantState), _grant),
    "recorded_status": Dimension("moratorium status", frozenset(MoratoriumStatus), _recorded_status),
    "exemption": Dimension("exemption", frozenset(ExemptionState), _exemption),
}
