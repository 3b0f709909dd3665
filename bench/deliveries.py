"""Webhooks to real receivers, measured in turn; bench/webhooks.py runs this on a database of its own."""

import json
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

import django
from django.conf import settings
from django.db import connection

django.setup()

from portal.audit import actions as audit  # noqa: E402 - needs settings, as what follows
from portal.audit import sequencer  # noqa: E402
from portal.tenancy.models import Organization  # noqa: E402
from portal.tenancy.scope import tenant_scope  # noqa: E402
from portal.webhooks import actions, lanes, replays  # noqa: E402
from portal.webhooks.models import Delivery, Endpoint, Turn  # noqa: E402
from tests.support.world import SYSTEM, new_side  # noqa: E402

EVENTS = 50  # to each endpoint, a round
SIDES = 8
HANGING = 20
TESTS = 5  # a round


def main() -> None:
    """Measure, and print the medians as JSON."""
    settings.WEBHOOKS_TO_LOOPBACK = True
    command = [sys.executable, "-m", "bench.receivers"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as receivers:
        answering, hanging = (int(port) for port in receivers.stdout.readline().split())
        print(json.dumps(_measured(answering, hanging, int(sys.argv[1]))))
        receivers.stdin.close()


def _measured(answering: int, hanging: int, rounds: int) -> dict[str, Any]:
    sides = [new_side(f"Harbor {number}").organization for number in range(SIDES)]
    endpoints = [_endpoint(side, answering) for side in sides]
    tested = _endpoint(sides[0], answering)
    stuck = [_endpoint(new_side(f"Reef {number}").organization, hanging) for number in range(HANGING)]
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        _note(times, "deliveries a second, one endpoint", [_rate(sides[:1], endpoints[:1])])
        _note(times, f"deliveries a second, {SIDES} endpoints of {SIDES} owners", [_rate(sides, endpoints)])
        _note(times, "a test waits, ms, alone", _waits(tested))
        with _Hanging(stuck):
            _note(times, f"a test waits, ms, beside {HANGING} that hang", _waits(tested, at_work=True))
    return {name: round(statistics.median(found), 1) for name, found in times.items()}


def _note(times: dict[str, list[float]], name: str, found: list[float]) -> None:
    times.setdefault(name, []).extend(found)


def _endpoint(organization: Organization, port: int) -> Endpoint:
    url = f"http://127.0.0.1:{port}/"
    return actions.create(organization=organization, url=url, types=["job.queued"], by=SYSTEM).endpoint


def _rate(owners: list[Organization], endpoints: list[Endpoint]) -> float:
    """Return deliveries a second of events that have their places in the log."""
    for owner in owners:
        with tenant_scope(owner):
            about = [(f"job_{number}", {"shards": 1}) for number in range(EVENTS)]
            audit.record_many(verb="job.queued", actor=SYSTEM, about=about, organization=owner.pk)
    sequencer.run()
    began = time.perf_counter()
    lanes.run()
    return sum(_delivered(endpoint) for endpoint in endpoints) / (time.perf_counter() - began)


def _delivered(endpoint: Endpoint) -> int:
    with tenant_scope(endpoint.organization_id):
        rows = Delivery.objects.of(endpoint).filter(status="delivered")
        count = rows.count()
        rows.delete()
    return count


def _waits(endpoint: Endpoint, *, at_work: bool = False) -> list[float]:
    """Return the milliseconds from each test being asked for to its arrival.

    Args:
        endpoint: Who is tested.
        at_work: Whether a worker is at it already; else one begins with each test, as a wake-up makes it.
    """
    found = []
    for _ in range(TESTS):
        began = time.perf_counter()
        replays.test(endpoint=endpoint, by=SYSTEM)
        if not at_work:
            lanes.run()
        while not _delivered(endpoint):
            time.sleep(0.005)
        found.append((time.perf_counter() - began) * 1000)
    return found


def _work() -> None:
    lanes.run(seconds=12.0)
    connection.close()


class _Hanging:
    """Endpoints that all have something due, and take a lane for it until its time is over."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self._endpoints = endpoints
        self._thread = threading.Thread(target=_work)

    def __enter__(self) -> None:
        for endpoint in self._endpoints:
            replays.test(endpoint=endpoint, by=SYSTEM)
        Turn.objects.filter(pk__in=[endpoint.pk for endpoint in self._endpoints]).update(failing=True)
        self._thread.start()
        time.sleep(0.5)

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        for endpoint in self._endpoints:
            with tenant_scope(endpoint.organization_id):
                Delivery.objects.of(endpoint).delete()
        Turn.objects.filter(pk__in=[endpoint.pk for endpoint in self._endpoints]).update(due_at=None)


if __name__ == "__main__":
    main()
