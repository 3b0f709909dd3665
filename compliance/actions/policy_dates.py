"""What the clock says about the policy: refusals that end, and what nobody ratified or simulated in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from compliance import versions
from compliance.actions import letters
from compliance.duties import WARNED_BEFORE, ending
from compliance.models import PolicyEpoch, PolicyReminder
from compliance.models.proposals import ReminderKind
from compliance.policy.rules import Rule
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.tenancy.actor import Actor

_CLOCK = Actor.system("policy-dates")


def escalate_late() -> int:
    """Tell all officers what is late about the version in force; it stays in force. A sweep."""
    now = database_now()
    found = versions.unratified(versions.chapters(PolicyEpoch.objects.get().pack, now))
    if found is None:
        return 0
    late = []
    if found.simulation_is_late(now):
        late.append((ReminderKind.SIMULATION_LATE, found.simulation_due_at))
    if found.is_late(now):
        late.append((ReminderKind.RATIFICATION_LATE, found.ratification_due_at))
    return sum(_escalate(kind, found, due) for kind, due in late)


def warn_of_ends() -> int:
    """Tell all officers 90, 30 and 7 days before a refusal ends. A sweep."""
    now = database_now()
    version = versions.version_in_force(now)
    rules = ending(version, now) if version else []
    return sum(_warn(rule, rule.period.ends_at, now) for rule in rules if rule.period.ends_at)


def _escalate(kind: ReminderKind, found: versions.Unratified, due: datetime | None) -> bool:
    about = found.record.public_id
    with transaction.atomic():
        if not _first(kind, about):
            return False
        audit.record(verb="policy.escalated", actor=_CLOCK, target=found.record, kind=str(kind))
        _write("policy_late", about, record=found.record, late=kind, due=due, since=found.since)
    return True


def _warn(rule: Rule, ends_at: datetime, now: datetime) -> bool:
    """Tell the nearest mark that has passed; those before it would only say the same."""
    passed = [days for days in WARNED_BEFORE if now < ends_at <= now + timedelta(days=days)]
    about = f"{rule.id}@{ends_at.isoformat()}"
    if not passed:
        return False
    with transaction.atomic():
        if not _first(ReminderKind.RULE_ENDS, about, min(passed)):
            return False
        days = (ends_at - now).days + 1
        audit.record(verb="policy.reminded", actor=_CLOCK, target=rule.id, kind="rule_ends", days=min(passed))
        _write("rule_ends", rule.id, rule=rule, ends_at=ends_at, days=days)
    return True


def _first(kind: ReminderKind, about: str, days: int = 0) -> bool:
    _, made = PolicyReminder.objects.get_or_create(kind=kind, about=about, days=days)
    return bool(made)


def _write(kind: str, about: str, **values: Any) -> None:
    letters.write(kind=kind, organization=None, about=about, by=_CLOCK, **values)
