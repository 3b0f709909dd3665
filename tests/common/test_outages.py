"""What counts as a service that is away, and what stays an error of ours."""

import psycopg
import pytest
import redis
from django.db import InterfaceError, OperationalError

from portal.common import outages


def caused(by: Exception) -> OperationalError:
    error = OperationalError(str(by))
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("connection refused"),
        InterfaceError("the connection is closed"),
        caused(psycopg.errors.AdminShutdown("terminating connection")),
        caused(psycopg.errors.CannotConnectNow("the database system is starting up")),
        caused(psycopg.errors.DiskFull("no space left on device")),
    ],
)
def test_a_database_that_is_away_or_full_is_told_as_such(error):
    assert outages.of(error).code == "database_away"


@pytest.mark.parametrize("kind", [redis.ConnectionError, redis.TimeoutError])
def test_so_is_redis(kind):
    assert outages.of(kind("away")).code == "redis_away"


@pytest.mark.parametrize(
    "error",
    [
        caused(psycopg.errors.DeadlockDetected("deadlock")),
        caused(psycopg.errors.QueryCanceled("took too long")),
        redis.ResponseError("wrong kind of value"),
        RuntimeError("a mistake"),
    ],
)
def test_a_mistake_of_ours_is_no_outage(error):
    assert outages.of(error) is None
