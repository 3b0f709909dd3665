"""`python -m bench.soak` runs a job through killed workers, a broker and a database that die, full disks.

The same photos are done twice on services of our own: undisturbed, and with faults. Nothing may be lost,
doubled or counted twice, and work has to go on within 30 seconds of each fault; else this ends with 1.
Database and photos lie on small file systems of their own, so that they can run out of room; where none can
be mounted those faults are skipped, by name. Results are kept in bench/soak.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portal.env import ROOT
from portal.local import services

RESULTS = Path(__file__).parent / "soak.json"
ENGINES = {"real": "tests.support.mortal.load_real", "fake": "tests.support.mortal.load_fake"}
GOES_ON_WITHIN = 30.0  # seconds of a fault
AT_MOST_TIMES = 1.5  # as long as undisturbed
FAULTS = {
    "worker killed": 50,
    "broker flushed": 5,
    "broker absent": 1,
    "database restarted at once": 3,
    "disk full": 1,
    "photo store full": 1,
}
NONE_OF = (
    "lost",
    "failed without cause",
    "innocent named as poison",
    "photos with faces lost or doubled",
    "counted in usage beyond once",
    "job's counts off by",
    "photos without their bytes, or bytes without a photo",
    "uploads answered wrongly",
    "stood still without a broker",
)


def main() -> None:
    """Run what the options say, print a table, and end with 1 where a promise was broken."""
    plan, results = _asked()
    found = run(plan)
    broken = promises_broken(found, plan["poison"])
    _print(found, broken)
    results.write_text(json.dumps({"plan": plan, **found, "broken": broken}, indent=2) + "\n")
    sys.exit(1 if broken else 0)


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Run a soak on services of its own and return what it came to."""
    home = ROOT / ".local" / f"soak-{os.getpid()}"
    rooms = {"postgres": plan["megabytes"], "media": plan["store_megabytes"]}
    with _rooms(home, rooms) as mounts:
        addresses = services.up(home).environment()
        environment = os.environ | addresses
        environment |= {"COUNTENANCE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "portal.settings"}
        try:
            migrate = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
            subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
            told = json.dumps(plan | {"home": str(home), "mounts": mounts})
            command = [sys.executable, "-W", "ignore", "-m", "bench.soaking", told]
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
        finally:
            services.down(home)
    if done.returncode:
        raise RuntimeError(f"The soak broke off:\n{done.stderr[-6000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def promises_broken(found: dict[str, Any], poison: int) -> list[str]:
    """Return which promises a soak broke, in words."""
    broken = [f"{name}: {found[name]}" for name in NONE_OF if found[name]]
    if found["poison named"] != poison:
        broken.append(f"poison named: {found['poison named']} of {poison}")
    if found["finished"] != 1:
        broken.append(f"finished {found['finished']} times")
    slow = [one for one in found["faults"] if (one["seconds"] or 0) > GOES_ON_WITHIN]
    return broken + [f"{one['kind']}: went on after {one['seconds']} s" for one in slow]


@contextmanager
def _rooms(home: Path, megabytes: dict[str, int]) -> Iterator[dict[str, str]]:
    """Give folders of a home small file systems, where that can be done; all is gone afterwards.

    Yields:
        Where they lie, by name: those that could be mounted.
    """
    mounted = {name: str(home / name) for name, size in megabytes.items() if _mounts(home / name, size)}
    try:
        yield mounted
    finally:
        for mount in mounted.values():
            subprocess.run(["umount", mount], check=True)
        shutil.rmtree(home)


def _mounts(folder: Path, megabytes: int) -> bool:
    """Mount a file system of its own at a folder, and tell whether that could be done."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    return bool(shutil.which("mount")) and _succeeds(command)


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _asked() -> tuple[dict[str, Any], Path]:
    """Return the plan and where its results are kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="real")
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--poison", type=int, default=5)
    parser.add_argument("--kills", type=int, default=FAULTS["worker killed"])
    parser.add_argument("--flushes", type=int, default=FAULTS["broker flushed"])
    parser.add_argument("--restarts", type=int, default=FAULTS["database restarted at once"])
    parser.add_argument("--fake-seconds", type=float, default=0.1, help="of the fake engine, a photo")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--megabytes", type=int, default=2_500, help="of the database's file system")
    parser.add_argument("--store-megabytes", type=int, default=1_000, help="of the photos' file system")
    parser.add_argument("--absent", type=float, default=60.0, help="seconds without a broker")
    parser.add_argument("--small", action="store_true", help="each fault once, for the test suite")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = vars(parser.parse_args())
    small, results = options.pop("small"), options.pop("results")
    asked = {
        "worker killed": options["kills"],
        "broker flushed": options["flushes"],
        "database restarted at once": options["restarts"],
    }
    faults = dict.fromkeys(FAULTS, 1) if small else FAULTS | asked
    return options | {"engine": ENGINES[options["engine"]], "faults": faults}, results


def _print(found: dict[str, Any], broken: list[str]) -> None:
    print(f"\n{found['photos']:,} photos, done twice:")
    for name in ("undisturbed, s", "with faults, s", "times longer", "recoveries", "poison named", *NONE_OF):
        print(f"  {name:54}{found[name]:>10}")
    print(f"\n  {'faults':32}{'times':>8}{'median s':>12}{'worst s':>12}")
    for kind in FAULTS:
        seconds = sorted(one["seconds"] or 0.0 for one in found["faults"] if one["kind"] == kind)
        if seconds:
            middle = seconds[len(seconds) // 2]
            print(f"  {kind:32}{len(seconds):>8}{middle:>12.1f}{seconds[-1]:>12.1f}")
    for words in (*found["skipped"], *broken):
        print(f"  ! {words}")
    if found["times longer"] > AT_MOST_TIMES:
        print(f"  ! took {found['times longer']} times as long; {AT_MOST_TIMES} is what we aim at")


if __name__ == "__main__":
    main()
