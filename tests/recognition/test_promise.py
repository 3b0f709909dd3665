"""What is promised of a moratorium, with real workers: it refuses, it stops, and nothing is written after it.

When a row was committed is asked of the database, which records it with each commit.
"""

import os
import time
from datetime import timedelta

import pytest

from portal.common.clock import database_now
from portal.common.errors import Refused
from portal.tenancy.actions import organizations
from portal.tenancy.scope import tenant_scope
from recognition.models import Item, Job, JobStatus, Shard, ShardState
from tests.compliance.conftest import determine
from tests.support import commits, policy
from tests.support.jobs import ANNA, Desk, new_desk, photo
from tests.support.workers import wait_for, workers

pytestmark = [pytest.mark.engine, pytest.mark.proof, pytest.mark.timeout(240)]
PHOTOS = 2000 if os.environ.get("PROOF") == "full" else 500
PACE = {"FAKE_SECONDS": "0.01"}
EXEMPT = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}


@pytest.fixture
def desk(fresh_database) -> Desk:
    return new_desk(**EXEMPT)


def search(desk: Desk, photos: int) -> Job:
    return desk.submit("search", [(f"{n}.png", photo(ANNA)) for n in range(photos)])


def done(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return Item.objects.filter(job=job, status="done").count()


def is_held(desk: Desk, job: Job) -> bool:
    return desk.reload(job).status == JobStatus.HELD


def test_a_moratorium_published_while_a_job_runs_refuses_stops_and_lets_nothing_be_written(
    fresh_database, desk
):
    job = search(desk, PHOTOS)
    with workers(fresh_database | PACE):
        wait_for(lambda: done(desk, job), 60, 0.05)
        version = policy.moratorium()
        with pytest.raises(Refused, match="no-search-today"):
            search(desk, 1)
        wait_for(lambda: is_held(desk, job), 30, 0.1)
        time.sleep(2)  # whoever still meant to write would have
    written = commits.of_results(job)
    assert 0 < len(written) < 2 * PHOTOS
    assert max(written) < commits.of(version)
    assert (desk.reload(job).refused_by, at_work(job)) == ("no-search-today", 0)


def test_an_exemption_that_ends_while_a_job_runs_refuses_stops_and_lets_nothing_be_written(
    fresh_database, desk
):
    job = search(desk, PHOTOS)
    with workers(fresh_database | PACE):
        wait_for(lambda: done(desk, job), 60, 0.05)
        end = database_now() + timedelta(seconds=2)
        determine(desk.tenant, "find_missing_child", exemption_expires_at=end, **EXEMPT)
        organizations.raise_epoch(desk.tenant.organization)
        wait_for(lambda: database_now() >= end, 10, 0.01)
        with pytest.raises(Refused, match="exemption-expired"):
            search(desk, 1)
        wait_for(lambda: is_held(desk, job), 30, 0.1)
        time.sleep(2)  # whoever still meant to write would have
    written = commits.of_results(job)
    assert 0 < len(written) < 2 * PHOTOS
    assert max(written) < end
    assert (desk.reload(job).refused_by, at_work(job)) == ("exemption-expired", 0)


def at_work(job: Job) -> int:
    return Shard.objects.filter(job_id=job.pk).exclude(state__in=(ShardState.HELD, ShardState.DONE)).count()
