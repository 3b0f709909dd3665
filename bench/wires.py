"""Measures the Rekognition interface on a real server and worker; bench/wire.py runs this."""

import base64
import http.client
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import local
from typing import Any

import django

django.setup()

import psutil  # noqa: E402 - needs settings, as what follows

from bench import loads  # noqa: E402
from bench.beside import COLD, beside  # noqa: E402
from bench.clock import medians, taken  # noqa: E402
from portal.aws import sigv4  # noqa: E402
from portal.local.run import WEB_MEMORY  # noqa: E402
from recognition.engine import registry  # noqa: E402
from tests.aws.mutations import NOW, REGIONS, SECRET, as_boto  # noqa: E402
from tests.aws.signing import signed  # noqa: E402
from tests.support.accounts import Account, answers, provisioned  # noqa: E402
from tests.support.web import serving  # noqa: E402
from tests.support.workers import REAL, wait_for, workers  # noqa: E402

FACES, PAGE = 100, 20
RATE, SECONDS = 100, 10
CLIENTS = 20
LARGEST = 5 * 1024 * 1024
_mine = local()


class Caller:
    """Sends signed calls over connections that stay open, one a thread."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._place = account.endpoint.split("/")[2]

    def signed(
        self, operation: str, values: Any, moment: datetime | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Return a call, ready to be sent."""
        known = {"key_id": self._account.key_id, "secret": self._account.secret}
        return signed(operation, values, address=f"{self._account.endpoint}/", moment=moment, **known)

    def send(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Send a call; returns status and answer."""
        try:
            return self._sent(headers, body)
        except (
            ConnectionError,
            http.client.HTTPException,
        ):  # the server closed what was idle, as is its right
            _mine.connection = None
            return self._sent(headers, body)

    def _sent(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection = getattr(_mine, "connection", None) or http.client.HTTPConnection(
            self._place, timeout=120
        )
        connection.request("POST", "/rekognition/", body, headers)
        answer = connection.getresponse()
        _mine.connection = connection
        return answer.status, answer.read()

    def call(self, operation: str, values: Any) -> dict[str, Any]:
        """Make a call that has to succeed."""
        status, answer = self.send(*self.signed(operation, values))
        assert status == 200, answer
        found: dict[str, Any] = json.loads(answer)
        return found


def main() -> None:
    """Measure, and print the results as JSON."""
    turns = int(sys.argv[1])
    environment = dict(os.environ) | {
        "REST_UPLOADS_PER_MINUTE": "1000000",
        "REST_WRITES_PER_MINUTE": "1000000",
    }
    web = environment | dict(one.split("=") for one in WEB_MEMORY)  # as `make run` serves it, and it alone
    with serving(web, threads=4) as address, workers(environment, engine=REAL):
        wait_for(lambda: answers(f"{address}/readyz"), 180)
        caller = Caller(provisioned(environment, address, "Harbor Light"))
        found = {"check": _checks(), "share": _shares(caller, turns), "lists": _lists(caller)}
        found["memory"] = _memory(caller)
    print(json.dumps(found))


def _checks() -> dict[str, float]:
    sent = as_boto().request
    key = sigv4.signing_key(SECRET.encode(), day="20261129", region="eu-west-1", service="rekognition")

    def check() -> None:
        claim = sigv4.read(sent.headers, "", now=NOW, service="rekognition", regions=REGIONS)
        sigv4.check(sent, claim, key)

    return medians([taken(check) for _ in range(20_000)], scale=1e6)


def _shares(caller: Caller, turns: int) -> dict[str, dict[str, float]]:
    [small] = loads.photos(1)
    engine = registry.load()
    return {
        name: _share(caller, engine, photo, turns) for name, photo in (("a 250 px photo", small), *_large())
    }


def _large() -> Iterator[tuple[str, bytes]]:
    yield "a 12 MP photo", loads.enlarged(loads.photos(1)[0], (4000, 3000))


def _share(caller: Caller, engine: Any, photo: bytes, turns: int) -> dict[str, float]:
    """Signed before the clock runs: that is the caller's own work."""
    values = {"Image": {"Bytes": base64.b64encode(photo).decode()}}
    now = datetime.now(UTC)
    sent = [
        caller.signed("DetectFaces", values, now - timedelta(seconds=number % 200))
        for number in range(turns + COLD)
    ]
    following = iter(sent)

    def call() -> None:
        status, answer = caller.send(*next(following))
        assert status == 200, answer

    return beside(engine, photo, call, turns)


def _lists(caller: Caller) -> dict[str, float]:
    caller.call("CreateCollection", {"CollectionId": "listed"})
    for photo in loads.photos(FACES):
        caller.call(
            "IndexFaces", {"CollectionId": "listed", "Image": {"Bytes": base64.b64encode(photo).decode()}}
        )
    now = datetime.now(UTC)
    sent = [
        caller.signed(
            "ListFaces", {"CollectionId": "listed", "MaxResults": PAGE}, now - timedelta(seconds=number % 200)
        )
        for number in range(RATE * SECONDS)
    ]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda one: caller.send(*one), sent[:100]))
        began = time.perf_counter() + 0.5
        times = sorted(pool.map(partial(_on_time, caller, began), enumerate(sent)))
        lasted = time.perf_counter() - began
    at = {"p50": len(times) // 2, "p99": int(len(times) * 0.99), "worst": -1}
    return {"rate": len(times) / lasted} | {name: round(times[place] * 1e3, 2) for name, place in at.items()}


def _on_time(caller: Caller, began: float, numbered: tuple[int, tuple[dict[str, str], bytes]]) -> float:
    """Send a call when it is due; returns the seconds from then to its answer, waiting included."""
    number, sent = numbered
    due = began + number / RATE
    time.sleep(max(due - time.perf_counter(), 0))
    status, answer = caller.send(*sent)
    assert status == 200, answer
    return time.perf_counter() - due


def _memory(caller: Caller) -> dict[str, Any]:
    photo = loads.photos(1)[0]
    padded = base64.b64encode(photo + bytes(LARGEST - len(photo))).decode()
    values = {"SourceImage": {"Bytes": padded}, "TargetImage": {"Bytes": padded}}
    before = _most_held()
    caller.call("CompareFaces", values)
    with ThreadPoolExecutor(CLIENTS) as pool:
        sent = list(pool.map(lambda _: caller.send(*caller.signed("CompareFaces", values)), range(CLIENTS)))
    names = Counter("answered" if status == 200 else json.loads(answer)["__type"] for status, answer in sent)
    return {"answers": dict(names), "megabytes before": before, "megabytes": _most_held()}


def _most_held() -> float:
    """Return the most that any web process ever held, in MB, as the kernel counted it."""
    children = psutil.Process().children(recursive=True)
    web = [child for child in children if "gunicorn" in " ".join(child.cmdline())]
    return max(_peak(child.pid) for child in web)


def _peak(pid: int) -> float:
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 - the kernel's, not a file
        line = next(line for line in status if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1000, 1)


main()
