"""Programs that run together end together, and nothing of them is left over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.env import ROOT
from portal.local import run
from portal.local.errors import LocalServiceError
from portal.local.process import wait_until

pytestmark = pytest.mark.xdist_group("local")
SCRIPT = """
import sys
from pathlib import Path
from portal.local.supervisor import Died, Stopped, Supervisor
folder = Path(sys.argv[1])
try:
    with Supervisor({"WORD": "handed on"}, folder, echo=True) as supervisor:
        %s
except Stopped:
    print("asked to stop", flush=True)
except Died as death:
    sys.exit(str(death))
"""
FAMILY = """
import os, subprocess, sys
child = subprocess.Popen(["sleep", "100"])
print("family", os.getpid(), child.pid, flush=True)
child.wait()
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(100)
"""
FAMILY_RUNS = f"""
        supervisor.start("family", sys.executable, "-c", {FAMILY!r})
        supervisor.wait_for(lambda: False)
"""


def supervise(folder: Path, body: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT % body.strip(), str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def family_of(supervisor: subprocess.Popen[str]) -> list[int]:
    line = supervisor.stdout.readline()
    assert "family | family" in line
    return [int(word) for word in line.split()[-2:]]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_ends_programs_and_what_they_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    with supervise(tmp_path, FAMILY_RUNS) as supervisor:
        family = family_of(supervisor)
        supervisor.send_signal(number)
        assert "asked to stop" in supervisor.communicate(timeout=30)[0]
    assert all(is_gone(pid) for pid in family)


def test_a_program_outlives_no_killed_supervisor(tmp_path: Path) -> None:
    with supervise(tmp_path, FAMILY_RUNS) as supervisor:
        parent, _ = family_of(supervisor)
        supervisor.kill()
        assert wait_until(lambda: is_gone(parent), 10.0)


def test_a_death_ends_all_and_is_told_with_its_last_words(tmp_path: Path) -> None:
    body = FAMILY_RUNS.replace(
        "supervisor.wait_for",
        """log = folder / "family.log"
        supervisor.wait_for(lambda: log.exists() and "family" in log.read_text())
        supervisor.start("weak", "sh", "-c", "echo cannot go on; exit 7")
        supervisor.wait_for""",
    )
    with supervise(tmp_path, body) as supervisor:
        family = family_of(supervisor)
        _, error = supervisor.communicate(timeout=30)
    assert supervisor.returncode == 1
    assert "weak ended by itself (exit status 7).\ncannot go on" in error
    assert all(is_gone(pid) for pid in family)


def test_a_program_that_ends_hands_back_its_status_and_sees_the_environment(tmp_path: Path) -> None:
    body = 'sys.exit(supervisor.finish("story", "sh", "-c", "echo $WORD; exit 3"))'
    with supervise(tmp_path, body) as supervisor:
        output, _ = supervisor.communicate(timeout=30)
    assert supervisor.returncode == 3
    assert output == "handed on\n"
    assert (tmp_path / "story.log").read_text() == "handed on\n"


def test_a_second_request_to_stop_waits_no_longer(tmp_path: Path) -> None:
    body = f"""
        supervisor.start("stubborn", sys.executable, "-c", {STUBBORN!r})
        supervisor.wait_for(lambda: False)
"""
    with supervise(tmp_path, body) as supervisor:
        assert "up" in supervisor.stdout.readline()
        supervisor.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert supervisor.poll() is None
        supervisor.send_signal(signal.SIGINT)
        supervisor.communicate(timeout=10)
    assert supervisor.returncode == 0


def test_a_taken_port_is_refused_when_asked_for_and_avoided_when_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalServiceError, match="PORT="):
            run.choose_port(port)
    assert run.choose_port(port) == port
    assert run.choose_port(None) >= run.DEFAULT_PORT


def test_a_second_portal_on_the_same_home_is_refused(tmp_path: Path) -> None:
    environment = os.environ | {"COUNTENANCE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "portal.local.run", "run"]
    with run.only_one(tmp_path):
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "already runs" in done.stderr
