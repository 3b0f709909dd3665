from datetime import timedelta

import pytest
from django.db import connections

from portal.common.clock import database_now
from recognition.models import Heartbeat


@pytest.fixture
def no_worker(database) -> None:
    Heartbeat.objects.all().delete()


def beat(pipeline: str, *, seconds_ago: float = 0) -> None:
    moment = database_now() - timedelta(seconds=seconds_ago)
    Heartbeat.objects.create(worker="test", pipeline=pipeline, beat_at=moment)


def test_the_process_answers_without_any_service(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_load_balancer_asks_for_database_and_broker_only(client, no_worker):
    answer = client.get("/readyz?scope=web")
    assert (answer.status_code, answer.json()["parts"]) == (200, {"database": True, "broker": True})


@pytest.mark.parametrize(
    ("pipeline", "seconds_ago", "status"),
    [(None, 0, 503), ("", 0, 503), ("dlib-resnet-v1/blazeface/mesh5/mirror/1", 0, 200), ("dlib", 60, 503)],
    ids=["no worker", "still loading", "ready", "silent"],
)
def test_the_portal_is_ready_with_a_live_worker_that_has_loaded_its_model(
    client, no_worker, pipeline, seconds_ago, status
):
    if pipeline is not None:
        beat(pipeline, seconds_ago=seconds_ago)
    assert client.get("/readyz").status_code == status


def test_a_missing_database_is_said_and_not_raised(client, no_worker):
    settings = connections.settings["default"]
    name, settings["NAME"] = settings["NAME"], "no_such_database"
    connections["default"].close()
    del connections["default"]
    try:
        answer = client.get("/readyz")
    finally:
        settings["NAME"] = name
        connections["default"].close()
        del connections["default"]
    assert (answer.status_code, answer.json()["parts"]["database"]) == (503, False)
