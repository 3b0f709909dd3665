"""Keep a few programs running together: one output, one fate, nothing left over."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from portal.env import ROOT
from portal.local.process import rotated

GRACE_SECONDS = 20.0  # a worker finishes its shard (5 s of work) before it goes


class Stopped(Exception):
    """Somebody asked for the end."""


class Died(Exception):
    """A program that should run on has ended; the text says which and how."""


@dataclass(frozen=True)
class Log:
    """Where a program's lines go: a file and, unless `prefix` is None, our own output behind the prefix."""

    path: Path
    prefix: str | None


class Program:
    """One running program; what it writes goes to its log and, if wanted, to our output behind its name."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Log) -> None:
        self.name = name
        self.log = log
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

    def last_words(self, lines: int = 20) -> str:
        """Return the end of the log and its place, for a message about a death."""
        self._echo.join(timeout=2.0)
        tail = self.log.path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([*tail, f"(all of it: {self.log.path})"])

    def _pass_on(self) -> None:
        with self.log.path.open("a") as file:
            for line in self.process.stdout or ():
                file.write(line)
                file.flush()
                if self.log.prefix is not None:
                    print(f"{self.log.prefix}{line}", end="", flush=True)


class Supervisor:
    """Runs programs until one dies or somebody asks for the end; leaving the block stops them all."""

    def __init__(self, environment: Mapping[str, str], logs: Path, *, echo: bool) -> None:
        """Prepare to run programs.

        Args:
            environment: What they get on top of our own.
            logs: Folder that keeps one log for each of them.
            echo: Whether what those that run on write is shown as well.
        """
        self._logs = logs
        self._echo = echo
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
        program = Program(
            name, command, self.environment, self._log(name, f"{name:>7} | " if self._echo else None)
        )
        self._programs.append(program)
        return program

    def finish(self, name: str, *command: str) -> int:
        """Run a program to its end, showing what it writes; return its exit status.

        Raises:
            Stopped: Somebody asked for the end first.
            Died: One of the programs that should run on did not.
        """
        program = Program(name, command, self.environment, self._log(name, ""))
        try:
            self.wait_for(lambda: program.process.poll() is not None)
        finally:
            self._end([program])
        return program.process.returncode

    def wait_for(
        self, condition: Callable[[], bool], seconds: float = math.inf, *, every: float = 0.1
    ) -> bool:
        """Wait until `condition`, asked `every` so many seconds, holds; return False when `seconds` are over.

        Raises:
            Stopped: Somebody asked for the end first.
            Died: One of the programs that should run on did not.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if self._stop.wait(every):
                raise Stopped
            self._check()
            if time.monotonic() > deadline:
                return False
        return True

    def _check(self) -> None:
        for program in self._programs:
            status = program.process.poll()
            if status is not None:
                raise Died(f"{program.name} ended by itself ({_in_words(status)}).\n{program.last_words()}")

    def _log(self, name: str, prefix: str | None) -> Log:
        return Log(rotated(self._logs / f"{name}.log"), prefix)

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
