"""What tests may rely on: databases of their own, real commits, no way out of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from portal.env import ROOT
from portal.tenancy.models import User
from tests.support.network import OutsideConnection

pytestmark = pytest.mark.xdist_group("local")


def users_seen_by_another_session(address: str) -> int:
    with psycopg.connect(address) as other:
        return other.execute("SELECT count(*) FROM tenancy_user").fetchone()[0]


def test_what_a_walk_writes_is_committed(database: None) -> None:
    before = users_seen_by_another_session(os.environ["DATABASE_URL"])
    User.objects.create_user("walker@example.org")
    assert users_seen_by_another_session(os.environ["DATABASE_URL"]) == before + 1


def test_what_a_transaction_test_writes_is_not(db: None) -> None:
    before = users_seen_by_another_session(os.environ["DATABASE_URL"])
    User.objects.create_user("nobody@example.org")
    assert users_seen_by_another_session(os.environ["DATABASE_URL"]) == before


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_fresh_database_is_empty_every_time(fresh_database: dict[str, str], attempt: int) -> None:
    assert User.objects.count() == 0
    User.objects.create_user(f"first{attempt}@example.org")
    assert users_seen_by_another_session(fresh_database["DATABASE_URL"]) == 1


def test_a_child_process_reaches_the_fresh_database(fresh_database: dict[str, str]) -> None:
    script = "from django.db import connection as c; print(c.settings_dict['NAME'])"
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", script]
    told = subprocess.run(command, cwd=ROOT, env=fresh_database, capture_output=True, text=True, check=True)
    assert told.stdout.split()[-1] == connection.settings_dict["NAME"]


def test_tests_connect_as_the_runtime_role(database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user)"
        )
        assert cursor.fetchone() == ("countenance_app", False)


def test_a_test_that_asks_for_no_database_gets_none() -> None:
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        User.objects.count()


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as outside, pytest.raises(OutsideConnection):
        outside.connect(("192.0.2.1", 80))
