"""Case records: opened with what is known of a person, changed, closed, linked to people in galleries."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models.functions import Now

from compliance.policy.vocabulary import PEOPLE_FINDING, Purpose, RequestedBy
from portal.audit import actions as audit
from portal.audit.models import Event
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.ids import uuid7
from portal.common.states import move
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import details as sealed
from recognition import rulings
from recognition.ages import Span, span
from recognition.details import RecordDetails
from recognition.models import CaseRecord, RecordStatus, Subject, SubjectMerge
from recognition.states import RECORD

LONGEST_REFERENCE = 100
LONGEST_TEXT = 200
AUTHORITY_KINDS = {"report": "Report of an authority", "custody": "Proof of custody"}
_OLDEST = timedelta(days=130 * 366)
_DATES = {
    "born": "The date of birth",
    "missing_since": "Missing since",
    "authority_dated": "The day of issue",
}


def open_record(
    *,
    organization: Organization,
    reference: str,
    purpose: str,
    requested_by: str,
    details: RecordDetails,
    by: Actor,
) -> CaseRecord:
    """Open a case record.

    Raises:
        InvalidInput: `reference_missing`, `reference_too_long`, `purpose_unknown`, `requester_unknown`,
            `authority_missing`, `authority_unknown`, `date_format`, `date_future`, `date_order`, `too_long`.
        Refused: `other_purpose`, a key's own is another; the rule that refuses abuse material here.
        Conflict: `reference_taken`.
    """
    require(by, Permission.MANAGE_CASES, organization=organization)
    if by.kind == "key" and by.purpose != purpose:
        raise Refused("other_purpose", f"This key is bound to the purpose {by.purpose}.")
    _check_purpose(purpose)
    _check(reference, requested_by, details)
    record = CaseRecord(
        id=uuid7(),
        organization=organization,
        reference=reference.strip(),
        purpose=purpose,
        requested_by=requested_by,
        created_by=by.id,
    )
    require_lawful_holder(record, by)
    try:
        with tenant_scope(organization):
            key = secrets.sealing_key(organization)
            record.details = sealed.seal(details, owner=record.pk, key=key)
            record.save(force_insert=True)
            note(record, "record.opened", by, purpose=purpose, requested_by=requested_by)
    except IntegrityError:
        raise _taken() from None
    return record


def change(*, record: CaseRecord, by: Actor, **values: str) -> CaseRecord:
    """Change what is known of a person, the reference, or who asks; the purpose of a record never changes.

    Raises:
        InvalidInput: As for `open_record`; `field_fixed` for anything else.
        Conflict: `reference_taken`; `case_closed`.
    """
    require(by, Permission.MANAGE_CASES, organization=record.organization_id)
    known = set(RecordDetails.__dataclass_fields__)
    fixed = sorted(set(values) - known - {"reference", "requested_by"})
    if fixed:
        raise InvalidInput("field_fixed", f"This cannot be changed: {', '.join(fixed)}.", field=fixed[0])
    try:
        with tenant_scope(record.organization_id):
            locked = lock_open(record)
            stated = {name: value for name, value in values.items() if name in known}
            changed = replace(details_of(locked), **stated)
            locked.reference = values.get("reference", locked.reference).strip()
            locked.requested_by = values.get("requested_by", locked.requested_by)
            _check(locked.reference, locked.requested_by, changed)
            key = secrets.sealing_key(record.organization_id)
            locked.details = sealed.seal(changed, owner=record.pk, key=key)
            locked.save(update_fields=["reference", "requested_by", "details"])
            note(locked, "record.changed", by, fields=sorted(values))
    except IntegrityError:
        raise _taken() from None
    return locked


def close(*, record: CaseRecord, by: Actor) -> None:
    """Close a record whose person was not found: no further job may name it.

    Its photos and what is known of the person are destroyed 30 days later (`record_retention`).
    """
    require(by, Permission.MANAGE_CASES, organization=record.organization_id)
    with tenant_scope(record.organization_id):
        move(record, RecordStatus.CLOSED, table=RECORD, ended_at=Now())
        note(record, "record.closed", by)


def reopen(*, record: CaseRecord, by: Actor) -> None:
    """Open a closed record again."""
    require(by, Permission.MANAGE_CASES, organization=record.organization_id)
    with tenant_scope(record.organization_id):
        move(record, RecordStatus.OPEN, table=RECORD, ended_at=None)
        note(record, "record.reopened", by)


def link(*, subject: Subject, record: CaseRecord, by: Actor) -> None:
    """Say that a person in a gallery is the one of a case: when found, they are erased from the gallery.

    Raises:
        Conflict: `case_closed`; `other_case`, they are the person of another one; `subject_merged`.
    """
    require(by, Permission.MANAGE_CASES, organization=subject.organization_id)
    with tenant_scope(subject.organization_id):
        locked = lock_open(record)
        found = Subject.objects.select_for_update(of=("self",)).select_related("record").get(pk=subject.pk)
        if found.merged_into_id is not None:
            sentence = f"{found} was merged into another person since. Link that one instead."
            raise Conflict("subject_merged", sentence)
        if found.record is not None and found.record != locked:
            sentence = f"{found} is the person of case {found.record.reference}. Unlink them there first."
            raise Conflict("other_case", sentence)
        Subject.objects.filter(pk=subject.pk).update(record=locked, is_unnamed=False)
        note(locked, "record.linked", by, subject=subject.public_id)


def unlink(*, subject: Subject, by: Actor) -> None:
    """Say that a person in a gallery is not the one of the case they were linked to.

    It holds for everybody who was merged into them: undoing a merge does not bring the link back.
    """
    require(by, Permission.MANAGE_CASES, organization=subject.organization_id)
    with tenant_scope(subject.organization_id):
        found = Subject.objects.select_for_update(of=("self",)).select_related("record").get(pk=subject.pk)
        if found.record is None:
            return
        Subject.objects.filter(pk=subject.pk).update(record=None)
        SubjectMerge.objects.under(found).update(record=None, gave_record=False)
        note(found.record, "record.unlinked", by, subject=subject.public_id)


def details_of(record: CaseRecord) -> RecordDetails:
    """Return what is known of the person, opened."""
    key = secrets.data_key(record.organization)
    return sealed.opened(RecordDetails, record.details, owner=record.pk, key=key)


def lock_open(record: CaseRecord) -> CaseRecord:
    """Return a record locked against change, in the scope in force.

    `FOR NO KEY UPDATE`: workers that commit a row which refers to it need not wait.

    Raises:
        Conflict: `case_closed`, it is not open any more.
    """
    locked: CaseRecord = CaseRecord.objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    require_open(locked)
    return locked


def require_open(record: CaseRecord) -> None:
    """Go on with an open record only.

    Raises:
        Conflict: `case_closed`.
    """
    if record.status == RecordStatus.FOUND:
        sentence = f"The person of case {record.reference} was found. Nothing more is done about them."
        raise Conflict("case_closed", sentence, field="case_reference")
    if record.status == RecordStatus.CLOSED:
        sentence = f"Case {record.reference} is closed. Open it again first."
        raise Conflict("case_closed", sentence, field="case_reference")


def require_lawful_holder(record: CaseRecord, by: Actor) -> None:
    """Let abuse material into a record only where the rules let the organization hold it. Outside any scope.

    Raises:
        Refused: The rule that refuses it.
    """
    if record.purpose == Purpose.CSAM_VICTIM_IDENTIFICATION:
        ruling = rulings.rule_on_holding(record, by=by)
        if not rulings.lets_through(ruling):
            raise rulings.refusal(ruling)


def note(record: CaseRecord, verb: str, by: Actor, **payload: Any) -> Event:
    """Record an event about a case record, inside the caller's scope."""
    return audit.record(verb=verb, actor=by, target=record, organization=record.organization_id, **payload)


