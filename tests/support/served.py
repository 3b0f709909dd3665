"""The portal as it is served: gunicorn with processes and threads of its own, on the test's database."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.env import ROOT

SECONDS = 60


@contextmanager
def serving(environment: dict[str, str], *, processes: int = 2, threads: int = 8) -> Iterator[str]:
    """Serve the portal for as long as the block lasts; yield its address."""
    port = _free_port()
    log = Path(environment["COUNTENANCE_HOME"]) / "web.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = (sys.executable, "-m", "gunicorn", "portal.wsgi", f"--bind=127.0.0.1:{port}")
    options = (f"--workers={processes}", f"--threads={threads}", "--no-control-socket", "--backlog=2048")
    with log.open("ab") as output:
        process = subprocess.Popen(
            (*command, *options),
            cwd=ROOT,
            env={"PYTHONWARNINGS": "ignore"} | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"The portal did not start: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
