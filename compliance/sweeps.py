"""What the office does by the clock, every minute; each step may run any number of times."""

from collections.abc import Callable

from compliance.actions import letters, measures

SWEEPS: tuple[Callable[[], int], ...] = (letters.send_due, measures.escalate_overdue)
