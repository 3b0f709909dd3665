"""Real databases for benchmarks: the embedded PostgreSQL, as it runs in production and as tests run it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from portal.env import ROOT
from portal.local import services

KINDS = ("durable", "throwaway")


@contextmanager
def serving(kind: str) -> Iterator[dict[str, str]]:
    """Serve a new, migrated database for as long as the block lasts; yield the environment that leads to it.

    Args:
        kind: `durable`, every commit reaches the disk as in production; or `throwaway`, as tests run it.
    """
    home = ROOT / ".local" / f"bench-{kind}"
    shutil.rmtree(home, ignore_errors=True)
    addresses = services.up(home, throwaway=kind == "throwaway").environment()
    environment = os.environ | addresses
    environment |= {"COUNTENANCE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    environment["REST_READS_PER_MINUTE"] = "1000000"  # what is measured is the request, not its limit
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        yield environment
    finally:
        services.down(home)
        shutil.rmtree(home, ignore_errors=True)


def measured(module: str, *arguments: str, kind: str) -> str:
    """Return the last line that a module prints, run as a process with a database of its own."""
    with serving(kind) as environment:
        command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-4000:]}")
    return done.stdout.splitlines()[-1]