def day_or_year(text: str, field: str, what: str) -> Span | None:
    """Return a stated date that is not in the future; None where none is stated.

    Raises:
        InvalidInput: `date_format`, `date_future`.
    """
    if not text:
        return None
    try:
        stated = span(text)
    except ValueError:
        sentence = f"{what} is a day or a year, such as 2014-03-07 or 2014."
        raise InvalidInput("date_format", sentence, field=field) from None
    if stated.first > _today():
        raise InvalidInput("date_future", f"{what} lies in the future.", field=field)
    return stated


def _check_purpose(purpose: str) -> None:
    if purpose not in PEOPLE_FINDING:
        sentence = "A case record is for a purpose that finds people. Choose one of them."
        raise InvalidInput("purpose_unknown", sentence, field="purpose")


def _check(reference: str, requested_by: str, details: RecordDetails) -> None:
    if not reference.strip():
        raise InvalidInput("reference_missing", "Enter the reference of the case.", field="reference")
    if len(reference.strip()) > LONGEST_REFERENCE:
        sentence = f"A reference has at most {LONGEST_REFERENCE} characters."
        raise InvalidInput("reference_too_long", sentence, field="reference")
    if requested_by not in set(RequestedBy):
        raise InvalidInput("requester_unknown", "Say on whose request it is.", field="requested_by")
    _check_authority(requested_by, details)
    _check_dates(details)


def _check_authority(requested_by: str, details: RecordDetails) -> None:
    stated = {name: value for name, value in asdict(details).items() if name.startswith("authority_")}
    if too_long := [name for name, value in stated.items() if len(value) > LONGEST_TEXT]:
        sentence = f"At most {LONGEST_TEXT} characters."
        raise InvalidInput("too_long", sentence, field=too_long[0])
    if details.authority_kind and details.authority_kind not in AUTHORITY_KINDS:
        raise InvalidInput("authority_unknown", "Choose a report or custody.", field="authority_kind")
    if not any(stated.values()) and requested_by != RequestedBy.FAMILY:
        return
    if missing := [name for name, value in stated.items() if not value]:
        whole = "State kind, issuer, reference and day of the report or proof of custody."
        why = "A family's request needs an authority's report or proof of custody. "
        sentence = (why if requested_by == RequestedBy.FAMILY else "") + whole
        raise InvalidInput("authority_missing", sentence, field=missing[0])


def _check_dates(details: RecordDetails) -> None:
    stated = {name: day_or_year(getattr(details, name), name, what) for name, what in _DATES.items()}
    born, missing_since = stated["born"], stated["missing_since"]
    if born and born.last < _today() - _OLDEST:
        raise InvalidInput("date_order", "The date of birth is more than 130 years ago.", field="born")
    if born and missing_since and missing_since.last < born.first:
        sentence = "Nobody goes missing before they are born. Mend one of the two dates."
        raise InvalidInput("date_order", sentence, field="missing_since")


def _today() -> date:
    return database_now().date()


def _taken() -> Conflict:
    sentence = "There is a case record of this reference already."
    return Conflict("reference_taken", sentence, field="reference")
