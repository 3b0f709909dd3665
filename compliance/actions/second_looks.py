"""One clearance in twenty is decided again, blind: drawn by chance, by an officer who took no part."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings

from compliance.actions import cases, letters
from compliance.actions.checklists import KINDS
from compliance.impartiality import drawable_officers, officer_key, refuse_involved, voters
from compliance.models import Case, Determination, SecondLook
from compliance.models.cases import CaseKind
from compliance.models.determinations import DeterminationOutcome
from compliance.policy.vocabulary import MoratoriumStatus
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope

# What can be found; `unknown` is no finding.
_FOUND = frozenset(one.value for one in MoratoriumStatus) - {MoratoriumStatus.UNKNOWN.value}


def draw(determination: Determination, *, by: Actor) -> SecondLook | None:
    """Draw, by chance, whether a clearance is looked at again, and by whom. Inside the office's scope.

    Nobody sees that it was drawn but the officer who is to look, so that nobody decides otherwise for it.
    Where no officer is left who took no part, nothing is drawn.
    """
    case = determination.case
    if case is None or case.kind not in KINDS or determination.outcome != DeterminationOutcome.GRANTED:
        return None
    if secrets.randbelow(settings.SECOND_LOOK_ONE_IN):
        return None
    took_part = {case.assigned_to_id, case.second_officer_id, *voters(case)}
    officers = drawable_officers(case, besides=took_part)
    if not officers:
        return None
    officer = secrets.choice(officers)
    look = SecondLook.objects.create(
        organization_id=case.organization_id, case=case, determination=determination, officer=officer
    )
    letters.write(
        kind="second_look_drawn", organization=None, about=look.public_id, by=by, to=[officer], look=look
    )
    _event("second_look.drawn", look, by)
    return look


def judge(*, look: SecondLook, outcome: str, moratorium_status: str, reasons: str, by: Actor) -> SecondLook:
    """Record what one would have decided. Where that differs, a case opens in which others settle it.

    Raises:
        InvalidInput: `outcome`, `moratorium_status` or `reasons_missing`.
        Refused: `not_drawn` or `own_organization`.
        Conflict: `already_judged`.
    """
    _check(outcome, moratorium_status, reasons)
    officer_id = officer_key(by)
    with officer_scope():
        row = SecondLook.objects.select_for_update().get(pk=look.pk)
        refuse_involved(row.organization_id, officer_id)
        if row.officer_id != officer_id:
            raise Refused("not_drawn", "Another officer was drawn to look at this again.")
        if row.judged_at:
            raise Conflict("already_judged", "You have answered already. An answer is given once.")
        row.outcome, row.moratorium_status = outcome, moratorium_status
        row.reasons, row.judged_at = reasons.strip(), database_now()
        row.agrees = _agrees(row)
        row.save(update_fields=["outcome", "moratorium_status", "reasons", "judged_at", "agrees"])
        _event("second_look.judged", row, by, agrees=row.agrees)
        if not row.agrees:
            _open_case(row, by)
    return row


def _check(outcome: str, moratorium_status: str, reasons: str) -> None:
    if outcome not in DeterminationOutcome.values:
        raise InvalidInput("outcome", "Say whether you would grant or reject it.", field="outcome")
    if moratorium_status not in _FOUND:
        sentence = "Say how a moratorium bears on it."
        raise InvalidInput("moratorium_status", sentence, field="moratorium_status")
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Give your reasons.", field="reasons")


def _agrees(look: SecondLook) -> bool:
    """Whether outcome and status come out alike; a rejection has no line, and so no status to compare."""
    decided = look.determination
    if look.outcome != decided.outcome:
        return False
    return (
        look.outcome == DeterminationOutcome.REJECTED or look.moratorium_status == decided.moratorium_status
    )


def _open_case(look: SecondLook, by: Actor) -> Case:
    decided = look.determination
    return cases.open_case(
        kind=CaseKind.SECOND_LOOK,
        organization_id=look.organization_id,
        summary=(
            f"Decided: {decided.outcome}, {decided.moratorium_status}. "
            f"Second look: {look.outcome}, {look.moratorium_status}. Case {look.case.reference}."
        ),
        subject=decided.public_id,
        confidential=True,
        by=by,
    )


def _event(verb: str, look: SecondLook, by: Actor, **payload: Any) -> None:
    """Record it outside the organization's trail: it is the office's own check on itself."""
    audit.record(verb=verb, actor=by, target=look, organization=None, **payload)
