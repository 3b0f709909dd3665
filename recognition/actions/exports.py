"""Handing results out as a file: to whom, under a ruling on that very recipient, and what it carried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet

from compliance.models import EndUser, RulingRecord
from compliance.policy.vocabulary import Gate, Review
from compliance.stated import UNKNOWN
from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.ids import public_id
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import rulings
from recognition.actions import leads, results
from recognition.actions.rows import handed_on
from recognition.models import (
    Candidate,
    CandidateStatus,
    ExportedImage,
    ExportedLead,
    ExportRecord,
    Job,
    Judged,
    Party,
    Verification,
)
from recognition.models.exports import keyed

FORMATS = ("csv", "jsonl")
LONGEST_RECIPIENT = 200
_BULK = 2_000
_NOBODY_KNOWS = f"{UNKNOWN}The recipient is not in the register of end users."
_REGISTER = (
    "Choose an end user of your determination, or ask the compliance office to enter the recipient in the "
    "register."
)


@dataclass(frozen=True)
class Recipient:
    """Who receives an export.

    Attributes:
        name: The person or body, as the exporter names them.
        party: Whose hands they are: one's own organization, a body of the register, or neither.
        end_user: The body of the register, with that party and no other.
        email: Where they are told of a withdrawal; empty where a person tells them.
    """

    name: str
    party: str = Party.ORGANIZATION
    end_user: UUID | None = None
    email: str = ""

    @property
    def fact(self) -> str | None:
        """The recipient as a job's facts state one."""
        if self.party == Party.REGISTERED:
            return str(self.end_user)
        return None if self.party == Party.ORGANIZATION else _NOBODY_KNOWS


@dataclass(frozen=True)
class Export:
    """An export that was recorded, and its rows, read as they are taken."""

    id: str
    ruling: str
    rows: Iterator[dict[str, Any]]


def export(*, job: Job, recipient: Recipient, format_: str, by: Actor, lead: Judged | None = None) -> Export:
    """Hand a job's results, or one lead of it, to a named recipient; the rows stream.

    A recipient other than the job declared is a party of its own: the release gate rules with them as the
    recipient, and nothing leaves where it refuses or refers: what an officer approved was the job with the
    recipient it declared. Where the rules ask for review, leads alone are handed on;
    all other candidates are left out and counted. The record of the export holds which leads it carried, so
    that a withdrawal finds its recipient, and keyed hashes of their photos.

    Raises:
        InvalidInput: `recipient_missing`, `recipient_too_long`, `email_invalid`, `unknown_party`,
            `format_unknown`.
        Conflict: `not_released`; `not_a_lead`, also when it was withdrawn; `lead_of_another_job`.
        Refused: The rule that closes the results now, or that keeps them from this recipient.
    """
    require(by, Permission.EXPORT, organization=job.organization_id)
    _check(recipient, format_)
    base = results.open_results(job=job, by=by)
    ruling = _rule_on(job, recipient, base, by)
    with tenant_scope(job.organization_id):
        results.require_standing(ruling)
        results.require_open(job)
        carried, pairs = _leads(job, lead), _pairs(job, lead)
        made = _record(job, recipient, format_, ruling, by)
        ids = _record_leads(made, carried, pairs)
        _record_images(made, _digests(carried, pairs))
        _event(made, recipient, len(ids), 1 if lead else job.total, by)
    rows = results.rows(job, ruling, item=lead.item_id if lead else None)
    what = {"unreviewed": lead is None and job.review == Review.NONE, "alone": lead is not None}
    names = frozenset(ids.values())
    return Export(made.public_id, ruling.public_id, (handed_on(row, names, **what) for row in rows))


def _check(recipient: Recipient, format_: str) -> None:
    if not recipient.name.strip():
        raise InvalidInput("recipient_missing", "Name who receives the export.", field="recipient")
    if len(recipient.name.strip()) > LONGEST_RECIPIENT:
        sentence = f"The recipient's name has at most {LONGEST_RECIPIENT} characters."
        raise InvalidInput("recipient_too_long", sentence, field="recipient")
    if format_ not in FORMATS:
        raise InvalidInput("format_unknown", f"Choose {' or '.join(FORMATS)}.", field="format_")
    if recipient.email:
        try:
            validate_email(recipient.email)
        except ValidationError:
            sentence = "This is no email address. Write one like name@example.org, or leave it empty."
            raise InvalidInput("email_invalid", sentence, field="email") from None
    named = recipient.party == Party.REGISTERED
    known = bool(recipient.end_user and EndUser.objects.filter(pk=recipient.end_user).exists())
    if recipient.party not in Party.values or named != known or named != bool(recipient.end_user):
        raise InvalidInput("unknown_party", "Choose from the list to whom results go.", field="to")


