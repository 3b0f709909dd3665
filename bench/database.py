"""Real databases for benchmarks: the embedded PostgreSQL, as it runs in production and as tests run it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from portal.env import ROOT
from portal.local import services

HOMES = {"durable": ROOT / ".local" / "bench", "throwaway": ROOT / ".local" / "bench-throwaway"}


@contextmanager
def serving(kind: str = "durable") -> Iterator[None]:
    """Serve a new, migrated database and set Django up on it, for as long as the block lasts.

    Args:
        kind: `durable`, every commit reaches the disk as in production; or `throwaway`, as tests run it.
    """
    home = HOMES[kind]
    shutil.rmtree(home, ignore_errors=True)
    os.environ.update(services.up(home, throwaway=kind == "throwaway").environment())
    os.environ["COUNTENANCE_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
        subprocess.run(migrate, cwd=Path(ROOT), check=True)
        django.setup()
        yield
    finally:
        services.down(home)
        shutil.rmtree(home, ignore_errors=True)
