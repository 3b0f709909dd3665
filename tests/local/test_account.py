"""The servers run whoever starts them: root, a plain user, root whose folders nobody else can enter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from portal.env import ROOT
from portal.local import account, services, state
from portal.local.errors import LocalServiceError
from portal.local.postgres import Postgres, binary

pytestmark = [
    pytest.mark.xdist_group("local"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else"),
]
NOBODY = 65534
AS_NOBODY = f"""
import encodings.idna, os, sys  # the codec cannot be found once we are nobody
from pathlib import Path
from portal.local import cli
os.setgid({NOBODY})
os.setuid({NOBODY})
sys.exit(cli.main(sys.argv[2:], Path(sys.argv[1])))
"""


@pytest.fixture
def reachable() -> None:
    if subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", ROOT], cwd="/", user=NOBODY, capture_output=True, check=False
    ).returncode:
        pytest.skip("this checkout lies where no other account can enter")


def as_nobody(home: Path, action: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_NOBODY, str(home), action]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("reachable")
def test_root_hands_postgresql_to_another_account(home: Path) -> None:
    services.up(home, throwaway=True)
    cluster = Postgres(home, state.load(home)).server
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in cluster.processes()} == {NOBODY}


def test_root_falls_back_to_a_user_namespace_where_nobody_can_enter(home: Path) -> None:
    if subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine has no user namespaces")
    home.parent.mkdir(parents=True, exist_ok=True)
    home.mkdir(mode=0o700)
    with psycopg.connect(services.up(home, throwaway=True).database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert (home / "postgres" / "data").stat().st_uid == 0


@pytest.mark.usefixtures("reachable")
def test_a_cluster_moved_where_nobody_can_enter_is_taken_along(home: Path) -> None:
    services.up(home, throwaway=True)
    services.down(home)
    home.chmod(0o700)
    with psycopg.connect(services.up(home, throwaway=True).database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.usefixtures("reachable")
def test_a_plain_user_runs_it_as_itself(home: Path) -> None:
    home.mkdir(parents=True)
    os.chown(home, NOBODY, NOBODY)
    assert as_nobody(home, "up").returncode == 0
    assert (home / "services.json").stat().st_uid == NOBODY
    assert as_nobody(home, "down").returncode == 0


@pytest.mark.usefixtures("reachable")
def test_a_plain_user_is_told_when_the_folder_belongs_to_another_account(home: Path) -> None:
    services.up(home, throwaway=True)
    services.down(home)
    home.chmod(0o777)
    (home / "services.lock").chmod(0o666)
    done = as_nobody(home, "up")
    assert done.returncode == 1
    assert "belongs to another account" in done.stderr
    assert "COUNTENANCE_HOME" in done.stderr


def test_the_refusal_of_an_unreachable_folder_names_the_way_out(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    home.parent.mkdir(parents=True, exist_ok=True)
    home.mkdir(mode=0o700)
    (home / "postgres").mkdir()
    with pytest.raises(LocalServiceError, match="Set DATABASE_URL and REDIS_URL"):
        account.choose(home / "postgres", binary("postgres"))
