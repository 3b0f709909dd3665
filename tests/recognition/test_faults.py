"""A job outlives its workers and its broker: nothing lost, nothing done twice."""

import os
import time
from collections import Counter

import pytest
import redis
from django.conf import settings

from portal.audit.models import Event
from portal.tenancy.actions import organizations
from portal.tenancy.scope import tenant_scope
from recognition.models import FoundFace, Item, JobStatus, Shard, ShardState
from tests.support.jobs import ANNA, new_desk, photo
from tests.support.workers import kill_child, wait_for, workers

pytestmark = [pytest.mark.engine, pytest.mark.proof, pytest.mark.timeout(240)]
FULL = os.environ.get("PROOF") == "full"
PHOTOS, KILLS = (1000, 5) if FULL else (400, 2)


@pytest.fixture
def desk(fresh_database):
    return new_desk()


def done(desk, job) -> int:
    with tenant_scope(desk.tenant.organization):
        return Item.objects.filter(job=job, status="done").count()


def test_killed_workers_and_a_flushed_broker_lose_and_double_nothing(fresh_database, desk):
    job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(PHOTOS)], gallery=None)
    with workers(fresh_database | {"FAKE_SECONDS": "0.01"}) as engine:
        for kill in range(KILLS):
            wait_for(lambda: Shard.objects.filter(job_id=job.pk, state=ShardState.LEASED).exists(), 60, 0.05)
            wait_for(lambda: kill_child(engine), 30)
            if kill == KILLS // 2:
                redis.from_url(settings.REDIS_URL).flushdb()
        wait_for(lambda: desk.reload(job).status == JobStatus.RELEASED, 120)
    finished = desk.reload(job)
    with tenant_scope(desk.tenant.organization):
        faces = Counter(FoundFace.objects.filter(item__job=job).values_list("item", flat=True))
    assert done(desk, job) == PHOTOS
    assert len(faces) == PHOTOS
    assert set(faces.values()) == {1}
    assert finished.recoveries >= 1
    assert Event.objects.filter(target=job.public_id, verb="job.finished").count() == 1


def test_a_suspension_stops_a_running_job_before_its_next_result(fresh_database, desk):
    job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(PHOTOS)], gallery=None)
    with workers(fresh_database | {"FAKE_SECONDS": "0.01"}):
        wait_for(lambda: done(desk, job) > 0, 60, 0.05)
        suspend(desk)
        at_the_stop = done(desk, job)
        wait_for(lambda: desk.reload(job).status == JobStatus.HELD, 30)
        time.sleep(2)
        assert done(desk, job) == at_the_stop < PHOTOS
        assert not Shard.objects.filter(job_id=job.pk, state=ShardState.LEASED).exists()


def suspend(desk) -> None:
    with tenant_scope(desk.tenant.organization):
        desk.tenant.organization.refresh_from_db()
        organizations.change_status(desk.tenant.organization, "suspended", by=desk.by, reason="test")
