"""What members do to a job: each step has a page that says what comes of it, and is taken from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.access import require
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.web import reads
from portal.web.forms.steps import StepForm
from portal.web.guards import MemberRequest, member_view
from recognition.actions import holds, jobs, priorities, progress, recalls
from recognition.models import Job, JobStatus, Priority
from recognition.states import JOB, READABLE

_S = JobStatus


@dataclass(frozen=True)
class Step:
    """One thing that members do to a job.

    Attributes:
        title: As a question, on the page before it.
        consequence: What comes of it.
        done: What is said when it was taken.
        take: The action, with `job` and `by`.
        offered: Whether it can be taken in the state a job is in; the action checks again.
        reason: Label of the reason that is asked for; nothing where none is.
    """

    title: str
    consequence: str
    button: str
    done: str
    permission: Permission
    take: Callable[..., object]
    offered: Callable[[Job], bool]
    kind: str = ""
    reason: str = ""
    reason_needed: bool = False

    def may(self, job: Job, by: Actor) -> bool:
        """Whether the step is offered to somebody."""
        return by.may(self.permission) and self.offered(job)


def _is_cancellable(job: Job) -> bool:
    held_results = job.status == _S.HELD and job.held_from in READABLE
    return JOB.allows(job.status, _S.CANCELLED) and not held_results


def _is_resumable(job: Job) -> bool:
    orphaned = job.held_from not in READABLE and bool(keys.ended(job.submitted_by))
    return job.status == _S.HELD and job.held_reason == "tenant" and not orphaned


def _is_closed_by_rules(job: Job) -> bool:
    return job.status == _S.HELD and job.held_reason == "policy" and job.held_from in READABLE


def _is_recallable(job: Job) -> bool:
    released_before = job.status == _S.HELD and job.held_from == _S.RELEASED
    return job.status in {_S.RELEASED, _S.PARTIAL} or released_before


STEPS: dict[str, Step] = {
    "pause": Step(
        title="Pause this job?",
        consequence="Nothing more of it runs and nobody reads its results until somebody of your "
        "organization resumes it. Nothing is lost. After 30 days a held job ends, and its photos and results "
        "are destroyed.",
        button="Pause the job",
        done="The job is paused.",
        permission=Permission.SUBMIT_JOBS,
        take=holds.pause,
        offered=lambda job: JOB.allows(job.status, _S.HELD),
        reason="Why, for your colleagues",
    ),
    "resume": Step(
        title="Resume this job?",
        consequence="The rules are asked again first. Where they refuse, the job stays held, and you read "
        "why.",
        button="Resume the job",
        done="The job goes on.",
        permission=Permission.SUBMIT_JOBS,
        take=holds.resume,
        offered=_is_resumable,
    ),
    "reopen": Step(
        title="Ask the rules again?",
        consequence="Where they allow it now, the results can be read again. Where they refuse, they stay "
        "closed, and you read why.",
        button="Ask the rules again",
        done="The results can be read again.",
        permission=Permission.SUBMIT_JOBS,
        take=holds.resume,
        offered=_is_closed_by_rules,
    ),
    "urgent": Step(
        title="Do this job first?",
        consequence="Its photos go before those of all other jobs of your organization that are not urgent. "
        "Between organizations it changes nothing.",
        button="Do it first",
        done="The job goes before the others of your organization.",
        permission=Permission.PRIORITIZE_JOBS,
        take=priorities.put_first,
        offered=lambda job: priorities.is_movable(job) and job.priority == Priority.NORMAL,
    ),
    "in_line": Step(
        title="Let this job wait for its turn again?",
        consequence="Older jobs of your organization go before it again.",
        button="Let it wait for its turn",
        done="The job waits for its turn again.",
        permission=Permission.PRIORITIZE_JOBS,
        take=priorities.put_in_line,
        offered=lambda job: priorities.is_movable(job) and job.priority == Priority.URGENT,
    ),
    "cancel": Step(
        title="Cancel this job?",
        consequence="What waits is never done, and results of what was done are not shown. Photos and "
        "results are destroyed when their time is over. It cannot be undone.",
        button="Cancel the job",
        done="The job was cancelled. What was waiting is never done.",
        permission=Permission.SUBMIT_JOBS,
        take=jobs.cancel,
        offered=_is_cancellable,
        kind="warning",
    ),
    "retry": Step(
        title="Try the failed photos again?",
        consequence="Only photos that failed are worked on again. The rules are asked again first.",
        button="Retry what failed",
        done="The failed photos were put back.",
        permission=Permission.SUBMIT_JOBS,
        take=jobs.retry,
        offered=lambda job: job.status in {_S.FAILED, _S.PARTIAL} and job.purged_at is None,
    ),
    "accept": Step(
        title="Content yourself with what was done?",
        consequence="The photos that failed stay without a result. What was found goes to review where the "
        "rules ask for one, else it is released.",
        button="Accept it as it is",
        done="The job was accepted as it is.",
        permission=Permission.SUBMIT_JOBS,
        take=progress.accept,
        offered=lambda job: job.status == _S.PARTIAL and job.purged_at is None,
    ),
    "recall": Step(
        title="Recall the results of this job?",
        consequence="Nobody reads them any more. Everybody who was handed an export is told not to use it; "
        "whoever left no address you are asked to tell. It cannot be undone.",
        button="Recall the results",
        done="The results were recalled. Their recipients are told.",
        permission=Permission.RECALL_RESULTS,
        take=recalls.recall,
        offered=_is_recallable,
        kind="warning",
        reason="Why they are recalled",
        reason_needed=True,
    ),
}


@member_view(methods=("GET", "POST"))
def step(request: MemberRequest, job_id: str, name: str) -> HttpResponse:
    """Ask whether a step is meant, and take it."""
    chosen = STEPS[name]
    require(request.actor, chosen.permission, organization=request.organization)
    if request.method != "POST":
        return _before(request, reads.job(request.actor, job_id), chosen)
    job, form = reads.job_to_change(request.actor, job_id), StepForm(request.POST, step=chosen)
    if not form.is_valid():
        return _ask(request, job, chosen, form)
    reason = {"because": form.cleaned_data["reason"]} if chosen.reason else {}
    chosen.take(job=job, by=request.actor, **reason)
    messages.success(request, chosen.done)
    return redirect("job", job.public_id)


def offered(job: Job, by: Actor) -> dict[str, bool]:
    """Return which steps are offered to somebody."""
    return {name: one.may(job, by) for name, one in STEPS.items()}


def _before(request: MemberRequest, job: Job, chosen: Step) -> HttpResponse:
    if not chosen.may(job, request.actor):
        messages.info(request, "This cannot be done with the job as it is now.")
        return redirect("job", job.public_id)
    return _ask(request, job, chosen, StepForm(step=chosen))


def _ask(request: MemberRequest, job: Job, chosen: Step, form: StepForm) -> HttpResponse:
    context = {"job": job, "step": chosen, "form": form}
    return render(request, "tenant/jobs/step.html", context, status=422 if form.errors else 200)
