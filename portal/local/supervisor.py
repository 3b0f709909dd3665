"""Keep a few programs running together: one output, one fate, nothing left over."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from portal.env import ROOT

GRACE_SECONDS = 20.0  # a worker finishes its shard (5 s of work) before it goes


class Stopped(Exception):
    """Somebody asked for the end."""


class Died(Exception):
    """A program that should run on has ended; the text says which and how."""


class Program:
    """One running program; each line it writes is passed on behind its name."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal.local.child", str(os.getpid()), *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._echo = threading.Thread(target=self._pass_on, daemon=True)
        self._echo.start()

    def kill_group(self) -> None:
        """End whatever is left of the program and of what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._echo.join(timeout=2.0)

    def _pass_on(self) -> None:
        prefix = f"{self.name:>7} | " if self.name else ""
        for line in self.process.stdout or ():
            print(f"{prefix}{line}", end="", flush=True)


class Supervisor:
    """Runs programs until one dies or somebody asks for the end; leaving the block stops them all."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._programs: list[Program] = []
        self._stop = threading.Event()
        self._hurry = threading.Event()

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self._end(self._programs)

    def start(self, name: str, *command: str) -> Program:
        """Start a program that should run on."""
        program = Program(name, command, self.environment)
        self._programs.append(program)
        return program

    def finish(self, name: str, *command: str) -> int:
        """Run a program to its end; return its exit status.

        Raises:
            Stopped: Somebody asked for the end first.
            Died: One of the programs that should run on did not.
        """
        program = Program(name, command, self.environment)
        try:
            self.wait_for(lambda: program.process.poll() is not None)
        finally:
            self._end([program])
        return program.process.returncode

    def wait_for(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until `condition` holds; return False when it does not within `seconds`.

        Raises:
            Stopped: Somebody asked for the end first.
            Died: One of the programs that should run on did not.
        """
        deadline = time.monotonic() + seconds if seconds else float("inf")
        while not condition():
            if self._stop.wait(0.1):
                raise Stopped
            self._check()
            if time.monotonic() > deadline:
                return False
        return True

    def _check(self) -> None:
        for program in self._programs:
            status = program.process.poll()
            if status is not None:
                raise Died(f"{program.name} ended by itself ({_in_words(status)}); see its lines above.")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():  # asked twice: no more patience
            self._hurry.set()
        self._stop.set()

    def _end(self, programs: Sequence[Program]) -> None:
        """Ask each program to end, wait, then kill what is left of it and of what it started."""
        for program in programs:
            if program.process.poll() is None:
                program.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(program.process.poll() is None for program in programs):
            if time.monotonic() > deadline or self._hurry.wait(0.05):
                break
        for program in programs:
            program.kill_group()


def _in_words(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
