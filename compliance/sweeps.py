"""What the office does by the clock, every minute; each step may run any number of times."""

from collections.abc import Callable

from compliance.actions import (
    alerts,
    breaches,
    choices,
    exemptions,
    expiries,
    lapses,
    legal_demands,
    letters,
    measures,
    policy_dates,
    policy_letters,
    renewals,
    samples,
    simulations,
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
    exemptions.note_ends,
    choices.carry_out_due,
    policy_dates.escalate_late,
    policy_dates.warn_of_ends,
    policy_letters.tell,
    policy_letters.tell_of_choices,
    letters.send_due,
    simulations.run_due,
)
