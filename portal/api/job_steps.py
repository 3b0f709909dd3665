"""`jobs/{id}/cancel/`, `retry/`, `hold/`, `resume/`, `accept/`, `recall/`: what programs do to a job."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import JOB, answered, sent
from portal.api.progress import JobOutput, described
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import holds, jobs, progress, recalls
from recognition.actions.holds import LONGEST_REASON
from recognition.models import Job

_SUBMIT = (Permission.SUBMIT_JOBS,)
_ANSWER = [answered("A job", JOB)]


class HoldInput(Input):
    """Why a job is held."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)


class RecallInput(Input):
    """Why results are called back."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class _Step(Endpoint):
    """One thing that is done to a job."""

    needs = {"POST": _SUBMIT}

    def job(self, text: str) -> Job:
        """Return the job of the address."""
        with tenant_scope(self.organization):
            found: Job = reach.jobs(self.by).with_public_id(text)
            return found

    def answer(self, text: str) -> Response:
        """Return the job as it is now."""
        with tenant_scope(self.organization):
            return Response(JobOutput(described(reach.jobs(self.by).with_public_id(text))).data)


class JobCancel(_Step):
    """End a job."""

    @extend_schema(
        operation_id="jobs_cancel", tags=["jobs"], request=None, responses=JobOutput, examples=_ANSWER
    )
    def post(self, request: Request, job: str) -> Response:
        """End a job. What is done stays, what waits is never done."""
        jobs.cancel(job=self.job(job), by=self.by)
        return self.answer(job)


class JobRetry(_Step):
    """Run a job's failed photos again."""

    @extend_schema(
        operation_id="jobs_retry", tags=["jobs"], request=None, responses=JobOutput, examples=_ANSWER
    )
    def post(self, request: Request, job: str) -> Response:
        """Put failed photos back and run the job again. It passes the gate first."""
        jobs.retry(job=self.job(job), by=self.by)
        return self.answer(job)


class JobHold(_Step):
    """Hold a job."""

    @extend_schema(
        operation_id="jobs_hold",
        tags=["jobs"],
        request=HoldInput,
        responses=JobOutput,
        examples=[sent("A reason", {"reason": "Wrong case number?"}), *_ANSWER],
    )
    def post(self, request: Request, job: str) -> Response:
        """Hold a job (`held:tenant`): nothing more of it runs and nobody reads its results.

        It stays so until it is resumed. After 30 days a held job ends, its photos and results destroyed.
        """
        found = self.job(job)
        holds.pause(job=found, because=self.read(HoldInput)["reason"], by=self.by)
        return self.answer(job)


class JobResume(_Step):
    """Let a held job go on."""

    @extend_schema(
        operation_id="jobs_resume", tags=["jobs"], request=None, responses=JobOutput, examples=_ANSWER
    )
    def post(self, request: Request, job: str) -> Response:
        """Let a held job go on, or its results be read again. It passes the gate first.

        403: the rule that does not allow it now; the job stays held. What the operator holds
        (`held:operator`) an officer lets go on.
        """
        holds.resume(job=self.job(job), by=self.by)
        return self.answer(job)


class JobAccept(_Step):
    """Content oneself with what was done."""

    @extend_schema(
        operation_id="jobs_accept", tags=["jobs"], request=None, responses=JobOutput, examples=_ANSWER
    )
    def post(self, request: Request, job: str) -> Response:
        """Release a partly done job as it is, or send it to review where one is asked.

        It passes the gate first.
        """
        progress.accept(job=self.job(job), by=self.by)
        return self.answer(job)


class JobRecall(_Step):
    """Call results back."""

    needs = {"POST": (Permission.RECALL_RESULTS,)}

    @extend_schema(
        operation_id="jobs_recall",
        tags=["jobs"],
        request=RecallInput,
        responses=JobOutput,
        examples=[sent("A reason", {"reason": "The photo was of somebody else."}), *_ANSWER],
    )
    def post(self, request: Request, job: str) -> Response:
        """Call the results of a job back: nobody reads them any more, and recipients of exports are told.

        It cannot be undone, so a key needs the scope `recall_results` by name.
        """
        found = self.job(job)
        recalls.recall(job=found, because=self.read(RecallInput)["reason"], by=self.by)
        return self.answer(job)
