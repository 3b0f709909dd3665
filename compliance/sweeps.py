"""What the office does by the clock, every minute; each step may run any number of times."""

from collections.abc import Callable

from compliance.actions import (
    alerts,
    breaches,
    expiries,
    lapses,
    legal_demands,
    letters,
    measures,
    renewals,
    samples,
    urgent_votes,
)
from portal.tenancy.actions import keys

SWEEPS: tuple[Callable[[], int], ...] = (
    urgent_votes.escalate_late,
    urgent_votes.open_reviews,
    measures.escalate_overdue,
    breaches.escalate_overdue,
    legal_demands.tell_due,
    samples.restrict_unanswered,
    alerts.watch_keys,
    keys.forget_networks,
    lapses.warn,
    lapses.lapse_due,
    expiries.warn,
    expiries.expire_due,
    renewals.announce_ends,
    renewals.announce_ends_of_exemptions,
    renewals.follow_dates,
    letters.send_due,
)
