"""Break-glass: asked for by one officer, allowed by another with their own sign-in, told to the tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compliance.actions import letters
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import BreakGlass
from compliance.models.glass import DECIDED_WITHIN, LASTS, MOST_ITEMS, GlassStatus
from compliance.states import GLASS_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope

LONGEST_REASONS = 5_000


def request(*, organization: Organization, items: Sequence[str], reasons: str, by: Actor) -> BreakGlass:
    """Ask for access to named items; nothing is shown before another officer allows it.

    Args:
        organization: Whose items.
        items: Public ids, as found to exist by the caller.
        reasons: The organization reads them.
        by: The first officer.

    Raises:
        InvalidInput: `reasons_missing`, `reasons_too_long`, `items_missing`, `too_many_items`.
        Refused: `own_organization`.
    """
    officer_id = officer_key(by)
    named = list(dict.fromkeys(items))
    _check(named, reasons)
    with officer_scope():
        refuse_involved(organization.pk, officer_id)
        glass: BreakGlass = BreakGlass.objects.create(
            organization=organization, items=named, reasons=reasons.strip(), requested_by_id=officer_id
        )
        _event("glass.requested", glass, by, items=named)
        others = [one for one in letters.officers() if one.pk != officer_id]
        values = {"glass": glass, "name": organization.name, "hours": DECIDED_WITHIN.total_seconds() // 3600}
        letters.write(
            kind="glass_to_decide", organization=None, about=glass.public_id, by=by, to=others, **values
        )
    return glass


def approve(*, glass: BreakGlass, by: Actor) -> BreakGlass:
    """Allow an access as the second officer: it is open from now on for an hour, and the tenant is told.

    Raises:
        Refused: `second_officer`, whoever asked does not allow it; `own_organization`.
        Conflict: `decided`; `lapsed`, nobody decided in time.
    """
    with officer_scope():
        row = _undecided(glass, by)
        now = database_now()
        decided = {"decided_by_id": by.user_id, "decided_at": now, "expires_at": now + LASTS}
        move(row, GlassStatus.OPEN, table=GLASS_TRANSITIONS, **decided)
        _event("glass.approved", row, by, until=row.expires_at.isoformat() if row.expires_at else "")
        letters.write(
            kind="glass_broken", organization=row.organization, about=row.public_id, by=by, glass=row
        )
    return row


def refuse(*, glass: BreakGlass, by: Actor) -> BreakGlass:
    """Refuse an access as the second officer.

    Raises:
        Refused: `second_officer`, `own_organization`.
        Conflict: `decided`; `lapsed`.
    """
    with officer_scope():
        row = _undecided(glass, by)
        decided = {"decided_by_id": by.user_id, "decided_at": database_now()}
        move(row, GlassStatus.REFUSED, table=GLASS_TRANSITIONS, **decided)
        _event("glass.refused", row, by)
    return row


def end(*, glass: BreakGlass, by: Actor) -> BreakGlass:
    """End an access before its hour is over, as one of its two officers.

    Raises:
        NotFound: They are not one of the two.
        Conflict: `not_open`.
    """
    with officer_scope():
        row = _locked(glass)
        require_one_of_two(row, by)
        now = database_now()
        if not row.is_open_at(now):
            raise Conflict("not_open", "This access is not open, so there is nothing to end.")
        move(row, GlassStatus.ENDED, table=GLASS_TRANSITIONS, ended_at=now)
        _event("glass.ended", row, by)
    return row


def require_look(glass: BreakGlass, item: str, by: Actor) -> None:
    """Let an officer look at one item now, in the transaction that reads it.

    Raises:
        NotFound: They are not one of the two officers, or the item was not named.
        Refused: `glass_closed`, nobody allowed it, its hour is over, or it was ended.
    """
    require_one_of_two(glass, by)
    if item not in glass.items:
        raise NotFound()
    if not glass.is_open_at(database_now()):
        raise Refused("glass_closed", "This access is not open. A new one takes two officers again.")


def require_one_of_two(glass: BreakGlass, by: Actor) -> None:
    """Let on the officer who asked and the one who allowed it.

    Raises:
        NotFound: To everybody else.
    """
    if officer_key(by) not in {glass.requested_by_id, glass.decided_by_id}:
        raise NotFound()


def _undecided(glass: BreakGlass, by: Actor) -> BreakGlass:
    officer_id = officer_key(by)
    row = _locked(glass)
    refuse_involved(row.organization_id, officer_id)
    if row.requested_by_id == officer_id:
        raise Refused("second_officer", "Another officer has to decide on what you asked for.")
    if row.status != GlassStatus.REQUESTED:
        raise Conflict("decided", "This request was decided already.")
    if row.requested_at + DECIDED_WITHIN <= database_now():
        raise Conflict("lapsed", "Nobody decided within 24 hours. It has to be asked for anew.")
    return row


def _locked(glass: BreakGlass) -> BreakGlass:
    rows = BreakGlass.objects.select_for_update(of=("self",)).select_related("organization")
    row: BreakGlass = rows.get(pk=glass.pk)
    return row


def _check(items: list[str], reasons: str) -> None:
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why; the organization reads it.", field="reasons")
    if len(reasons.strip()) > LONGEST_REASONS:
        sentence = f"The reasons have at most {LONGEST_REASONS:,} characters."
        raise InvalidInput("reasons_too_long", sentence, field="reasons")
    if not items:
        raise InvalidInput("items_missing", "Name the items you have to see.", field="items")
    if len(items) > MOST_ITEMS:
        raise InvalidInput("too_many_items", f"Name at most {MOST_ITEMS} items.", field="items")


def _event(verb: str, glass: BreakGlass, by: Actor, **payload: Any) -> None:
    """Record an event in the organization's own trail."""
    audit.record(verb=verb, actor=by, target=glass, organization=glass.organization_id, **payload)
