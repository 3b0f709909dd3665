"""Which case record a job belongs to: the one its case reference names, opened on first use.

Programs state a case reference and nothing more, so a record that nobody opened before is opened with what
the job says. A search for a person that names no case at all is refused: nothing of it could be erased when
the person is found, and no age could stand beside a candidate.
"""

from __future__ import annotations

from typing import Any, LiteralString

from compliance.policy.vocabulary import PEOPLE_FINDING, RequestedBy
from portal.common import planned
from portal.common.errors import InvalidInput
from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.actor import Actor
from portal.tenancy.scope import organization_in_scope
from recognition import details
from recognition.actions import records
from recognition.actions.records import LONGEST_REFERENCE
from recognition.details import RecordDetails
from recognition.models import Call, CaseRecord, Item, Job, JobKind, Subject

MISSING = "case_record_missing"
_MOST_NAMES = 100  # looked at: nobody was merged from more, so a job with as many enrolls several people
SENTENCE = "A search for a person belongs to a case. Give its reference; the case record opens by itself."

_CALLED: LiteralString = "WHERE organization_id = %s AND reference = %s"
_HELD: LiteralString = f"{_CALLED} FOR SHARE"  # against its end, until the transaction ends


def reference_of(purpose: str, facts: Any) -> str:
    """Return the case that is named where people are looked for; empty where none is, or nobody is."""
    reference = facts.get("case_reference") if purpose in PEOPLE_FINDING else None
    return str(reference).strip() if reference else ""


def check(purpose: str, facts: Any) -> None:
    """Refuse an order that names a case which has ended, or none there can be, in the scope in force.

    Raises:
        InvalidInput: `reference_too_long`.
        Conflict: `case_closed`.
    """
    if reference := reference_of(purpose, facts):
        if len(reference) > LONGEST_REFERENCE:
            sentence = f"A case reference has at most {LONGEST_REFERENCE} characters."
            raise InvalidInput("reference_too_long", sentence, field="case_reference")
        for record in _records(_CALLED, reference):
            records.require_open(record)


def names_none(job: Job | Call) -> bool:
    """Whether a job or call searches for a person, or compares photos to find one, and says of no case."""
    searches = job.kind in {JobKind.SEARCH, JobKind.COMPARE} and job.purpose in PEOPLE_FINDING
    return searches and not reference_of(job.purpose, job.facts)


def claim(job: Job | Call, by: Actor) -> None:
    """Set the record of a new job or call, opened on its first use; inside the scope that writes the job.

    The record is held against its end until the job is written: a person who is found meanwhile is not
    looked for once more.

    Raises:
        Conflict: `case_closed`.
    """
    reference = reference_of(job.purpose, job.facts)
    if not reference:
        return
    rows = _records(_HELD, reference)
    if not rows:
        _open(job, reference, by)
        rows = _records(_HELD, reference)
    records.require_open(rows[0])
    job.record = rows[0]


def _records(statement: LiteralString, reference: str) -> list[CaseRecord]:
    """Return the record of a reference in the scope in force; none where nobody opened it."""
    return planned.instances(CaseRecord, statement, [organization_in_scope(), reference])


def adopt(job: Job) -> None:
    """Link the person whom a job enrolled to the job's case, where it enrolled one person alone.

    A job that enrolls many people says nothing about which of them the case is of: a member links them.
    """
    if job.record_id is not None and (name := only_person(job)):
        subjects = Subject.objects.standing().filter(gallery=job.gallery_id, name=name, record=None)
        subjects.update(record=job.record_id)


def only_person(job: Job) -> str:
    """Return whom a job enrolls, where it is one person alone; empty otherwise. In scope.

    Names that were merged are one person, called as the survivor.
    """
    if job.kind != JobKind.ENROLL or job.gallery_id is None:
        return ""
    items = Item.objects.filter(job=job).exclude(subject_name="").order_by()
    names = set(items.values_list("subject_name", flat=True).distinct()[:_MOST_NAMES])
    known = Subject.objects.meant_by(job.gallery_id, names)
    people = {str(known.get(name, name)) for name in names}
    return people.pop() if len(people) == 1 else ""


def _open(job: Job | Call, reference: str, by: Actor) -> None:
    """Open a record with what a job states; of two jobs at once, the first opens it."""
    record = CaseRecord(
        id=uuid7(),
        organization_id=job.organization_id,
        reference=reference,
        purpose=job.purpose,
        requested_by=job.facts.get("requested_by") or RequestedBy.SELF.value,
        created_by=by.id,
    )
    key = secrets.sealing_key(job.organization_id)
    record.details = details.seal(_details(job), owner=record.pk, key=key)
    CaseRecord.objects.bulk_create([record], ignore_conflicts=True)
    if CaseRecord.objects.filter(pk=record.pk).exists():
        stated = {"purpose": record.purpose, "requested_by": record.requested_by, "job": job.public_id}
        records.note(record, "record.opened", by, **stated)


def _details(job: Job | Call) -> RecordDetails:
    """Return what a job's authorization says about the report of an authority."""
    stated = job.facts.get("authorization")
    if not stated:
        return RecordDetails()
    return RecordDetails(
        authority_kind="report",
        authority_issuer=str(stated["issuer"]),
        authority_reference=str(stated["reference"]),
        authority_dated=str(stated["issued_at"])[: len("2019-03-07")],
    )
