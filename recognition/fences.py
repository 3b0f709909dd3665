"""The last look before results are written: what makes sure that nothing is committed after a stop."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

COMMIT_TAKES = timedelta(seconds=0.25)  # at most: so long before its end a ruling lets nothing be written


def leave_nothing_but_the_commit() -> None:
    """See to it that the commit follows the last look within `COMMIT_TAKES`, or does not come at all.

    References are checked before it, and a process that stalls after it is cut off by the database.
    """
    connection.check_constraints()
    with connection.cursor() as cursor:
        milliseconds = round(COMMIT_TAKES.total_seconds() * 1000)
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}")
