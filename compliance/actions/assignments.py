"""Who works on a case after it was drawn: conflicts of interest, and cases that are opened again."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from compliance.actions import cases
from compliance.actions.cases import reviewing
from compliance.actions.urgent import draw_on_call
from compliance.impartiality import (
    draw_officer,
    officer_key,
    refuse_involved,
    require_assigned,
    require_impartial,
    voters,
)
from compliance.models import Case, OrganizationRecusal, Recusal, UrgentVote
from compliance.models.cases import ENDED, CaseKind, CaseStatus
from compliance.states import CASE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope

_REFERRALS = frozenset({CaseKind.REFERRAL, CaseKind.NO_RULE})


def recuse(*, case: Case, reason: str, by: Actor, whole_organization: bool = False) -> Case:
    """Declare a conflict of interest: another officer is drawn in one's place, and one reads no further.

    Where the first officer steps back the review begins anew; what they recommended is not carried out.

    Args:
        case: Which.
        reason: What the conflict is; the office alone reads it.
        by: The officer.
        whole_organization: It holds for every case of the organization, open or to come, until another
            officer withdraws it: one steps back from all of them at once, and is drawn for none.

    Raises:
        InvalidInput: `reason_missing`.
        Refused: `not_assigned`, one has no part in the case.
        Conflict: `case_ended`, or `no_officer` is left.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say what the conflict of interest is.", field="reason")
    with reviewing(case) as row:
        if row.status in ENDED:
            raise Conflict("case_ended", "This case has ended. A conflict can be declared while it is open.")
        if by.user_id is None or by.user_id not in {row.assigned_to_id, row.second_officer_id}:
            raise Refused(
                "not_assigned", "You were not drawn for this case, so there is nothing to step back from."
            )
        recusal = _keep(row, reason, by)
        if whole_organization:
            _keep_for_all(recusal, row, by)
        _redraw(row, by)
        for other in _others_of(row, by) if whole_organization else ():
            _keep(other, reason, by)
            _redraw(other, by)
    return row


def withdraw_recusal(*, recusal: OrganizationRecusal, reasons: str, by: Actor) -> OrganizationRecusal:
    """Withdraw another officer's conflict about an organization: they can be drawn for its next cases.

    From the cases they stepped back from they stay out. The reasons are kept as a note in the case it was
    declared in.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `second_officer`, nobody withdraws their own; `own_organization` or `recused`.
        Conflict: `withdrawn`.
    """
    officer_id = officer_key(by)
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why it is a conflict no longer.", field="reasons")
    with officer_scope():
        row = OrganizationRecusal.objects.select_for_update().select_related("recusal").get(pk=recusal.pk)
        if row.officer_id == officer_id:
            raise Refused("second_officer", "Another officer has to withdraw the conflict you declared.")
        refuse_involved(row.organization_id, officer_id)
        if row.withdrawn_at:
            raise Conflict("withdrawn", "This conflict was withdrawn already.")
        row.withdrawn_by_id, row.withdrawn_at = officer_id, database_now()
        row.save(update_fields=["withdrawn_by", "withdrawn_at"])
        cases.write(Case.objects.get(pk=row.recusal.case_id), reasons, by=by, internal=True)
        audit.record(verb="recusal.withdrawn", actor=by, target=row)
    return row


