"""The embedded services start, stop, and come back after any death with everything they had."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest
import redis

from portal.local import services, state
from portal.local.errors import LocalServiceError
from portal.local.postgres import Postgres
from portal.local.process import Server, wait_until
from portal.local.services import Services
from portal.local.valkey import Valkey
from tests.local.conftest import write_something

pytestmark = pytest.mark.xdist_group("local")


def read_it(found: Services) -> tuple[str, str]:
    with psycopg.connect(found.database_url) as connection:
        (word,) = connection.execute("SELECT word FROM kept").fetchone()
    with redis.from_url(found.redis_url, decode_responses=True) as client:
        return word, client.get("kept")


def main_process(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def valkey_process(home: Path) -> int:
    (pid,) = Valkey(home, state.load(home)).server.processes()
    return pid


def kill_hard(server: Server, pid: int) -> None:
    """Kill one process of a server and wait until it is gone: a busy kernel takes its time."""
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: pid not in server.processes(), 30.0)


def kill_postgres(home: Path) -> None:
    kill_hard(Postgres(home, {}).server, main_process(home))


def running(home: Path) -> list[bool]:
    return [entry.running for entry in services.status(home)]


def test_what_was_written_is_there_after_a_stop_and_a_start(written_home: Path) -> None:
    services.down(written_home)
    assert running(written_home) == [False, False]
    assert read_it(services.up(written_home)) == ("still here", "still here")


def test_nothing_is_lost_when_both_are_killed_hard(written_home: Path) -> None:
    kill_postgres(written_home)
    kill_hard(Valkey(written_home, {}).server, valkey_process(written_home))
    assert read_it(services.up(written_home)) == ("still here", "still here")


def test_a_session_that_outlives_a_killed_server_does_not_block_the_next_start(written_home: Path) -> None:
    found = services.up(written_home)
    with psycopg.connect(found.database_url, autocommit=True) as busy:
        asleep = threading.Thread(target=sleep_until_killed, args=[busy])
        asleep.start()
        kill_postgres(written_home)
        again = services.up(written_home)
        asleep.join()
    assert read_it(again) == ("still here", "still here")


def sleep_until_killed(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT pg_sleep(60)")


def test_a_stale_process_file_with_a_reused_number_does_not_block_the_start(written_home: Path) -> None:
    pid_file = written_home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    kill_postgres(written_home)
    services.down(written_home)
    with subprocess.Popen(["sleep", "60"], **other_account(written_home)) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert read_it(services.up(written_home)) == ("still here", "still here")
        assert stranger.poll() is None
        stranger.kill()


def other_account(home: Path) -> dict[str, int]:
    """The account PostgreSQL runs under: only a process of the same one makes a stale number look alive."""
    owner = (home / "postgres").stat().st_uid
    return {"user": owner} if os.geteuid() == 0 and owner else {}


def test_services_come_back_when_what_was_remembered_is_lost(written_home: Path) -> None:
    (written_home / "services.json").unlink()
    assert services.environment(written_home) == {}
    assert read_it(services.up(written_home)) == ("still here", "still here")


def test_an_interrupted_first_start_is_made_good(home: Path) -> None:
    draft = home / "postgres" / "draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    write_something(services.up(home, throwaway=True))
    assert not draft.exists()


def test_two_homes_run_side_by_side(home: Path, second_home: Path) -> None:
    one, two = services.up(home, throwaway=True), services.up(second_home, throwaway=True)
    write_something(one)
    with psycopg.connect(two.database_url) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM kept")
    services.down(second_home)
    assert read_it(one) == ("still here", "still here")


def test_starts_at_the_same_moment_agree(home: Path) -> None:
    found: list[Services] = []
    starts = [
        threading.Thread(target=lambda: found.append(services.up(home, throwaway=True))) for _ in range(3)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_a_port_taken_by_a_stranger_is_replaced(written_home: Path) -> None:
    services.down(written_home)
    taken = state.load(written_home)["postgres"]["port"]
    with socket.create_server(("127.0.0.1", taken)):
        again = services.up(written_home)
    assert f":{taken}/" not in again.database_url
    assert read_it(again) == ("still here", "still here")


def test_the_runtime_role_cannot_make_tables_nor_skip_row_security(shared: Services) -> None:
    with psycopg.connect(shared.database_url) as connection:
        roles = (
            "SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole) FROM pg_roles WHERE rolname = ANY(%s)"
        )
        names = ["countenance_app", "countenance_owner", "portal_office"]
        assert connection.execute(roles, [names]).fetchone() == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine ()")


def test_the_office_role_is_taken_on_purpose_and_never_inherited(shared: Services) -> None:
    with psycopg.connect(shared.database_owner_url) as owner:
        owner.execute(
            "CREATE TABLE desk (); REVOKE ALL ON desk FROM countenance_app;"
            "GRANT SELECT ON desk TO portal_office"
        )
    with psycopg.connect(shared.database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT FROM desk")
        with connection.transaction():
            connection.execute("SET LOCAL ROLE portal_office")
            assert connection.execute("SELECT FROM desk").fetchall() == []


def test_a_new_database_has_vectors_and_serves_the_runtime_role(shared: Services) -> None:
    with psycopg.connect(shared.database_owner_url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE another")
    with psycopg.connect(shared.database_owner_url.rpartition("/")[0] + "/another") as owner:
        owner.execute("CREATE TABLE template (id serial, template vector(2))")
    with psycopg.connect(shared.database_url.rpartition("/")[0] + "/another") as runtime:
        runtime.execute("INSERT INTO template (template) VALUES ('[1,2]')")
        assert runtime.execute("SELECT vector_dims(template) FROM template").fetchone() == (2,)


def test_strangers_on_this_machine_are_refused(shared: Services) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(shared.database_url.replace(shared.database_url.split(":")[2].split("@")[0], "guess"))
    with redis.from_url(f"redis://{shared.redis_url.split('@')[1]}") as client:
        with pytest.raises(redis.AuthenticationError):
            client.ping()


def test_passwords_lie_where_only_we_can_read_them(shared: Services, shared_home: Path) -> None:
    for path in (shared_home / "services.json", *(shared_home / "valkey").glob("*.conf")):
        assert path.stat().st_mode & 0o077 == 0
    for path in ("postgres", "postgres/data", "valkey"):
        assert (shared_home / path).stat().st_mode & 0o077 == 0
    assert not (shared_home / "postgres" / "secret").exists()


def test_a_service_named_by_the_environment_is_not_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    found = services.up(home)
    assert running(home) == [False, True]
    assert found.database_url == found.database_owner_url == "postgresql://elsewhere/db"
    assert services.require(home) == found.environment()


def test_a_service_can_be_named_by_a_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("redis://elsewhere/0\n")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    assert services.environment(home) == {"REDIS_URL": "redis://elsewhere/0"}


def test_asking_for_services_that_do_not_run_says_how_to_start_them(home: Path) -> None:
    with pytest.raises(LocalServiceError, match=r"manage\.py local up"):
        services.require(home)
    assert not home.exists()


def test_a_start_that_fails_carries_the_last_words_of_the_server(home: Path) -> None:
    services.up(home, throwaway=True)
    services.down(home)
    (home / "postgres" / "data" / "global" / "pg_control").write_bytes(b"not a control file")
    with pytest.raises(LocalServiceError, match=r"PostgreSQL did not start\. It said:\n(.|\n)*pg_control"):
        services.up(home, throwaway=True)


def test_a_start_waits_for_another_and_then_says_so(home: Path) -> None:
    with state.locked(home), pytest.raises(LocalServiceError, match="Try again"):
        with state.locked(home, seconds=0.2):
            pass


def test_the_state_survives_a_crash_while_it_is_written(home: Path) -> None:
    services.up(home, throwaway=True)
    before = json.loads((home / "services.json").read_text())
    (home / "services.draft").write_text('{"postgres": {"po')
    assert services.up(home, throwaway=True).environment() == services.environment(home)
    assert json.loads((home / "services.json").read_text()) == before


def test_stopping_twice_or_what_never_ran_is_harmless(home: Path) -> None:
    services.down(home)
    services.up(home, throwaway=True)
    services.down(home)
    services.down(home)
    assert Postgres(home, state.load(home)).server.processes() == []