def _rule_on(job: Job, recipient: Recipient, base: RulingRecord, by: Actor) -> RulingRecord:
    """Rule on this recipient, unless the job was ruled on with them.

    Raises:
        Refused: The rule that keeps results from them.
    """
    if "recipient" in job.facts and job.facts["recipient"] == recipient.fact:
        return base
    ruling = rulings.rule_for(job, gate=Gate.RELEASE, by=by, recipient=recipient.fact)
    # What an officer approved was the job with the recipient it declared. Nobody approved this one.
    if ruling.is_cleared:
        return ruling
    raise _kept_from(recipient, ruling)


def _kept_from(recipient: Recipient, ruling: RulingRecord) -> Refused:
    """Return the refusal of a recipient; `about` says what it means beside the rule itself."""
    if recipient.party == Party.UNREGISTERED:
        about = (
            "Nothing was handed out: the recipient is not in the register, so nobody has verified who they "
            f"are, and this rule has to know. {_REGISTER}"
        )
        return rulings.refusal(ruling, sentence=f"{about} {ruling.sentence}", remedy=_REGISTER, about=about)
    about = f"Nothing was handed out. The results of this job may not go to {recipient.name.strip()}."
    return rulings.refusal(ruling, sentence=f"{about} {ruling.sentence}", about=about)


def _leads(job: Job, lead: Judged | None) -> QuerySet[Candidate]:
    """Return the leads that the file carries. In scope.

    Raises:
        Conflict: `not_a_lead`, `lead_of_another_job`.
    """
    own: QuerySet[Candidate] = Candidate.objects.filter(item__job=job)
    if lead is None:
        return own.filter(status=CandidateStatus.LEAD)
    return _only(own, lead) if isinstance(lead, Candidate) else own.none()


def _pairs(job: Job, lead: Judged | None) -> QuerySet[Verification]:
    """Return the pairs that reviewers made leads of and that the file carries. In scope.

    Raises:
        Conflict: `not_a_lead`, `lead_of_another_job`.
    """
    own: QuerySet[Verification] = Verification.objects.alike().filter(item__job=job)
    if lead is None:
        return own.filter(status=CandidateStatus.LEAD)
    return _only(own, lead) if isinstance(lead, Verification) else own.none()


def _only(own: QuerySet[Any], lead: Judged) -> QuerySet[Any]:
    """Return one lead among a job's own.

    Raises:
        Conflict: `not_a_lead`, `lead_of_another_job`.
    """
    found = own.filter(pk=lead.pk).first()
    if found is None:
        raise Conflict("lead_of_another_job", "This lead was found by another job. Export it there.")
    leads.require_lead(found)
    return own.filter(pk=lead.pk)


def _record(job: Job, recipient: Recipient, format_: str, ruling: RulingRecord, by: Actor) -> ExportRecord:
    made: ExportRecord = ExportRecord.objects.create(
        organization_id=job.organization_id,
        job=job,
        recipient=recipient.name.strip(),
        party=recipient.party,
        end_user_id=recipient.end_user,
        email=recipient.email,
        format=format_,
        ruling=ruling.public_id,
        exported_by=by.id,
    )
    return made


def _record_leads(
    made: ExportRecord, carried: QuerySet[Candidate], pairs: QuerySet[Verification]
) -> dict[UUID, str]:
    """Record what is carried as leads; return their public ids by their own."""
    ids = {key: public_id(Candidate.PREFIX, key) for key in carried.values_list("pk", flat=True)}
    ids |= {key: public_id(Verification.PREFIX, key) for key in pairs.values_list("pk", flat=True)}
    rows = [ExportedLead(organization_id=made.organization_id, export=made, lead_id=key) for key in ids]
    ExportedLead.objects.bulk_create(rows, batch_size=_BULK)
    return ids


def _digests(carried: QuerySet[Candidate], pairs: QuerySet[Verification]) -> set[str]:
    """Return the digests of both photos of each lead."""
    photos = {carried: ("item__image", "face__image"), pairs: ("item__image", "item__second")}
    digests: set[str] = set()
    for rows, sides in photos.items():
        for side in sides:
            digests.update(rows.order_by().values_list(f"{side}__sha256", flat=True).distinct())
    return digests


def _record_images(made: ExportRecord, digests: set[str]) -> None:
    """Keep keyed hashes of exported photos, so that they are seen when somebody uploads them."""
    rows = [
        ExportedImage(digest=keyed(one), export_id=made.pk, organization_id=made.organization_id)
        for one in sorted(digests)
    ]
    ExportedImage.objects.bulk_create(rows, batch_size=_BULK)


def _event(made: ExportRecord, recipient: Recipient, carried: int, rows: int, by: Actor) -> None:
    end_user = public_id(EndUser.PREFIX, recipient.end_user) if recipient.end_user else ""
    audit.record(
        verb="results.exported",
        actor=by,
        target=made.job,
        organization=made.organization_id,
        export=made.public_id,
        format=made.format,
        rows=rows,
        leads=carried,
        party=str(recipient.party),
        end_user=end_user,
        ruling=made.ruling,
    )
