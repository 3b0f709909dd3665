"""What the office does by the clock, every minute; each step may run any number of times."""

from collections.abc import Callable

from compliance.actions import alerts, letters, measures, samples
from portal.tenancy.actions import keys

SWEEPS: tuple[Callable[[], int], ...] = (
    measures.escalate_overdue,
    samples.restrict_unanswered,
    alerts.watch_keys,
    keys.forget_networks,
    letters.send_due,
)
