"""Throw-away PostgreSQL and Valkey of the test runs.

One set serves every run of this checkout at once. Each run holds a slot, which names its databases, and a
share of the set; the last run to leave stops it. Slots and shares are file locks, so a killed run leaves
nothing taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from portal.env import ROOT
from portal.local import services
from portal.local.errors import LocalServiceError
from portal.local.services import Services

HOME = ROOT / ".local" / "tests"
SLOTS = WORKERS_PER_SLOT = 32  # times each other: the numbered databases of our Valkey
INHERITED = "COUNTENANCE_TEST_RUN"


@dataclass
class Run:
    """One test run: the services it shares and the slot it alone holds."""

    services: Services
    slot: int
    locks: tuple[IO[str], ...] = ()

    @property
    def worker(self) -> str:
        """Name of this process inside the run: `gw0`, `gw1`, … or `main` without xdist."""
        return os.environ.get("PYTEST_XDIST_WORKER", "main")

    @property
    def database(self) -> str:
        """Name of the database that belongs to this process alone."""
        return f"test_{self.slot}_{self.worker}"

    @property
    def home(self) -> Path:
        """Folder that belongs to this process alone; emptied when it ends."""
        return HOME / "runs" / f"{self.slot}-{self.worker}"

    def environment(self, database: str | None = None) -> dict[str, str]:
        """Return the variables that lead Django, or a process started by a test, to one database."""
        number = self.slot * WORKERS_PER_SLOT + int(self.worker.removeprefix("gw").replace("main", "0"))
        return {
            "DATABASE_URL": renamed(self.services.database_url, database or self.database),
            "DATABASE_OWNER_URL": renamed(self.services.database_owner_url, database or self.database),
            "REDIS_URL": renamed(self.services.redis_url, str(number)),
            "COUNTENANCE_HOME": str(self.home),
            "DEEPFACE_HOME": os.environ.get("DEEPFACE_HOME", str(HOME / "models")),
        }


def join() -> Run:
    """Take part in the services: as an xdist worker in what the controller took, else by taking a slot."""
    if inherited := os.environ.get(INHERITED):
        told = json.loads(inherited)
        return Run(Services(**told["services"]), told["slot"])
    with _gate():
        share = (HOME / "share").open("a")
        fcntl.flock(share, fcntl.LOCK_SH)
        slot, lock = _take_slot()
        run = Run(_up(), slot, (share, lock))
    os.environ[INHERITED] = json.dumps({"slot": slot, "services": asdict(run.services)})
    return run


def leave(run: Run) -> None:
    """Give up slot and share, and stop the services when no other run has a share."""
    shutil.rmtree(run.home, ignore_errors=True)
    if not run.locks:
        return
    os.environ.pop(INHERITED, None)
    with _gate():
        for lock in run.locks:
            lock.close()
        if _nobody_shares():
            services.down(HOME)


def renamed(address: str, database: str) -> str:
    """Return a URL with another database in its path."""
    return f"{address.rpartition('/')[0]}/{database}"


def _up() -> Services:
    """Start the set; one that does not start, for its machine died under it, is made anew."""
    try:
        return services.up(HOME, throwaway=True)
    except LocalServiceError:
        services.down(HOME)
        for folder in ("postgres", "valkey"):
            shutil.rmtree(HOME / folder, ignore_errors=True)
        (HOME / "services.json").unlink(missing_ok=True)
        return services.up(HOME, throwaway=True)


@contextlib.contextmanager
def _gate() -> Iterator[None]:
    """Let one run at a time come or go."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "gate").open("a") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _take_slot() -> tuple[int, IO[str]]:
    (HOME / "slots").mkdir(exist_ok=True)
    for slot in range(SLOTS):
        lock = (HOME / "slots" / str(slot)).open("a")
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return slot, lock
        lock.close()
    raise RuntimeError(f"{SLOTS} test runs of this checkout at once are enough; wait for one to end.")


def _nobody_shares() -> bool:
    with (HOME / "share").open("a") as share:
        try:
            fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
