"""The last look before results are written: what makes sure that nothing is committed after a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from django.db import InternalError, OperationalError, connection
from psycopg.errors import IdleInTransactionSessionTimeout

from portal.common.errors import Unavailable

COMMIT_TAKES = timedelta(seconds=0.5)  # at most: so long before its end a ruling lets nothing be written
_TRIES = 3
T = TypeVar("T")


class CutOff(OperationalError):
    """This process stalled between the last look and its commit, so the database ended its transaction.

    Nothing was written, and no photo is to blame for it: the same may be written again, after a new look.
    """


def leave_nothing_but_the_commit() -> None:
    """See to it that the commit follows the last look within `COMMIT_TAKES`, or does not come at all.

    References are checked before it, and a process that stalls after it is cut off by the database.
    """
    milliseconds = round(COMMIT_TAKES.total_seconds() * 1000)
    with connection.cursor() as cursor:  # in one trip to the database
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; "
            f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}"
        )


@contextmanager
def telling_of_stalls() -> Iterator[None]:
    """Stand around a transaction that ends with the last look.

    Raises:
        CutOff: It was ended by the database, before it committed.
    """
    try:
        yield
    except InternalError as error:
        if isinstance(error.__cause__, IdleInTransactionSessionTimeout):
            raise CutOff("This process stalled before its commit, and was cut off.") from error
        raise


def insist(write: Callable[[], T]) -> T:
    """Return what a transaction made that ends with the last look; one that was cut off is made anew.

    Args:
        write: Makes the whole transaction, and looks again each time.

    Raises:
        Unavailable: `stalled`, again and again: the machine is overloaded. Nothing was written.
    """
    for _ in range(_TRIES):
        try:
            with telling_of_stalls():
                return write()
        except CutOff:
            continue
    sentence = "The platform is overloaded: it could not write in time, and wrote nothing. Send it again."
    raise Unavailable("stalled", sentence, retry_seconds=5)
