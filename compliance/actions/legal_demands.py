"""Demands of courts and authorities: recorded, held for, answered, and told to the organization."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from compliance.actions import cases, letters
from compliance.actions.person_requests import privacy_contacts
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Case, LegalDemand, LegalHold
from compliance.models.cases import CaseKind
from compliance.models.legal import DemandAnswer, DemandKind
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, User
from portal.tenancy.scope import officer_scope

EVERYTHING = ""
CLOCK = Actor.system("legal-demands")
AT_ONCE = 50  # demands told in one sweep


def receive(
    *,
    organization: Organization,
    kind: str,
    issuer: str,
    reference: str,
    scope: str,
    due_at: datetime,
    by: Actor,
    gag_until: datetime | None = None,
    holds: Sequence[str] = (),
) -> LegalDemand:
    """Record a demand for an organization's data; unless a gag stands, the organization is told at once.

    Args:
        organization: Whose data is demanded.
        kind: A `DemandKind`.
        issuer: The court or authority.
        reference: As the issuer gave it.
        scope: What is demanded.
        due_at: When it has to be answered.
        by: The officer.
        gag_until: Until then nobody may be told.
        holds: Public ids of jobs that must not be purged; `EVERYTHING` for all the organization has.

    Raises:
        InvalidInput: `kind`, `issuer`, `reference`, `scope`, `due_at`, `gag_until` or `holds`.
        Refused: `own_organization`.
    """
    officer_id = officer_key(by)
    given = {"issuer": issuer, "reference": reference, "scope": scope}
    _check(kind, given, due_at, gag_until, holds)
    with officer_scope():
        refuse_involved(organization.pk, officer_id)
        case = cases.open_case(
            kind=CaseKind.LEGAL_DEMAND,
            organization_id=organization.pk,
            summary=f"{DemandKind(kind).label} {reference}",
            confidential=True,
            due_at=due_at,
            by=by,
        )
        demand: LegalDemand = LegalDemand.objects.create(
            organization=organization,
            case=case,
            kind=kind,
            recorded_by_id=officer_id,
            due_at=due_at,
            gag_until=gag_until,
            **{name: value.strip() for name, value in given.items()},
        )
        _record(demand, by, holds)
        _place(demand, holds, by)
        if gag_until is None:
            _tell(demand, case, by)
    return demand


def place_hold(*, demand: LegalDemand, subject: str, by: Actor) -> LegalHold:
    """Keep one job, or with `EVERYTHING` all of the organization, from being purged.

    Raises:
        InvalidInput: `holds`, this is no job.
        Refused: `own_organization`.
        Conflict: `held`, it is held for this demand already.
    """
    officer_id = officer_key(by)
    _check_holds((subject,))
    with officer_scope():
        row = _locked(demand, officer_id)
        if LegalHold.objects.standing().filter(demand=row, subject=subject).exists():
            raise Conflict("held", "This is held for this demand already.")
        [hold] = _place(row, (subject,), by)
    return hold


def lift_hold(*, hold: LegalHold, by: Actor) -> LegalHold:
    """Let what was held be purged in its time again, as another officer than the one who placed the hold.

    Raises:
        Refused: `second_officer` or `own_organization`.
        Conflict: `lifted`.
    """
    officer_id = officer_key(by)
    with officer_scope():
        row: LegalHold = LegalHold.objects.select_for_update().get(pk=hold.pk)
        refuse_involved(row.organization_id, officer_id)
        if row.lifted_at:
            raise Conflict("lifted", "Another officer has lifted this hold already.")
        if row.placed_by_id == officer_id:
            raise Refused("second_officer", "Another officer has to lift a hold that you placed.")
        row.lifted_by_id, row.lifted_at = officer_id, database_now()
        row.save(update_fields=["lifted_by", "lifted_at"])
        audit.record(verb="hold.lifted", actor=by, target=row, subject=row.subject or "everything")
    return row


def answer(*, demand: LegalDemand, answer: str, text: str, by: Actor) -> LegalDemand:
    """Record how a demand was answered.

    Raises:
        InvalidInput: `answer` or `reasons_missing`.
        Refused: `own_organization`.
        Conflict: `answered`, another officer recorded an answer.
    """
    officer_id = officer_key(by)
    if answer not in DemandAnswer.values:
        raise InvalidInput("answer", "Say how it was answered.", field="answer")
    if not text.strip():
        raise InvalidInput("reasons_missing", "Say what was answered, and on which ground.", field="text")
    with officer_scope():
        row = _locked(demand, officer_id)
        if row.answered_at:
            raise Conflict("answered", "Another officer has recorded an answer already.")
        row.answer, row.answer_text = answer, text.strip()
        row.answered_by_id, row.answered_at = officer_id, database_now()
        row.save(update_fields=["answer", "answer_text", "answered_by", "answered_at"])
        _event("demand.answered", row, by, answer=answer)
    return row


def tell_due() -> int:
    """Tell organizations of demands whose gag has ended. A sweep."""
    with officer_scope():
        rows = LegalDemand.objects.to_be_told().select_for_update(skip_locked=True, of=("self",))
        found = list(rows.select_related("case", "organization")[:AT_ONCE])
        for row in found:
            _tell(row, row.case, CLOCK)
    return len(found)


def _tell(demand: LegalDemand, case: Case, by: Actor) -> None:
    LegalDemand.objects.filter(pk=demand.pk).update(told_at=database_now())
    demand.refresh_from_db(fields=["told_at"])
    cases.disclose(case, by=by)
    _event("demand.told", demand, by, kind=demand.kind)
    people = {user.pk: user for user in letters.administrators(demand.organization)}
    people |= {user.pk: user for user in privacy_contacts(demand.organization)}
    letters.write(
        kind="legal_demand",
        organization=demand.organization,
        about=case.public_id,
        by=by,
        to=list(people.values()),
        demand=demand,
        case=case,
    )


def _place(demand: LegalDemand, subjects: Iterable[str], by: Actor) -> list[LegalHold]:
    placed = []
    for subject in subjects:
        hold: LegalHold = LegalHold.objects.create(
            organization_id=demand.organization_id,
            demand=demand,
            subject=subject,
            placed_by=User.objects.get(pk=officer_key(by)),
        )
        audit.record(verb="hold.placed", actor=by, target=hold, subject=subject or "everything")
        placed.append(hold)
    return placed


def _locked(demand: LegalDemand, officer_id: Any) -> LegalDemand:
    row: LegalDemand = LegalDemand.objects.select_for_update().get(pk=demand.pk)
    refuse_involved(row.organization_id, officer_id)
    return row


def _check(
    kind: str, given: dict[str, str], due_at: datetime, gag_until: datetime | None, holds: Sequence[str]
) -> None:
    if kind not in DemandKind.values:
        raise InvalidInput("kind", "Say what was served.", field="kind")
    if missing := next((name for name, value in given.items() if not value.strip()), None):
        raise InvalidInput(missing, f"Enter the {missing} of the demand.", field=missing)
    now = database_now()
    if due_at <= now:
        raise InvalidInput("due_at", "The answer is due in the past. Give the day it is due.", field="due_at")
    if gag_until and gag_until <= now:
        raise InvalidInput("gag_until", "This gag has ended. Leave it out.", field="gag_until")
    _check_holds(holds)


def _check_holds(holds: Sequence[str]) -> None:
    for subject in holds:
        try:
            if subject != EVERYTHING:
                parse_public_id("job", subject)
        except NotFound:
            raise InvalidInput("holds", f"{subject[:40]} is not the id of a job.", field="holds") from None
    if len(set(holds)) < len(holds):
        raise InvalidInput("holds", "A job is named twice.", field="holds")


def _record(demand: LegalDemand, by: Actor, holds: Sequence[str]) -> None:
    _event(
        "demand.recorded",
        demand,
        by,
        kind=demand.kind,
        due_at=demand.due_at.isoformat(),
        gag_until=demand.gag_until.isoformat() if demand.gag_until else "",
        holds=len(holds),
    )


def _event(verb: str, demand: LegalDemand, by: Actor, **payload: Any) -> None:
    """Record what happened; in the organization's own trail only what happens after it was told."""
    trail = demand.organization_id if demand.told_at else None
    audit.record(verb=verb, actor=by, target=demand, organization=trail, **payload)
