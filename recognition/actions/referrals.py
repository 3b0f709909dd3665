"""A job that the rules referred to the compliance office: decided by an officer, then run or refused."""

from __future__ import annotations

from compliance.actions import referrals
from compliance.models import Case
from compliance.policy.vocabulary import Gate
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import rulings
from recognition.actions import holds, jobs
from recognition.models import Job, JobStatus


def decide(*, case: Case, approve: bool, reasons: str, by: Actor) -> Job:
    """Decide on a referred job and carry the decision out.

    The decision is committed first and binds: every later gate of the job asks for it. A rule that refuses
    by now stops the job all the same.

    Raises:
        NotFound: The case is not about a job.
        Refused: `not_assigned`, `own_organization`, `self_review`; or the rule that refuses the job now.
        InvalidInput: `reasons_missing`, `not_a_referral`.
    """
    job_id = parse_public_id(Job.PREFIX, case.subject)
    referrals.decide(case=case, approve=approve, reasons=reasons, by=by)
    with tenant_scope(case.organization_id):
        job: Job = Job.objects.get(pk=job_id)
        if not approve and job.status == JobStatus.AWAITING_APPROVAL:
            jobs.conclude(job, JobStatus.REFUSED, refused_by="officer")
            jobs.record(job, "job.declined", by, reason="officer")
    if approve and job.status == JobStatus.HELD:
        holds.review_hold(job=job, gallery=rulings.gallery_of(job), by=by)
    if approve and job.status == JobStatus.AWAITING_APPROVAL:
        jobs.queue_if_let_through(job, rulings.rule_for(job, gate=Gate.DISPATCH, by=by), by)
    return job
