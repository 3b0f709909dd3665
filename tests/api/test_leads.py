"""Judgments and leads over the REST API: people judge, programs read, follow up and withdraw."""

import json
from dataclasses import dataclass

import pytest

from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import NAMED_KEY_PERMISSIONS
from portal.tenancy.scope import tenant_scope
from recognition.actions import exports, reviews
from recognition.actions.exports import Recipient
from recognition.models import Adjudication, Candidate, Job, Judged, LeadOutcome, Verification
from tests.api.conftest import Program, problem
from tests.support.jobs import work_off
from tests.support.review import clear_ledger, member_of

ANNA = (200, 30, 30)
JUDGMENT = {"verdict": "lead", "compared": ["ears"], "reason": "Same ear."}
OUTCOME = {"outcome": "confirmed", "source": "Police desk", "reason": "She gave her name."}


@dataclass
class Search:
    """A finished search of Alice's program with one candidate."""

    program: Program
    job: str
    candidate: str

    @property
    def organization(self) -> Organization:
        return self.program.side.organization

    def row(self) -> Judged:
        kind = Verification if self.candidate.startswith("ver_") else Candidate
        with tenant_scope(self.organization):
            return kind.objects.with_public_id(self.candidate)

    def judge(self, verdict: str = "lead", by: Actor | None = None) -> None:
        reviewer = by or member_of(self.organization, self.program.side.actor)
        told = {"verdict": verdict, "compared": ["ears"], "reason": "Same ear."}
        reviews.adjudicate(candidate=self.row(), by=reviewer, **told)

    def named(self) -> Program:
        """A key that was made with every scope by name."""
        scopes = [scope.value for scope in NAMED_KEY_PERMISSIONS]
        return Program(self.program.side, self.program.side.new_key(scopes=scopes).bearer)


@pytest.fixture
def search(alice) -> Search:
    clear_ledger()
    gallery = alice.gallery()
    alice.post("jobs/", {"kind": "enroll", "gallery": gallery, "images": [alice.image(ANNA, "anna_1.jpg")]})
    work_off()
    body = {"kind": "search", "gallery": gallery, "images": [alice.image(ANNA, "probe.jpg")]}
    job = alice.post("jobs/", body).json()["id"]
    work_off()
    with tenant_scope(alice.side.organization):
        found = Candidate.objects.get(item__job=Job.objects.with_public_id(job))
    return Search(alice, job, found.public_id)


def test_a_key_judges_nothing_and_is_told_who_does(search):
    answer = search.program.post(f"candidates/{search.candidate}/adjudications/", JUDGMENT)
    body = problem(answer, 403, "person_needed")
    assert "trained people, signed in with their own account" in body["detail"]
    candidate = search.row()
    with tenant_scope(search.organization):
        assert not Adjudication.objects.filter(candidate=candidate).exists()


def test_judgments_are_told_once_the_candidate_is_settled(search):
    address = f"candidates/{search.candidate}/adjudications/"
    assert search.program.get(address).json() == {
        "candidate": search.candidate,
        "status": "candidate",
        "round": 1,
        "adjudications": [],
    }
    search.judge()
    body = search.program.get(address).json()
    assert body["status"] == "lead"
    [one] = body["adjudications"]
    assert (one["verdict"], one["compared"], one["reason"]) == ("lead", ["ears"], "Same ear.")


def test_a_candidate_row_says_whether_anybody_reviewed_it(search):
    def row():
        answer = search.program.get(f"jobs/{search.job}/results/")
        body = json.loads(b"".join(answer.streaming_content))
        return body["items"][0]["faces"][0]["candidates"][0]

    assert (row()["reviewed"], row()["review"]) == (False, "unreviewed")
    search.judge("inconclusive")
    assert (row()["reviewed"], row()["review"]) == (True, "inconclusive")


def test_a_program_records_what_became_of_a_lead(search):
    search.judge()
    made = search.program.post(f"leads/{search.candidate}/outcome/", OUTCOME)
    assert made.status_code == 201
    assert made.json()["recorded_by"].startswith("key_")
    assert search.program.get(f"leads/{search.candidate}/outcome/").json() == made.json()
    problem(search.program.post(f"leads/{search.candidate}/outcome/", OUTCOME), 409, "outcome_already")


def test_an_outcome_is_not_there_before_it_is_recorded(search):
    search.judge()
    problem(search.program.get(f"leads/{search.candidate}/outcome/"), 404, "no_outcome")


@pytest.mark.parametrize("change", [{"outcome": "certain"}, {"source": ""}, {"reason": ""}, {"extra": 1}])
def test_an_outcome_that_says_too_little_is_refused_by_field(search, change):
    search.judge()
    body = problem(
        search.program.post(f"leads/{search.candidate}/outcome/", OUTCOME | change), 422, "validation"
    )
    assert [one["field"] for one in body["errors"]] == list(change)


