"""A job outlives its workers and its broker: nothing lost, nothing done twice."""

import json
import os
import subprocess
import sys
import time

import pytest

from portal.env import ROOT
from portal.local.services import VARIABLES
from portal.tenancy.actions import organizations
from portal.tenancy.scope import tenant_scope
from recognition.models import Item, JobStatus, Shard, ShardState
from tests.support.jobs import ANNA, new_desk, photo
from tests.support.workers import wait_for, workers

pytestmark = [pytest.mark.engine, pytest.mark.proof, pytest.mark.timeout(600)]
FULL = os.environ.get("PROOF") == "full"
PHOTOS = 400
SIZE = (
    ("--photos=1000", "--poison=3", "--kills=10", "--absent=8")
    if FULL
    else ("--photos=500", "--poison=0", "--absent=10", "--small")
)


@pytest.fixture
def desk(fresh_database):
    return new_desk()


def done(desk, job) -> int:
    with tenant_scope(desk.tenant.organization):
        return Item.objects.filter(job=job, status="done").count()


def test_a_job_outlives_killed_workers_its_broker_and_its_database_and_full_disks(tmp_path):
    """On services of its own, which are killed too; `make soak` does the same at full size."""
    results = tmp_path / "soak.json"
    options = ("--engine=fake", "--fake-seconds=0.1", "--workers=2", "--megabytes=500", *SIZE)
    command = [sys.executable, "-m", "bench.soak", *options, f"--results={results}"]
    done = subprocess.run(command, cwd=ROOT, env=elsewhere(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(results.read_text())
    late = [one for one in found["skipped"] if "ended" in one]
    assert len(late) <= 1  # on a slow machine the job may have ended before the last of six


def elsewhere() -> dict[str, str]:
    """The environment without what leads to the services of these tests."""
    ours = {*VARIABLES, "COUNTENANCE_HOME", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in ours}


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
