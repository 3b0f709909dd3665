"""Very many calls at once under one Idempotency-Key, to several processes of several threads."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from tests.conftest import run
from tests.support.web import serving

CALLS = 1000 if os.environ.get("PROOF") == "full" else 80
AT_ONCE = 100 if os.environ.get("PROOF") == "full" else 20


@pytest.fixture
def portal(database):
    environment = dict(os.environ) | run.environment() | {"REST_WRITES_PER_MINUTE": "100000"}
    with serving(environment, processes=2, threads=8) as address:
        yield address


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_a_storm_of_one_call_makes_one_job(alice, portal):
    body = {"kind": "search", "gallery": alice.gallery(), "images": [alice.image()]}
    answers = storm(portal, alice.bearer, body)
    made = {answer for status, answer in answers if status == 201}
    refused = {json.loads(answer)["code"] for status, answer in answers if status == 409}
    assert {status for status, _ in answers} <= {201, 409}
    assert len(answers) == CALLS
    assert len(made) == 1
    assert refused <= {"idempotency_in_flight"}
    assert [job["id"] for job in alice.get("jobs/").json()["items"]] == [json.loads(made.pop())["id"]]


def storm(portal: str, bearer: str, body: dict) -> list[tuple[int, bytes]]:
    """Send the same call very often, many at a time; return each status and answer."""
    headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": "storm"}

    def send(_: int) -> tuple[int, bytes]:
        answer = pool.request("POST", f"{portal}/api/v1/jobs/", json=body, headers=headers)
        return answer.status, answer.data

    with urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=120) as pool:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(threads.map(send, range(CALLS)))
