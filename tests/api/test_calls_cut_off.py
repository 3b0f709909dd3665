"""A call whose process is lost after its work and before its answer is never done a second time."""

import json
import os
import signal
import subprocess
import sys

import pytest
from django.db import transaction
from rest_framework.response import Response

from portal.api import idempotency
from portal.api.models import KeptCall
from portal.audit import actions as audit
from portal.audit.witness import witnessed_by
from portal.common.clock import database_now
from portal.common.errors import Conflict
from portal.env import ROOT
from portal.tenancy.scope import tenant_scope
from tests.api.conftest import new_gallery, problem
from tests.conftest import run

NAME = {"Idempotency-Key": "order-1"}


def kept(side) -> KeptCall:
    with tenant_scope(side.organization):
        return KeptCall.objects.get()


def lost(side) -> None:
    """Let the time pass after which a call is taken for lost."""
    with tenant_scope(side.organization):
        KeptCall.objects.update(started_at=database_now() - idempotency.IN_FLIGHT)


def begun(side, **values) -> KeptCall:
    now = database_now()
    fields = {"name": "order-1", "fingerprint": "", "started_at": now, "expires_at": now + idempotency.KEPT}
    with tenant_scope(side.organization) as organization:
        return KeptCall.objects.create(
            organization_id=organization, key_id=side.key.key.pk, **fields | values
        )


def write(side, target: str) -> None:
    with transaction.atomic():
        audit.record(verb="key.revoked", actor=side.actor, target=target, organization=side.organization.pk)


@pytest.fixture
def cut_off(alice):
    """A search that was submitted by a process which died over its answer."""
    body = {"kind": "search", "gallery": alice.gallery(), "images": [alice.image()]}
    command = (sys.executable, "-m", "tests.support.cut_off", alice.bearer, "/api/v1/jobs/", json.dumps(body))
    environment = dict(os.environ) | run.environment()
    done = subprocess.run((*command, "order-1"), cwd=ROOT, env=environment, timeout=90, check=False)
    assert done.returncode == -signal.SIGKILL
    return body


def test_a_job_whose_answer_was_lost_is_named_and_not_made_again(alice, world, cut_off):
    problem(alice.post("jobs/", cut_off, **NAME), 409, "idempotency_in_flight")
    lost(world.alice)
    told = problem(alice.post("jobs/", cut_off, **NAME), 409, "idempotency_unknown")
    (job,) = alice.get("jobs/").json()["items"]
    assert job["id"] in told["made"]


def test_what_is_rolled_back_is_not_said_to_be_made(alice, world):
    call = begun(world.alice)
    with witnessed_by(lambda target: idempotency.note(call, target)):
        with transaction.atomic():
            write(world.alice, "key_1")
            transaction.set_rollback(True)
        write(world.alice, "key_2")
    assert kept(world.alice).made == ["key_2"]


def test_a_call_that_was_given_up_writes_nothing_more(alice, world):
    call = begun(world.alice)
    lost(world.alice)
    with witnessed_by(lambda target: idempotency.note(call, target)), pytest.raises(Conflict) as error:
        write(world.alice, "key_1")
    assert error.value.code == "idempotency_in_flight"
    assert kept(world.alice).made == []


def test_a_call_that_makes_many_things_names_the_first(alice, world):
    call = begun(world.alice)
    with witnessed_by(lambda target: idempotency.note(call, target)):
        for number in range(idempotency.MOST_NAMED + 5):
            write(world.alice, f"key_{number}")
    assert kept(world.alice).made == [f"key_{number}" for number in range(idempotency.MOST_NAMED)]


def test_an_error_of_ours_after_the_work_is_told_at_once(alice, world):
    body = new_gallery()
    made = alice.post("galleries/", body, **NAME).json()["id"]
    with tenant_scope(world.alice.organization):
        KeptCall.objects.update(status=None)
    idempotency.finish(kept(world.alice), Response({}, status=500))
    assert problem(alice.post("galleries/", body, **NAME), 409, "idempotency_unknown")["made"] == [made]


def test_where_nobody_was_there_to_do_it_the_call_can_be_sent_again(alice, world):
    idempotency.finish(begun(world.alice, made=["job_1"]), Response({}, status=503))
    with tenant_scope(world.alice.organization):
        assert not KeptCall.objects.exists()
