"""Days and moments as people read them, in one form wherever they stand in a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime


def day_in_words(day: date) -> str:
    """Return a day, that of a moment too: `June 10, 2020`."""
    return f"{day:%B} {day.day}, {day.year}"


def moment_in_words(moment: datetime) -> str:
    """Return a moment in UTC: `June 10, 2020, 16:23 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{day_in_words(utc)}, {utc:%H:%M} UTC"
