"""`manage.py local`: the embedded services from a shell. Needs no settings and no database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from portal.local import services
from portal.local.errors import LocalServiceError


def main(words: Sequence[str], home: Path) -> int:
    """Run one command on the services of `home`; return the exit status."""
    options = parser().parse_args(words)
    try:
        return run(options.action, home, as_json=options.json)
    except LocalServiceError as error:
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """Return what the command understands."""
    arguments = argparse.ArgumentParser(prog="manage.py local", description="Embedded PostgreSQL and Valkey.")
    add_arguments(arguments)
    return arguments


def add_arguments(arguments: argparse.ArgumentParser) -> None:
    """Add what the command understands to a parser."""
    arguments.add_argument("action", choices=["up", "down", "status", "env"])
    arguments.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(action: str, home: Path, *, as_json: bool) -> int:
    """Do one action and print what came of it; return the exit status.

    Raises:
        LocalServiceError: It could not be done.
    """
    if action == "env":
        return _print_environment(services.require(home), as_json=as_json)
    if action == "up":
        services.up(home)
    elif action == "down":
        services.down(home)
    _print_status(services.status(home), as_json=as_json)
    return 0 if action != "status" or len(services.environment(home)) == len(services.VARIABLES) else 1


def _print_environment(environment: dict[str, str], *, as_json: bool) -> int:
    lines = [f"{key}={value}" for key, value in environment.items()]
    print(json.dumps(environment) if as_json else "\n".join(lines))
    return 0


def _print_status(entries: list[services.Status], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return
    for entry in entries:
        state = "running" if entry.running else "not running"
        print(f"Embedded {entry.name}: {state}, port {entry.port or 'not chosen yet'}, log {entry.log}")
