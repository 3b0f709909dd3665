"""Breaches: told to the organization at once, followed by steps, with the authority's clock running."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from compliance.actions import cases, letters
from compliance.actions.person_requests import privacy_contacts
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Breach, BreachAction
from compliance.models.breaches import AUTHORITY_WITHIN, MAY_BE_NEEDLESS, BreachStep
from compliance.models.cases import CaseKind
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope

CLOCK = Actor.system("breaches")
AT_ONCE = 50  # breaches escalated in one sweep


def open_breach(*, organization: Organization, what: str, aware_at: datetime, by: Actor) -> Breach:
    """Record a breach of an organization's data; its privacy contacts and all officers are told at once.

    Args:
        organization: Whose data it is.
        what: What happened to which data.
        aware_at: When anybody of the operator knew; the authority has to be told within 72 hours of it.
        by: The officer.

    Raises:
        InvalidInput: `what_missing` or `aware_at`.
        Refused: `own_organization`.
    """
    officer_id = officer_key(by)
    if not what.strip():
        raise InvalidInput("what_missing", "Say what happened to which data.", field="what")
    if aware_at > database_now():
        raise InvalidInput("aware_at", "This is in the future. Say since when it is known.", field="aware_at")
    with officer_scope():
        refuse_involved(organization.pk, officer_id)
        case = cases.open_case(
            kind=CaseKind.BREACH, organization_id=organization.pk, summary=what.strip(), by=by
        )
        breach: Breach = Breach.objects.create(
            organization=organization,
            case=case,
            what=what.strip(),
            aware_at=aware_at,
            authority_due_at=aware_at + AUTHORITY_WITHIN,
        )
        moments = {name: getattr(breach, name).isoformat() for name in ("aware_at", "authority_due_at")}
        audit.record(verb="breach.opened", actor=by, target=breach, organization=organization.pk, **moments)
        _tell(breach, "breach", by)
        letters.write(
            kind="breach_opened", organization=None, about=case.public_id, by=by, breach=breach, case=case
        )
    return breach


def take_step(*, breach: Breach, step: str, note: str, by: Actor, needed: bool = True) -> BreachAction:
    """Record that a step was taken, or that the assessment found it needless.

    Raises:
        InvalidInput: `step`, `note_missing` or `needed`.
        Refused: `own_organization`.
        Conflict: `assess_first`, or `step_taken`, it was recorded already.
    """
    officer_id = officer_key(by)
    if step not in BreachStep.values:
        raise InvalidInput("step", "Choose a step.", field="step")
    if not note.strip():
        raise InvalidInput("note_missing", "Say what was done, or why it is not needed.", field="note")
    if not needed and step not in MAY_BE_NEEDLESS:
        raise InvalidInput("needed", "Every breach is contained and assessed.", field="needed")
    with officer_scope():
        refuse_involved(breach.organization_id, officer_id)
        if not needed and not breach.actions.filter(step=BreachStep.ASSESSED).exists():
            raise Conflict("assess_first", "Assess the risk first: what is needless follows from it.")
        try:
            with transaction.atomic():
                action = BreachAction(
                    organization_id=breach.organization_id,
                    breach=breach,
                    step=step,
                    needed=needed,
                    note=note.strip(),
                    taken_by_id=officer_id,
                )
                action.save(force_insert=True)
        except IntegrityError:
            raise Conflict("step_taken", "This step was recorded already.") from None
        audit.record(
            verb="breach.step_taken",
            actor=by,
            target=breach,
            organization=breach.organization_id,
            step=step,
            needed=needed,
        )
    return action


def escalate_overdue() -> int:
    """Tell all officers of breaches whose authority was not told in 72 hours. A sweep."""
    with officer_scope():
        late = Breach.objects.authority_untold().filter(escalated_at=None)
        rows = late.select_for_update(skip_locked=True, of=("self",)).select_related("case", "organization")
        found = list(rows[:AT_ONCE])
        for row in found:
            Breach.objects.filter(pk=row.pk).update(escalated_at=database_now())
            audit.record(verb="breach.escalated", actor=CLOCK, target=row, organization=row.organization_id)
            letters.write(
                kind="breach_overdue",
                organization=None,
                about=row.case.public_id,
                by=CLOCK,
                breach=row,
                case=row.case,
            )
    return len(found)


def _tell(breach: Breach, kind: str, by: Actor) -> None:
    people = {user.pk: user for user in letters.administrators(breach.organization)}
    people |= {user.pk: user for user in privacy_contacts(breach.organization)}
    letters.write(
        kind=kind,
        organization=breach.organization,
        about=breach.case.public_id,
        by=by,
        to=list(people.values()),
        breach=breach,
        case=breach.case,
    )
