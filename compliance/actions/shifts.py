"""Officers mark themselves on call; urgent requests are drawn among them."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from compliance.impartiality import officer_key
from compliance.models import Shift
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.actor import Actor
from portal.tenancy.models import User

LONGEST_HOURS = 24


def begin(*, hours: int, by: Actor) -> Shift:
    """Go on call for some hours.

    Raises:
        InvalidInput: `hours`.
        Conflict: `on_call`, one is already.
    """
    officer_id = officer_key(by)
    if not 1 <= hours <= LONGEST_HOURS:
        raise InvalidInput("hours", f"Be on call for 1 to {LONGEST_HOURS} hours at a time.", field="hours")
    with transaction.atomic():
        officer = User.objects.select_for_update().get(pk=officer_id)
        if Shift.objects.all().now().filter(officer=officer).exists():
            raise Conflict("on_call", "You are on call already.")
        shift = Shift.objects.create(officer=officer, ends_at=database_now() + timedelta(hours=hours))
        audit.record(verb="shift.begun", actor=by, target=shift, ends_at=shift.ends_at.isoformat())
    return shift


def leave(*, by: Actor) -> None:
    """Leave the shift one is in before its end.

    Raises:
        Conflict: `not_on_call`.
    """
    officer_id = officer_key(by)
    with transaction.atomic():
        shift = (
            Shift.objects.all().now().select_for_update(of=("self",)).filter(officer_id=officer_id).first()
        )
        if shift is None:
            raise Conflict("not_on_call", "You are not on call.")
        Shift.objects.filter(pk=shift.pk).update(left_at=database_now())
        audit.record(verb="shift.left", actor=by, target=shift)
