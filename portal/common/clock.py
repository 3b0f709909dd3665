"""The one clock that decides: the database's."""

from __future__ import annotations

from datetime import datetime

from portal.common import planned


def database_now() -> datetime:
    """Return the time of the database, in UTC, at this very moment (not at the start of the transaction)."""
    found = planned.row("SELECT clock_timestamp()")
    if found is None:
        raise RuntimeError("The database told no time.")
    moment: datetime = found[0]
    return moment