def test_what_is_no_lead_has_no_outcome(search):
    search.judge("rejected")
    problem(search.program.post(f"leads/{search.candidate}/outcome/", OUTCOME), 409, "not_a_lead")
    with tenant_scope(search.organization):
        assert not LeadOutcome.objects.exists()


def test_a_lead_is_withdrawn_by_a_key_that_has_the_scope_by_name(search):
    search.judge()
    with tenant_scope(search.organization):
        job = Job.objects.with_public_id(search.job)
    to = Recipient("Unit", email="rest.unit@example.org")
    exports.export(job=job, recipient=to, format_="csv", by=search.program.side.actor)
    address, reason = f"leads/{search.candidate}/withdraw/", {"reason": "It is her sister."}
    problem(search.program.post(address, reason), 403, "scope")
    body = search.named().post(address, reason).json()
    assert (body["lead"], body["status"]) == (search.candidate, "withdrawn")
    assert [one["mailed"] for one in body["notices"]] == [True]
    problem(search.named().post(address, reason), 409, "not_a_lead")


def test_a_stranger_reaches_no_candidate(search, charlie):
    for path, body in (("adjudications", JUDGMENT), ("outcome", OUTCOME)):
        of = "candidates" if path == "adjudications" else "leads"
        problem(charlie.get(f"{of}/{search.candidate}/{path}/"), 404, "not_found")
        problem(charlie.post(f"{of}/{search.candidate}/{path}/", body), 404, "not_found")


def test_a_key_of_another_end_user_reaches_no_candidate(search, world):
    other = Program(world.alice, world.alice.new_key(end_user=world.bob.end_user).bearer)
    problem(other.get(f"candidates/{search.candidate}/adjudications/"), 404, "not_found")


@pytest.mark.parametrize("path", ["jobs/{job}/results/", "candidates/{candidate}/adjudications/"])
def test_a_held_job_shows_a_program_nothing(search, path):
    search.judge()
    Organization.objects.filter(pk=search.organization.pk).update(status="suspended")
    answer = search.program.get(path.format(job=search.job, candidate=search.candidate))
    body = problem(answer, 403, "organization-stopped")
    assert body["decision"].startswith("rul_")
    assert "anna" not in answer.content.decode()


def test_what_waits_for_review_before_release_is_not_told(search):
    with tenant_scope(search.organization):
        jobs = Job.objects.filter(pk=Job.objects.with_public_id(search.job).pk)
        jobs.update(review="before_release", reviewers=2)
    search.judge()
    problem(search.program.get(f"candidates/{search.candidate}/adjudications/"), 409, "not_released")


# Pairs


@pytest.fixture
def compared(alice) -> Search:
    """A finished comparison of Alice's program with one pair, as the `Search` of tests above."""
    clear_ledger()
    both = [alice.image(ANNA, "one.jpg"), alice.image(ANNA, "other.jpg")]
    job = alice.post("jobs/", {"kind": "compare", "pairs": [both]}).json()["id"]
    work_off()
    with tenant_scope(alice.side.organization):
        found = Verification.objects.get(item__job=Job.objects.with_public_id(job))
    return Search(alice, job, found.public_id)


def test_the_judgments_of_a_pair_are_told_once_it_is_settled(compared):
    path = f"candidates/{compared.candidate}/adjudications/"
    assert compared.program.get(path).json()["adjudications"] == []
    compared.judge()
    told = compared.program.get(path).json()
    assert (told["candidate"], told["status"]) == (compared.candidate, "lead")
    assert [one["verdict"] for one in told["adjudications"]] == ["lead"]


def test_a_program_records_what_became_of_a_pair(compared):
    compared.judge()
    path = f"leads/{compared.candidate}/outcome/"
    problem(compared.program.get(path), 404, "no_outcome")
    made = compared.program.post(path, OUTCOME)
    assert (made.status_code, made.json()["lead"]) == (201, compared.candidate)
    assert compared.program.get(path).json() == made.json()


def test_a_pair_is_withdrawn_by_a_key_that_has_the_scope_by_name(compared):
    compared.judge()
    exports.export(
        job=reviews.job_of(compared.row()),
        recipient=Recipient("Unit", email="pair@example.org"),
        format_="csv",
        by=compared.program.side.actor,
    )
    path, why = f"leads/{compared.candidate}/withdraw/", {"reason": "It is her twin."}
    problem(compared.program.post(path, why), 403, "scope")
    told = compared.named().post(path, why).json()
    assert (told["lead"], told["status"]) == (compared.candidate, "withdrawn")
    assert [one["mailed"] for one in told["notices"]] == [True]


def test_a_stranger_reaches_no_pair(compared, charlie):
    compared.judge()
    for path in (f"leads/{compared.candidate}/outcome/", f"candidates/{compared.candidate}/adjudications/"):
        problem(charlie.get(path), 404, "not_found")
