"""The facts of one job or call, frozen as they were stated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from compliance.policy import plain
from compliance.policy.obligations import Obligations, read_obligations
from compliance.policy.places import place
from compliance.policy.plain import (
    LATER,
    MISSING,
    Missing,
    Reader,
    encode,
    many,
    moment,
    optional,
    record,
    row,
    text,
    whole,
    word,
)
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

T = TypeVar("T")

# Regulation (EU) 2024/1689, Article 26(10): an authorization asked for late arrives within 48 hours.
PENDING_TIME = timedelta(hours=48)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Undetermined:
    """A fact that was asked for and that nobody can know, with the reason."""

    reason: str


Fact: TypeAlias = T | Missing | Undetermined


@dataclass(frozen=True, kw_only=True)
class Party:
    """Someone for whom or through whom a face is looked at.

    Attributes:
        id: Its place in the register of end users; None where it is not registered.
        name: As people know it.
        type: None for a private person.
    """

    name: str
    type: OrganizationType | None
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrganizationFacts:
    """The tenant, as far as rules look at it."""

    id: str
    name: str
    type: Fact[OrganizationType] = MISSING
    status: OrganizationStatus = OrganizationStatus.ACTIVE


@dataclass(frozen=True, kw_only=True)
class Binding:
    """The one purpose and end user that the key of a program is bound to."""

    purpose: str
    end_user_id: str


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """What a court or authority was asked, and answered."""

    issuer: str
    reference: str
    issued_at: datetime
    outcome: AuthorizationOutcome
    expires_at: datetime | None = None

    @property
    def due_at(self) -> datetime:
        """Moment by which a pending authorization has to have arrived."""
        return min(self.issued_at, _LAST_MOMENT - PENDING_TIME) + PENDING_TIME


@dataclass(frozen=True, kw_only=True)
class GrantLine:
    """One line of the determination in force: a purpose for an end user.

    Attributes:
        end_user_id: The named end user.
        moratorium_status: As the officer recorded it.
        exemption: Id of the rule that exempts this line, where it is exempt.
        case_reference: The only case an urgent grant is for.
        attributes: Attributes that may be inferred.
        conditions: Demands of this line beyond those of the rules.
    """

    id: str
    purpose: Purpose
    end_user_id: str
    end_user_name: str
    operations: frozenset[Operation]
    moratorium_status: MoratoriumStatus
    starts_at: datetime
    expires_at: datetime
    exemption: str | None = None
    exemption_expires_at: datetime | None = None
    case_reference: str | None = None
    attributes: frozenset[Attribute] = frozenset()
    conditions: Obligations = field(default_factory=Obligations)

    @property
    def exempt_until(self) -> datetime:
        """End of the exemption: never later than the end of the line."""
        return min(self.exemption_expires_at or self.expires_at, self.expires_at)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a rule may look at.

    A fact left out is `MISSING`: nobody was asked. `Undetermined` says that it was asked and cannot be
    known. `None` is an answer: there is none (no recipient, no case reference, no probe).

    Attributes:
        determination: Id of the newest determination of the organization, None where there is none.
        grants: Lines of that determination.
        binding: What the key is bound to, None where a person asks.
        records: Documents on file, of which the first to expire does so at `records_until`.
        establishment: Jurisdictions where the organization is established; likewise `processing` for where
            images are processed and `subjects` for where the people in them live.
        threshold: Similarity asked for, 0 to 100.
        gallery_size: Faces in the gallery.
        synthetic: Made for tests or demonstrations; changes no result.
        images_used: Images handed in for this purpose and end user in 30 days, this request's included.
        faces_after: Most faces that the gallery will hold once this is done.
        gallery_retention_days: How long the gallery keeps its faces.
    """

    organization: OrganizationFacts
    determination: str | None
    grants: tuple[GrantLine, ...] = ()
    binding: Binding | None = None
    requested_by: Fact[RequestedBy] = MISSING
    end_user: Fact[Party] = MISSING
    recipient: Fact[Party | None] = MISSING
    key_operator: Fact[Party] = MISSING
    purpose: Fact[Purpose] = MISSING
    operation: Fact[Operation] = MISSING
    case_reference: Fact[str | None] = MISSING
    subject_class: Fact[SubjectClass] = MISSING
    probe_source: Fact[ImageSource | None] = MISSING
    gallery_source: Fact[ImageSource | None] = MISSING
    establishment: Fact[frozenset[str]] = MISSING
    processing: Fact[frozenset[str]] = MISSING
    subjects: Fact[frozenset[str]] = MISSING
    authorization: Fact[Authorization | None] = MISSING
    attributes: Fact[frozenset[Attribute]] = MISSING
    records: Fact[frozenset[Record]] = MISSING
    records_until: datetime | None = None
    threshold: Fact[float | None] = MISSING
    gallery_size: Fact[int | None] = MISSING
    synthetic: bool = False
    images_used: Fact[int | None] = field(default=MISSING, metadata=LATER)
    faces_after: Fact[int | None] = field(default=MISSING, metadata=LATER)
    gallery_retention_days: Fact[int | None] = field(default=MISSING, metadata=LATER)

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON data."""
        return dict(self._encoded)

    @cached_property
    def _encoded(self) -> dict[str, Any]:
        """The facts as JSON data, made once: they are hashed, stored and replayed."""
        return dict(encode(self))

    @cached_property
    def sha256(self) -> str:
        """Hash of the facts in canonical form."""
        return plain.sha256(self._encoded)

    @staticmethod
    def from_json(data: Any) -> "Facts":
        """Return the facts that `to_json` wrote.

        Raises:
            PolicyError: The data is not what `to_json` writes.
        """
        return _read_facts(data)


def _fact(reader: Reader[T]) -> Reader[Fact[T]]:
    def read(value: Any) -> Fact[T]:
        if value == {"missing": True}:
            return MISSING
        if isinstance(value, dict) and set(value) == {"reason"}:
            return Undetermined(text(value["reason"]))
        return reader(value)

    return read


_party = record(Party, {"id": optional(text), "name": text, "type": optional(word(OrganizationType))})

_organization = record(
    OrganizationFacts,
    {"id": text, "name": text, "type": _fact(word(OrganizationType)), "status": word(OrganizationStatus)},
)

_authorization = record(
    Authorization,
    {
        "issuer": text,
        "reference": text,
        "issued_at": moment,
        "expires_at": optional(moment),
        "outcome": word(AuthorizationOutcome),
    },
)

_binding = record(Binding, {"purpose": text, "end_user_id": text})

_grant = record(
    GrantLine,
    {
        "id": text,
        "purpose": word(Purpose),
        "end_user_id": text,
        "end_user_name": text,
        "operations": many(word(Operation)),
        "moratorium_status": word(MoratoriumStatus),
        "starts_at": moment,
        "expires_at": moment,
        "exemption": optional(text),
        "exemption_expires_at": optional(moment),
        "case_reference": optional(text),
        "attributes": many(word(Attribute)),
        "conditions": read_obligations,
    },
)

FACT_READERS: Mapping[str, Reader[Any]] = {
    "organization": _organization,
    "determination": optional(text),
    "grants": row(_grant),
    "binding": optional(_binding),
    "requested_by": _fact(word(RequestedBy)),
    "end_user": _fact(_party),
    "recipient": _fact(optional(_party)),
    "key_operator": _fact(_party),
    "purpose": _fact(word(Purpose)),
    "operation": _fact(word(Operation)),
    "case_reference": _fact(optional(text)),
    "subject_class": _fact(word(SubjectClass)),
    "probe_source": _fact(optional(word(ImageSource))),
    "gallery_source": _fact(optional(word(ImageSource))),
    "establishment": _fact(many(place)),
    "processing": _fact(many(place)),
    "subjects": _fact(many(place)),
    "authorization": _fact(optional(_authorization)),
    "attributes": _fact(many(word(Attribute))),
    "records": _fact(many(word(Record))),
    "records_until": optional(moment),
    "threshold": _fact(optional(plain.number)),
    "gallery_size": _fact(optional(plain.whole)),
    "synthetic": plain.flag,
    "images_used": _fact(optional(whole)),
    "faces_after": _fact(optional(whole)),
    "gallery_retention_days": _fact(optional(whole)),
}

_read_facts: Reader[Facts] = record(Facts, FACT_READERS)
