"""A real worker process: it delivers, it is killed in the middle, and nothing is lost."""

import threading

import pytest
from django.db.models.functions import Now

from portal.webhooks import client, replays
from portal.webhooks.models import Turn
from tests.support.workers import kill_child, wait_for, worker
from tests.support.world import new_side
from tests.webhooks.conftest import BY, hook
from tests.webhooks.receiver import receiving


@pytest.fixture
def environment(fresh_database):
    return fresh_database | {"WEBHOOKS_TO_LOOPBACK": "1"}


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


def test_a_worker_killed_in_the_middle_of_a_request_costs_no_message(environment, receiver):
    hanging = threading.Event()
    receiver.before = lambda handler: hanging.wait(30)
    alices = hook(new_side("Killed Harbor").organization, receiver.url)
    with worker(environment, "--queues=webhooks", "--hostname=hooks@test") as process:
        replays.test(endpoint=alices.endpoint, by=BY)
        wait_for(lambda: receiver.got, 60)
        wait_for(lambda: kill_child(process), 10)
        receiver.before = None
        hanging.set()
        assert (alices.delivery().status, alices.delivery().attempts) == ("waiting", 1)
        Turn.objects.update(lease_until=Now())  # a minute later
        client.wake()
        wait_for(lambda: alices.delivery().status == "delivered", 60)
        mapped = {part.path for one in (process, *process.children()) for part in one.memory_maps()}
    assert not any("tensorflow" in path for path in mapped)  # it waits for servers, not for nets
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert alices.verify(second)["type"] == "webhook.test"
