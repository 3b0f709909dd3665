"""What stands in the trail of exemptions and grants: when they begin, and when and why they end.

Whether one is in force is reckoned on read, to the second. These events tell those who do not read: the
organization's own programs, by its webhooks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce, Least

from compliance import reminders
from compliance.actions.lapses import AT_ONCE, CLOCK
from compliance.models import Determination, Grant, Reminder
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.steps import alone
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope

# What the clock notes once, as reminders name it.
_GRANT_OVER, _EXEMPTION_OVER = "grant_over", "exemption_over"
_Key = tuple[str, UUID, str, str]


def follow(before: Determination | None, after: Determination, *, by: Actor) -> None:
    """Record which exemptions a determination grants or prolongs, and which it ends. Inside a scope.

    Args:
        before: The determination that was in force.
        after: The one that takes its place, with its grants.
        by: Who decides.
    """
    now = database_now()
    old = {_key(grant): grant for grant in _exempt(before) if end_of(grant) > now}
    new = {_key(grant): grant for grant in _exempt(after)}
    for key, grant in new.items():
        if key not in old or end_of(grant) != end_of(old[key]):
            _granted(grant, by)
    for key in old.keys() - new.keys():
        ended(old[key], reason="withdrawn", by=by)


def ended(grant: Grant, *, reason: str, by: Actor) -> None:
    """Record that an exemption has ended; nothing where the grant had none. Inside a scope.

    Args:
        grant: The line that was exempt.
        reason: `withdrawn` by the office, `given_up` by the organization, or `expired`.
        by: Who ended it.
    """
    if grant.exemption:
        _record("exemption.ended", grant, by, rule=grant.exemption, reason=reason)


def note_ends() -> int:
    """Record the grants and exemptions whose end has come, each once. A sweep."""
    with officer_scope():
        over = [(_GRANT_OVER, key) for key in _over(_GRANT_OVER)]
        over += [(_EXEMPTION_OVER, key) for key in _over(_EXEMPTION_OVER)]
    return sum(alone(_note, what, key) for what, key in over)


def end_of(grant: Grant) -> datetime:
    """Return when an exempt grant stops being exempt."""
    return min(grant.exemption_expires_at or grant.expires_at, grant.expires_at)


def _over(what: str) -> list[UUID]:
    column = "expires_at" if what == _GRANT_OVER else "exempt_to"
    rows: QuerySet[Grant] = Grant.objects.of_newest_determinations().kept()
    if what == _EXEMPTION_OVER:
        until = Least(Coalesce("exemption_expires_at", "expires_at"), "expires_at")
        rows = rows.exclude(exemption="").annotate(exempt_to=until)
    noted = Reminder.objects.filter(row=OuterRef("pk"), what=what)
    found = rows.filter(~Exists(noted), **{f"{column}__lte": database_now()}).order_by(column, "pk")
    return list(found.values_list("pk", flat=True)[:AT_ONCE])


def _note(what: str, key: UUID) -> bool:
    with officer_scope():
        grant = Grant.objects.select_related("end_user").get(pk=key)
        at = grant.expires_at if what == _GRANT_OVER else end_of(grant)
        if not reminders.first_time(grant.organization_id, what=what, row=key, ends_at=at, days=0):
            return False
        if what == _GRANT_OVER:
            _record("grant.expired", grant, CLOCK)
        else:
            ended(grant, reason="expired", by=CLOCK)
    return True


def _exempt(determination: Determination | None) -> list[Grant]:
    return [grant for grant in determination.kept_grants() if grant.exemption] if determination else []


def _key(grant: Grant) -> _Key:
    return (grant.purpose, grant.end_user_id, grant.case_reference, grant.exemption)


def _granted(grant: Grant, by: Actor) -> None:
    ends_at = end_of(grant).isoformat()
    _record("exemption.granted", grant, by, rule=grant.exemption, expires_at=ends_at)


def _record(verb: str, grant: Grant, by: Actor, **payload: Any) -> None:
    audit.record(
        verb=verb,
        actor=by,
        target=grant,
        organization=grant.organization_id,
        purpose=grant.purpose,
        end_user=grant.end_user.public_id,
        **payload,
    )
