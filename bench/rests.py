"""Measures the REST API on a real server and worker; bench/rest.py runs this on a database of its own."""

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import django

django.setup()

import urllib3  # noqa: E402 - needs settings, as what follows

from bench import loads  # noqa: E402
from bench.beside import beside  # noqa: E402
from bench.clock import medians, taken  # noqa: E402
from portal.api import orders  # noqa: E402
from portal.api.authentication import Caller as KeyCaller  # noqa: E402
from portal.tenancy.actor import Actor  # noqa: E402
from portal.tenancy.models import ApiKey  # noqa: E402
from recognition.actions import calls  # noqa: E402
from recognition.actions.pictures import Picture  # noqa: E402
from recognition.engine import registry  # noqa: E402
from tests.api.conftest import new_gallery  # noqa: E402
from tests.support.accounts import answers  # noqa: E402
from tests.support.web import serving  # noqa: E402
from tests.support.workers import REAL, wait_for, workers  # noqa: E402
from tests.support.world import new_side  # noqa: E402


class Caller:
    """Calls over one connection that stays open."""

    def __init__(self, address: str, bearer: str) -> None:
        self._pool = urllib3.PoolManager(maxsize=1, timeout=120, retries=3)
        self._address, self._headers = f"{address}/api/v1/", {"Authorization": f"Bearer {bearer}"}

    def call(self, method: str, path: str, *, tag: str = "", **sent: Any) -> Any:
        """Make a call that has to succeed; returns the answer."""
        headers = self._headers | ({"If-None-Match": tag} if tag else {})
        answer = self._pool.request(method, self._address + path, headers=headers, **sent)
        assert answer.status < 400, answer.data
        return answer


def main() -> None:
    """Measure, and print the results as JSON."""
    turns = int(sys.argv[1])
    environment = dict(os.environ) | {
        "REST_UPLOADS_PER_MINUTE": "1000000",
        "REST_WRITES_PER_MINUTE": "1000000",
    }
    with serving(environment, threads=4) as address, workers(environment, engine=REAL):
        wait_for(lambda: answers(f"{address}/readyz"), 180)
        new = new_side("Harbor Light").key
        caller = Caller(address, new.bearer)
        found = {"share": dict(_shares(caller, new.key, turns)), "reads": _reads(caller, turns)}
    print(json.dumps(found))


def _shares(caller: Caller, key: ApiKey, turns: int) -> Iterator[tuple[str, dict[str, float]]]:
    engine, [small] = registry.load(), loads.photos(1)
    large = loads.enlarged(small, (4000, 3000))
    for name, photo in (("a 250 px photo", small), ("a 12 MP photo", large)):
        form = {"file": ("photo.jpg", photo)}
        call = partial(caller.call, "POST", "detect/", fields=form)
        yield name, beside(engine, photo, call, turns, inside=partial(_detected, key, photo))
    stored = json.loads(caller.call("POST", "images/", fields={"file": ("photo.jpg", small)}).data)["id"]
    call = partial(caller.call, "POST", "detect/", json={"image": stored})
    yield "a 250 px photo, stored", beside(engine, small, call, turns)


def _detected(key: ApiKey, photo: bytes) -> None:
    """What the call does inside: gate, worker, second look, record."""
    by = Actor.for_key(key)
    order = orders.order_of({"kind": "detect"}, KeyCaller(key, by))
    calls.detect(organization=key.organization, order=order, picture=Picture(photo, "photo.jpg"), by=by)


def _reads(caller: Caller, turns: int) -> dict[str, dict[str, float]]:
    gallery = json.loads(caller.call("POST", "galleries/", json=new_gallery()).data)["id"]
    tag = caller.call("GET", f"galleries/{gallery}/").headers["ETag"]
    read = partial(caller.call, "GET", f"galleries/{gallery}/")
    again = partial(read, tag=tag)
    return {
        "a gallery, read": medians([taken(read) for _ in range(turns)]),
        "a gallery, read again with its tag": medians([taken(again) for _ in range(turns)]),
    }


main()