def take_back(*, case: Case, by: Actor) -> Case:
    """Take one's recommendation back while no second officer looks at it, and review on.

    Raises:
        Refused: `not_assigned`, `own_organization`, `recused` or `self_review`.
        Conflict: `transition_not_allowed`, it waits for a second officer, or was carried out.
    """
    with reviewing(case) as row:
        require_assigned(row, by)
        if row.status != CaseStatus.RECOMMENDED:
            raise Conflict("transition_not_allowed", "There is no recommendation that could be taken back.")
        move(row, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
        _event("case.returned", row, by, reason="taken_back")
    return row


def reopen(*, case: Case, reasons: str, by: Actor) -> Case:
    """Open a decided case again; an officer is drawn who did not decide it, where there is one.

    What was determined stays in force until another determination takes its place. What was approved for
    one request alone is approved no longer, and whatever runs under it asks again.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `own_organization` or `recused`.
        Conflict: `transition_not_allowed`, it was not decided.
    """
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why the case is opened again.", field="reasons")
    with reviewing(case) as row:
        require_impartial(row, by)
        due_at = database_now() + cases.DUE_IN.get(CaseKind(row.kind), cases.USUALLY_DUE_IN)
        fields = {"assigned_to": None, "second_officer": None, "due_at": due_at}
        move(row, CaseStatus.REOPENED, table=CASE_TRANSITIONS, **fields)
        cases.write(row, reasons, by=by, internal=True)
        _event("case.reopened", row, by)
        if row.kind in _REFERRALS:
            organizations.raise_epoch(row.organization)
    return row


def _keep(case: Case, reason: str, by: Actor) -> Recusal:
    recusal: Recusal = Recusal.objects.create(
        organization_id=case.organization_id, case=case, officer_id=officer_key(by), reason=reason.strip()
    )
    _event("case.recused", case, by)
    return recusal


def _keep_for_all(recusal: Recusal, case: Case, by: Actor) -> None:
    """Keep a conflict about the whole organization; no event of its trail tells it, which is the office's."""
    row = OrganizationRecusal.objects.create(
        organization_id=recusal.organization_id, recusal=recusal, officer_id=recusal.officer_id
    )
    audit.record(verb="recusal.declared", actor=by, target=row, case=case.public_id)


def _others_of(case: Case, by: Actor) -> list[Case]:
    """Return the other open cases of the organization that the officer was drawn for, locked."""
    drawn = Q(assigned_to=by.user_id) | Q(second_officer=by.user_id)
    rows = Case.objects.filter(drawn, organization=case.organization_id).exclude(pk=case.pk)
    return [cases.locked(row) for row in rows.exclude(status__in=ENDED).order_by("pk")]


def _redraw(case: Case, by: Actor) -> None:
    if case.kind == CaseKind.URGENT:
        _redraw_voter(case, by)
    elif by.user_id == case.assigned_to_id:
        _redraw_first(case, by)
    else:
        _redraw_second(case, by)


def _redraw_first(case: Case, by: Actor) -> None:
    officer = draw_officer(case, besides=(), rather_not=voters(case), evenly=True)
    fields = {"assigned_to": officer, "second_officer": None}
    if case.status in {CaseStatus.ASSIGNED, CaseStatus.AWAITING_TENANT}:
        Case.objects.filter(pk=case.pk).update(**fields)  # locked by `reviewing`; the step stays the same
        case.assigned_to, case.second_officer = officer, None
    else:
        move(case, CaseStatus.ASSIGNED, table=CASE_TRANSITIONS, **fields)
    _event("case.assigned", case, by, officer=officer.public_id)


def _redraw_voter(case: Case, by: Actor) -> None:
    """Draw another for one of the two who vote on an urgent request; what the other decided stays."""
    name = "assigned_to" if by.user_id == case.assigned_to_id else "second_officer"
    voted = UrgentVote.objects.filter(request__case=case).values_list("officer", flat=True)
    officer = draw_on_call(case, besides=[case.assigned_to_id, case.second_officer_id, *voted])
    Case.objects.filter(pk=case.pk).update(**{name: officer})
    setattr(case, name, officer)
    _event("case.assigned", case, by, officer=officer.public_id)


def _redraw_second(case: Case, by: Actor) -> None:
    officer = draw_officer(case, besides=[case.assigned_to_id], rather_not=voters(case))
    Case.objects.filter(pk=case.pk).update(second_officer=officer)
    case.second_officer = officer
    _event("case.assigned", case, by, officer=officer.public_id)


def _event(verb: str, case: Case, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=case, organization=case.trail_id, **payload)
