"""`manage.py local` from a shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.env import ROOT
from portal.local import cli, services

pytestmark = pytest.mark.xdist_group("local")


def manage(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COUNTENANCE_HOME": str(home)}
    command = [sys.executable, "manage.py", "local", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_settings_find_what_manage_py_started(shared: services.Services, shared_home: Path) -> None:
    told = manage(shared_home, "env", "--json")
    assert json.loads(told.stdout) == shared.environment()


def test_env_prints_lines_a_shell_can_read(
    shared: services.Services, shared_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["env"], shared_home) == 0
    lines = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert lines == shared.environment()


def test_env_refuses_in_words_while_nothing_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["env"], home) == 1
    assert "manage.py local up" in capsys.readouterr().err


def test_up_status_and_down_tell_what_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [cli.main([action], home) for action in ("status", "up", "status", "down")] == [1, 0, 0, 0]
    lines = [line.partition(",")[0] for line in capsys.readouterr().out.splitlines()]
    off = ["Embedded PostgreSQL: not running", "Embedded Valkey: not running"]
    on = ["Embedded PostgreSQL: running", "Embedded Valkey: running"]
    assert lines == [*off, *on, *on, *off]


def test_status_is_readable_for_programs(
    shared: services.Services, shared_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--json"], shared_home) == 0
    ports = [str(entry["port"]) for entry in json.loads(capsys.readouterr().out) if entry["running"]]
    addresses = [shared.database_url, shared.redis_url]
    assert all(f":{port}/" in address for port, address in zip(ports, addresses, strict=True))
