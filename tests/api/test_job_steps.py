"""What programs do to a job besides submitting it."""

import pytest

from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.models import Item, Job
from tests.api.conftest import Program, problem
from tests.support.jobs import work_off


def detect(program) -> str:
    return program.post("jobs/", {"kind": "detect", "images": [program.image()]}).json()["id"]


def finished(program) -> str:
    job = detect(program)
    work_off()
    return job


@pytest.fixture
def recaller(world) -> Program:
    """A key of Alice's that was made for recalling besides the usual."""
    scopes = ["upload", "submit_jobs", "view_results", "recall_results"]
    return Program(world.alice, world.alice.new_key(scopes=scopes).bearer)


def test_a_job_is_held_and_resumed(alice):
    job = detect(alice)
    held = alice.post(f"jobs/{job}/hold/", {"reason": "Wrong case number?"}).json()
    assert (held["status"], held["held_because"]) == ("held:tenant", "Wrong case number?")
    assert held["held_at"]
    work_off()
    assert alice.get(f"jobs/{job}/").json()["counts"]["held"] == 1
    assert alice.post(f"jobs/{job}/resume/").json()["status"] == "queued"


def test_resuming_passes_the_gate(alice, world):
    job = detect(alice)
    alice.post(f"jobs/{job}/hold/")
    Organization.objects.filter(pk=world.alice.organization.pk).update(status="suspended")
    body = problem(alice.post(f"jobs/{job}/resume/"), 403, "organization-stopped")
    assert body["decision"].startswith("rul_")
    assert alice.get(f"jobs/{job}/").json()["status"] == "held:tenant"


def test_a_job_that_is_not_held_is_not_resumed(alice):
    problem(alice.post(f"jobs/{detect(alice)}/resume/"), 409, "not_held")


def test_half_done_work_is_accepted_and_whole_work_is_not(alice, world):
    job = finished(alice)
    problem(alice.post(f"jobs/{job}/accept/"), 409, "not_partial")
    with tenant_scope(world.alice.organization):
        row = Job.objects.all().with_public_id(job)
        Item.objects.filter(job=row).update(status="failed", reason="timeout")
        Job.objects.filter(pk=row.pk).update(status="partial", released_at=None)
    assert alice.post(f"jobs/{job}/accept/").json()["status"] == "released"


def test_a_recall_takes_a_key_that_was_made_for_it_and_a_reason(alice, recaller):
    job = finished(recaller)
    problem(alice.post(f"jobs/{job}/recall/", {"reason": "Wrong."}), 403, "scope")
    assert recaller.post(f"jobs/{job}/recall/", {}).status_code == 422
    assert recaller.post(f"jobs/{job}/recall/", {"reason": "Wrong."}).json()["status"] == "recalled"
    problem(alice.get(f"jobs/{job}/results/"), 409, "not_released")


def test_jobs_are_listed_by_state(alice):
    held, queued = detect(alice), detect(alice)
    alice.post(f"jobs/{held}/hold/")

    def ids(state: str) -> list[str]:
        return [job["id"] for job in alice.get(f"jobs/?status={state}").json()["items"]]

    assert (ids("held"), ids("held:tenant"), ids("held:policy"), ids("queued")) == (
        [held],
        [held],
        [],
        [queued],
    )
    problem(alice.get("jobs/?status=asleep"), 422, "status_unknown")
