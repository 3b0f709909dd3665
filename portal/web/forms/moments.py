"""Moments as people write them: a day, a time and a zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

ZONES: Final = (
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Brussels",
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_LEAP = re.compile(r"\d\d:\d\d:60")


def moment_of(day: date, text: str, zone: str) -> datetime:
    """Return a moment from what people write: a day, a time and a zone.

    Raises:
        ValueError: With the sentence that says what to mend: no time, a leap second, a time that the clocks
            leave out or have twice.
    """
    if _LEAP.fullmatch(text):
        raise ValueError("A leap second has no place of its own. Write 00:00:00 of the next day.")
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is no time. Write hours and minutes, such as 00:00 or 14:30.")
    hour, minute, second = (int(part or 0) for part in found.groups())
    local = datetime.combine(day, time(hour, minute, second), ZoneInfo(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"The clocks leave {text} out on this day in {zone}. Write the time in UTC.")
    if local.replace(fold=1).astimezone(UTC) != instant:
        raise ValueError(f"{text} comes twice on this day in {zone}. Write the time in UTC.")
    return instant
