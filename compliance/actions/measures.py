"""Measures of one officer: recorded, told, and looked at by a second officer within 72 hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from compliance.actions import cases, letters
from compliance.findings import Finding
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Case, Grant, Measure
from compliance.models.measures import TAKEN_AWAY, MeasureKind, MeasureStatus
from compliance.states import MEASURE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope

LOOKED_AT_WITHIN = timedelta(hours=72)
CLOCK = Actor.system("measures")
AT_ONCE = 50  # measures escalated in one sweep


def take(
    kind: MeasureKind, *, organization: Organization, case: Case, reasons: str, by: Actor, subject: str = ""
) -> Measure:
    """Record a measure, and tell the organization and the other officers. In the office's scope.

    Raises:
        InvalidInput: `reasons_missing`.
    """
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why; the organization reads it.", field="reasons")
    cases.write(case, reasons, by=by)
    measure: Measure = Measure.objects.create(
        organization=organization,
        case=case,
        kind=kind,
        subject=subject,
        reasons=reasons.strip(),
        taken_by_id=officer_key(by),
        due_at=database_now() + LOOKED_AT_WITHIN,
    )
    _event("measure.taken", measure, by, kind=str(kind), subject=subject)
    about: dict[str, Any] = {"about": case.public_id, "by": by, "measure": measure, "case": case}
    letters.write(kind="measure_taken", organization=organization, **about)
    others = [one for one in letters.officers() if one.pk != measure.taken_by_id]
    letters.write(kind="measure_to_judge", organization=None, to=others, **about)
    return measure


def ratify(*, measure: Measure, by: Actor) -> Measure:
    """Confirm a measure as the second officer.

    Raises:
        Refused: `second_officer`, whoever took it does not ratify it, or `own_organization`.
        Conflict: `transition_not_allowed`, another officer looked at it already.
    """
    with officer_scope():
        return _judge(measure, MeasureStatus.RATIFIED, by)


def object_to(*, measure: Measure, reasons: str, by: Actor) -> Measure:
    """Object to a measure as the second officer: it stays in force, and all officers are told.

    Lifting what was made stricter loosens it, so an objection alone lifts nothing.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `second_officer` or `own_organization`.
        Conflict: `transition_not_allowed`.
    """
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say what speaks against it.", field="reasons")
    with officer_scope():
        row = _judge(measure, MeasureStatus.OBJECTED, by)
        cases.write(row.case, reasons, by=by, internal=True)
        _escalate(row, "measure_objected", by)
    return row


def escalate_overdue() -> int:
    """Tell all officers of measures that nobody looked at in time; they stay in force. A sweep."""
    with officer_scope():
        late = Measure.objects.overdue().filter(escalated_at=None)
        rows = late.select_for_update(skip_locked=True, of=("self",)).select_related("case", "organization")
        found = list(rows[:AT_ONCE])
        for row in found:
            _escalate(row, "measure_overdue", CLOCK)
    return len(found)


def lift(organization: Organization, kinds: tuple[MeasureKind, ...], *, by: Actor) -> None:
    """Mark the measures of some kinds as lifted. In the office's scope."""
    for row in Measure.objects.standing().filter(organization=organization, kind__in=kinds):
        _lift(row, by)


def lift_restored(organization: Organization, finding: Finding, *, by: Actor) -> None:
    """Mark as lifted what took away a line that is granted, or exempt, again. In the office's scope."""
    granted = {(line.purpose, line.end_user) for line in finding.lines}
    exempt = {(line.purpose, line.end_user) for line in finding.lines if line.exemption}
    taken = Measure.objects.standing().filter(organization=organization, kind__in=TAKEN_AWAY)
    for row in taken:
        grant = Grant.objects.with_public_id(row.subject)
        again = exempt if row.kind == MeasureKind.EXEMPTION_REVOKED else granted
        if (grant.purpose, str(grant.end_user_id)) in again:
            _lift(row, by)


def _lift(measure: Measure, by: Actor) -> None:
    move(measure, MeasureStatus.LIFTED, table=MEASURE_TRANSITIONS, lifted_at=database_now())
    _event("measure.lifted", measure, by, kind=measure.kind)


def _judge(measure: Measure, status: MeasureStatus, by: Actor) -> Measure:
    officer_id = officer_key(by)
    row: Measure = Measure.objects.select_related("case", "organization").get(pk=measure.pk)
    refuse_involved(row.organization_id, officer_id)
    if row.taken_by_id == officer_id:
        raise Refused("second_officer", "Another officer has to look at what you did.")
    fields = {"judged_by_id": officer_id, "judged_at": database_now()}
    move(row, status, table=MEASURE_TRANSITIONS, **fields)
    _event(f"measure.{status}", row, by, kind=row.kind)
    return row


def _escalate(measure: Measure, letter: str, by: Actor) -> None:
    Measure.objects.filter(pk=measure.pk).update(escalated_at=database_now())
    _event("measure.escalated", measure, by, kind=measure.kind)
    letters.write(
        kind=letter,
        organization=None,
        about=measure.case.public_id,
        by=by,
        measure=measure,
        case=measure.case,
        named=measure.organization,
    )


def _event(verb: str, measure: Measure, by: Actor, **payload: str) -> None:
    audit.record(verb=verb, actor=by, target=measure, organization=measure.organization_id, **payload)
