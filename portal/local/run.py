"""`make run` and `make demo`: services, migrations, portal and workers in the foreground.

Usage: python -m portal.local.run {run,demo} [--port N] [--once] [--photos DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.error import URLError

from portal.env import ROOT, home
from portal.local import services, state
from portal.local.errors import LocalServiceError
from portal.local.supervisor import Died, Stopped, Supervisor

DEFAULT_PORT = 8000
READY_SECONDS = 180.0  # a cold engine worker imports TensorFlow and loads a model
MANAGE = (sys.executable, str(ROOT / "manage.py"))
CELERY = (
    sys.executable,
    "-m",
    "celery",
    "--app=portal.celery",
    "worker",
    "--loglevel=INFO",
)
ONE_AT_A_TIME = ("--concurrency=1", "--queues=interactive,gpu")
# Two: a simulation of policy takes a minute, and the reconciler does not wait behind it.
TWO_AT_A_TIME = ("--concurrency=2", "--queues=control,cpu")
# Webhooks go out from a process of their own: they wait for servers elsewhere, and nothing waits for them.
WEBHOOKS = ("--concurrency=1", "--queues=webhooks")
QUIET_CELERY = ("--without-gossip", "--without-mingle")
# Its control socket would lie in the home of the account, where two checkouts meet.
WEB = ("--workers=2", "--threads=4", "--timeout=60", "--graceful-timeout=10", "--no-control-socket")
# Bodies of 14 MB come and go: what is freed goes back to the system at once, and threads share two heaps.
WEB_MEMORY = ("MALLOC_MMAP_THRESHOLD_=1000000", "MALLOC_ARENA_MAX=2")
OK = 200


def main(words: Sequence[str]) -> int:
    """Run the portal until it is told to stop; return the exit status."""
    options = _parser().parse_args(words)
    try:
        with only_one(home()), _services(home()) as environment:
            return _run(options, environment)
    except (LocalServiceError, Died) as error:
        print(f"\nStopped: {error}", file=sys.stderr)
        return 1
    except Stopped:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal.local.run", description=__doc__)
    parser.add_argument("what", choices=["run", "demo"])
    parser.add_argument("--port", type=int, help=f"default: {DEFAULT_PORT}, or the next free one")
    parser.add_argument(
        "--once", action="store_true", help="demo: stop after the story, with its exit status"
    )
    parser.add_argument("--photos", type=Path, help="demo: a folder with one folder of photos per person")
    return parser


def _run(options: argparse.Namespace, environment: dict[str, str]) -> int:
    port = choose_port(options.port)
    environment = environment | {"PORT": str(port)}
    with Supervisor(environment, home() / "logs", echo=options.what == "run") as supervisor:
        if supervisor.finish("migrate", *MANAGE, "migrate", "--no-input", "--verbosity=0"):
            raise Died("The database could not be migrated; see above.")
        _start(supervisor, port)
        (home() / "run" / "port").write_text(str(port))  # commands elsewhere name the address, too
        address = f"http://127.0.0.1:{port}/"
        print(f"\nCountenance is ready at {address}\n", flush=True)
        status = supervisor.finish("demo", *_story(options)) if options.what == "demo" else 0
        if not options.once:
            print(f"\nThe portal runs at {address} until Ctrl-C.\n", flush=True)
            with contextlib.suppress(Stopped):
                supervisor.wait_for(lambda: False)
    return status


def _start(supervisor: Supervisor, port: int) -> None:
    """Start portal and workers; return when all of them answer."""
    host = os.environ.get("HOST", "127.0.0.1")
    gunicorn = (sys.executable, "-m", "gunicorn", "portal.wsgi", f"--bind={host}:{port}")
    supervisor.start("web", "env", *WEB_MEMORY, *gunicorn, *WEB)
    supervisor.start("engine", *CELERY, *QUIET_CELERY, *ONE_AT_A_TIME, "--hostname=engine@%h")
    supervisor.start("hooks", *CELERY, *QUIET_CELERY, *WEBHOOKS, "--hostname=hooks@%h")
    supervisor.start("light", *CELERY, *QUIET_CELERY, *TWO_AT_A_TIME, "--hostname=light@%h", "--beat")
    if not supervisor.wait_for(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS, every=1.0):
        raise Died(f"Not ready within {READY_SECONDS:.0f} s; http://127.0.0.1:{port}/readyz says why.")


def _story(options: argparse.Namespace) -> list[str]:
    words = [*MANAGE, "demo"]
    words += ["--once"] if options.once else []
    words += ["--photos", str(options.photos.resolve())] if options.photos else []
    return words


def choose_port(wanted: int | None) -> int:
    """Return the port to serve on: the wanted one, else the first free one from 8000 on.

    Raises:
        LocalServiceError: The wanted one is taken.
    """
    if wanted is None:
        return next(port for port in range(DEFAULT_PORT, DEFAULT_PORT + 1000) if state.is_free(port))
    if not state.is_free(wanted):
        raise LocalServiceError(f"Port {wanted} is taken. Choose another one with PORT=….")
    return wanted


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5.0) as answer:  # noqa: S310 - our own address
            return bool(answer.status == OK)
    except (URLError, OSError):
        return False


@contextlib.contextmanager
def _services(folder: Path) -> Iterator[dict[str, str]]:
    """Keep the embedded services running; stop them afterwards unless they ran before."""
    ran_before = len(services.environment(folder)) == len(services.VARIABLES)
    found = services.up(folder)
    try:
        yield found.environment() | {"COUNTENANCE_HOME": str(folder)}
    finally:
        if not ran_before:
            services.down(folder)


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Refuse a second portal on the same home: two schedulers would share one clock."""
    for name in ("run", "static"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with (folder / "run" / "portal.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalServiceError(
                f"A portal already runs on {folder}. Stop it, or set COUNTENANCE_HOME to another folder."
            ) from None
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
