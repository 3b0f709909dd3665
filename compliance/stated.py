"""What a caller states about a job or call, in words, and the facts that come of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q

from compliance import dates
from compliance.holdings import Holdings
from compliance.models import Determination, EndUser, Grant
from compliance.policy import facts as policy_facts
from compliance.policy.facts import Binding, Fact, Facts, OrganizationFacts, Party, Undetermined
from compliance.policy.obligations import Obligations
from compliance.policy.plain import MISSING, Missing
from compliance.policy.vocabulary import OrganizationStatus, OrganizationType, Record
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization

LONGEST_TEXT = 1_000
UNKNOWN = "unknown:"  # followed by the reason: asked for, and nobody can know
_LARGEST = 2**53  # beyond it JSON numbers are not exact
_MOST_VALUES = 1_000
_DEEPEST = 4

Register: TypeAlias = Mapping[UUID, EndUser]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """The facts of one job or call as its caller states them, in the words of the vocabulary.

    Whatever is left out was not asked and refuses where a rule needs it. `None` is an answer: there is none.

    Attributes:
        end_user: Whom it is for, from the register.
        recipient: Who gets the results, from the register; None where they stay with the organization;
            `unknown:<reason>` where nobody has verified who they are.
        key_operator: Whoever runs the program, from the register; the organization itself unless stated.
        probe_source: Where the probe is from; None where there is none. Likewise `gallery_source`.
        subjects: Jurisdictions of the people in the images; `unknown:<reason>` where nobody can know.
        authorization: issuer, reference, issued_at, expires_at, outcome.
        images_used: Images for this purpose and end user within 30 days; None where nothing is counted yet.
        faces_after: Most faces that the gallery will hold; None without a gallery.
        gallery_retention_days: How long the gallery keeps its faces; None without a gallery.
    """

    purpose: str | Missing = MISSING
    operation: str | Missing = MISSING
    end_user: UUID | str | Missing = MISSING
    recipient: UUID | str | Missing | None = MISSING
    key_operator: UUID | str | None = None
    requested_by: str | Missing = MISSING
    case_reference: str | Missing | None = MISSING
    subject_class: str | Missing = MISSING
    probe_source: str | Missing | None = MISSING
    gallery_source: str | Missing | None = MISSING
    subjects: list[str] | str | Missing = MISSING
    authorization: Mapping[str, Any] | Missing | None = None
    attributes: list[str] | Missing = MISSING
    threshold: float | Missing | None = None
    gallery_size: int | Missing | None = None
    images_used: int | Missing | None = MISSING
    faces_after: int | Missing | None = MISSING
    gallery_retention_days: int | Missing | None = MISSING

    @classmethod
    def of(cls, *layers: Mapping[str, Any]) -> Stated:
        """Return what several layers state together; a later layer overrides an earlier one.

        Raises:
            InvalidInput: `unknown_fact`, a layer states something there is no word for.
        """
        together = {name: value for layer in layers for name, value in layer.items()}
        if unknown := sorted(set(together) - {one.name for one in fields(cls)}):
            raise InvalidInput("unknown_fact", f"{unknown[0]} is not a fact of a request.", field=unknown[0])
        return replace(cls(), **together)


def facts_of(
    stated: Stated, holdings: Holdings, *, by: Actor | None = None, at: datetime | None = None
) -> Facts:
    """Return the facts rules look at: what was stated, and what the office determined.

    Args:
        stated: What the caller states.
        holdings: What is held about the organization, with the end users of `named_in` looked up.
        by: Who asks; a key holds them to the purpose and end user it is bound to.
        at: The moment for what follows from a date alone, that of the holdings unless given.

    Raises:
        InvalidInput: A word is not in the vocabulary, a party is not in the register, or a value cannot be
            kept: `not_plain`.
    """
    for name, value in vars(stated).items():
        if not _is_plain(value):
            sentence = f"{name.replace('_', ' ')}: too long, or holds what no record can keep."
            raise InvalidInput("not_plain", sentence, field=name)
    organization, determination, register = holdings.organization, holdings.determination, holdings.register
    status = status_by_date(organization, holdings.kept_grants, at or holdings.now)
    itself = _itself(organization, determination, status)
    records, records_until = records_on_file(holdings)
    return Facts(
        organization=itself,
        determination=determination.public_id if determination else None,
        grants=tuple(grant.line for grant in holdings.kept_grants),
        end_user=_party("end_user", stated.end_user, register),
        recipient=_recipient(stated.recipient, register),
        key_operator=_operator(stated, itself, register),
        establishment=frozenset(determination.establishment) if determination else MISSING,
        processing=frozenset(determination.processing) if determination else MISSING,
        subjects=_subjects(stated.subjects, determination),
        binding=_binding(by, register),
        records=records,
        records_until=records_until,
        synthetic=organization.synthetic,
        attributes=_attributes(stated),
        purpose=_read("purpose", stated.purpose),
        operation=_read("operation", stated.operation),
        requested_by=_read("requested_by", stated.requested_by),
        case_reference=_read("case_reference", stated.case_reference or None),
        subject_class=_read("subject_class", stated.subject_class),
        probe_source=_read("probe_source", stated.probe_source),
        gallery_source=_read("gallery_source", stated.gallery_source),
        authorization=_read("authorization", stated.authorization),
        threshold=_read("threshold", stated.threshold),
        gallery_size=_read("gallery_size", stated.gallery_size),
        images_used=_read("images_used", stated.images_used),
        faces_after=_read("faces_after", stated.faces_after),
        gallery_retention_days=_read("gallery_retention_days", stated.gallery_retention_days),
    )


def named_in(stated: Stated, by: Actor | None = None) -> set[UUID]:
    """Return the entries of the register that facts of a request name; some may not be there."""
    keys = {by.end_user_id} if by and by.end_user_id else set()
    for value in (stated.end_user, stated.recipient, stated.key_operator):
        with suppress(NotFound):
            keys.add(_key(value))
    return keys


def end_user_of(value: UUID | str) -> EndUser:
    """Return an entry of the register of end users by id or public id.

    Raises:
        NotFound: There is no such entry.
    """
    try:
        return EndUser.objects.get(pk=_key(value))
    except EndUser.DoesNotExist:
        raise NotFound() from None


def named_recipients(demands: Obligations) -> list[str] | None:
    """Return the names of the only recipients that demands allow; None where they leave it open."""
    if demands.recipients is None:
        return None
    keys = [UUID(one) for one in demands.recipients]
    rows = EndUser.objects.filter(Q(pk__in=keys) | Q(organization__in=keys)).order_by("name")
    return [entry.name for entry in rows]


def _key(text: object) -> UUID:
    if isinstance(text, UUID):
        return text
    if not isinstance(text, str):
        raise NotFound()
    try:
        return UUID(text)
    except ValueError:
        return parse_public_id(EndUser.PREFIX, text)


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Tell whether a value is data that the database and a canonical hash can keep."""
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and "\0" not in value and not _has_surrogate(value)
    if isinstance(value, int | float):
        return -_LARGEST <= value <= _LARGEST and math.isfinite(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        return (
            depth < _DEEPEST
            and len(value) <= _MOST_VALUES
            and all(_is_plain(inner, depth + 1) for inner in value)
        )
    return True


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _read(name: str, value: Any) -> Any:
    if value is MISSING:
        return MISSING
    try:
        return policy_facts.FACT_READERS[name](dict(value) if isinstance(value, Mapping) else value)
    except InvalidInput as error:
        raise InvalidInput(error.code, f"{name.replace('_', ' ')}: {error.sentence}", field=name) from error
    except OverflowError:  # a moment at the edge of the calendar
        sentence = f"{name.replace('_', ' ')}: outside what can be reckoned with."
        raise InvalidInput("not_plain", sentence, field=name) from None


def _party(name: str, value: UUID | str | Missing | None, register: Register) -> Fact[Party]:
    if value is None or isinstance(value, Missing):
        return MISSING
    try:
        return register[_key(value)].party
    except (KeyError, NotFound):
        what = name.replace("_", " ")
        raise InvalidInput("unknown_party", f"The {what} is not in the register.", field=name) from None


def _recipient(value: UUID | str | Missing | None, register: Register) -> Fact[Party | None]:
    if value is None:
        return None
    if isinstance(value, str) and value.startswith(UNKNOWN):
        return Undetermined(value.removeprefix(UNKNOWN))
    return _party("recipient", value, register)


def status_by_date(organization: Organization, grants: Sequence[Grant], at: datetime) -> OrganizationStatus:
    """Return the status of an organization by the clock, swept already or not.

    Args:
        organization: As it is stored.
        grants: Those of its determination in force that it keeps.
        at: The moment.
    """
    status = dates.status_by_date(organization.status, dates.recertify_at(grants), at)
    return OrganizationStatus(status.value)


def _itself(
    organization: Organization, determination: Determination | None, status: OrganizationStatus
) -> OrganizationFacts:
    return OrganizationFacts(
        id=str(organization.pk),
        name=organization.name,
        type=OrganizationType(determination.organization_type) if determination else MISSING,
        status=status,
    )


def _operator(stated: Stated, itself: OrganizationFacts, register: Register) -> Fact[Party]:
    if stated.key_operator is not None:
        return _party("key_operator", stated.key_operator, register)
    if not isinstance(itself.type, OrganizationType):
        return MISSING
    return Party(id=itself.id, name=itself.name, type=itself.type)


def _subjects(value: list[str] | str | Missing, determination: Determination | None) -> Any:
    if isinstance(value, str):
        return Undetermined(value.removeprefix(UNKNOWN).strip() or "The place of the person is not known.")
    if not isinstance(value, Missing):
        return _read("subjects", value)
    return frozenset(determination.subjects) if determination else MISSING


def records_on_file(holdings: Holdings) -> tuple[Fact[frozenset[Record]], datetime | None]:
    """Return the documents on file, and when the first of them is there no more.

    What officers saw when they determined counts for as long as no document of that kind is kept here;
    where there is one, it counts until it expires, and another of the same kind takes its place.
    """
    if holdings.determination is None:
        return MISSING, None
    until: dict[str, datetime | None] = {}
    over = set()
    for record, expires_at, valid in holdings.documents:
        if valid:
            known = until.get(record, expires_at)
            until[record] = max(known, expires_at) if known and expires_at else None
        else:
            over.add(record)
    held = (set(holdings.determination.records) - over) | set(until)
    ends = [moment for moment in until.values() if moment]
    return frozenset(map(Record, held)), min(ends, default=None)


def _binding(by: Actor | None, register: Register) -> Binding | None:
    if by is None or by.purpose is None or by.end_user_id is None:
        return None
    entry = register.get(by.end_user_id)
    return Binding(purpose=by.purpose, end_user_id=entry.party_id if entry else str(by.end_user_id))


def _attributes(stated: Stated) -> Any:
    """Return the attributes asked for; nothing but an attribute call can ask for any."""
    if isinstance(stated.attributes, Missing) and stated.operation != "attributes":
        return frozenset()
    return _read("attributes", stated.attributes)
