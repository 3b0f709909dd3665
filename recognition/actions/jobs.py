"""Submitting, approving and ending jobs. Each step that lets one run passes the gate first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Coalesce, Least, Now

from compliance.actions import cases, referrals
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate, Outcome
from portal.audit import actions as audit
from portal.common.errors import Conflict, DomainError, Refused
from portal.common.ids import uuid7
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import client, grants, ledger, quotas, reembedding, rulings
from recognition.actions import demands, images, naming, orders
from recognition.actions.images import Photo, Received
from recognition.actions.orders import Order
from recognition.models import FoundFace, Item, ItemStatus, Job, JobKind, JobStatus
from recognition.states import JOB, READABLE

_BULK = 1_000


def submit(*, organization: Organization, order: Order, received: Received, by: Actor) -> Job:
    """Submit a job: ruled on first, then refused, referred to an officer, or queued.

    Args:
        organization: Whose job.
        order: What is asked for.
        received: The photos, and the files that were not taken.
        by: The submitter.

    Raises:
        InvalidInput: `no_images`, `too_many_images`, `threshold_range`, `subject_missing`,
            `image_source_differs`, …
        Refused: The rule's id, with `ruling` and `job` in the detail; the job is kept as refused. A key that
            exceeds what it is bound to: `other_purpose`, `other_end_user`. `gallery_purpose`, before any
            ruling: the gallery was made for another purpose. `case_record_missing`: a search for a person
            that names no case.
        Refused: `quota_waiting_items`, `quota_items_a_day`, before any ruling.
        Conflict: `case_closed`, the case it names has ended.
    """
    require(by, Permission.SUBMIT_JOBS, organization=organization)
    orders.check(order, received.photos)
    with tenant_scope(organization):
        if order.gallery is not None:
            grants.require_use(by, order.gallery)
        if not order.reembeds_to:  # it is of no case, whatever those were of that enrolled the faces
            naming.check(order.purpose, order.facts)
        quotas.require_room_for_items(len(received.photos))
    job = _draft(organization, order, received, by)
    ruling = rulings.rule(job, order.gallery, gate=Gate.SUBMIT, by=by)
    demands.apply(job, ruling, order.gallery)
    _keep(job, ruling, received, by)
    if job.status == JobStatus.REFUSED:
        raise _refusal(job, ruling, orders.exceeded(order, by))
    return job


def submit_fresh(*, organization: Organization, order: Order, received: Received, by: Actor) -> Job:
    """Submit a job on photos received for it alone; where no job comes of it they are destroyed.

    Raises:
        DomainError: As for `submit`.
    """
    try:
        return submit(organization=organization, order=order, received=received, by=by)
    except DomainError as error:
        if "job" not in error.detail:
            images.discard(received, by=by)
        raise


def approve(*, job: Job, by: Actor) -> None:
    """Let a waiting job run: a tenant's approver who did not submit it.

    Raises:
        Refused: `own_job`; or the rule that refuses it now.
        Conflict: `needs_officer`, where the ruling was referred to the compliance office.
    """
    require(by, Permission.APPROVE_JOBS, organization=job.organization_id)
    if by.id == job.submitted_by:
        raise Refused("own_job", "Somebody else has to approve a job that you submitted.")
    queue_if_let_through(job, rulings.rule_for(job, gate=Gate.DISPATCH, by=by), by)


def decline(*, job: Job, reason: str, by: Actor) -> None:
    """Refuse a waiting job as its approver."""
    require(by, Permission.APPROVE_JOBS, organization=job.organization_id)
    with tenant_scope(job.organization_id):
        fields = {"refused_by": "approver", "declined_because": reason.strip()}
        conclude(job, JobStatus.REFUSED, **fields)
        record(job, "job.declined", by, reason="approver")
        referrals.withdraw(job.public_id, organization=job.organization_id, by=by)


def cancel(*, job: Job, by: Actor) -> None:
    """End a job; what is done stays, what waits is never done.

    Raises:
        Conflict: `done_already`, its results are held: they are recalled, not cancelled.
    """
    require(by, Permission.SUBMIT_JOBS, organization=job.organization_id)
    if job.status == JobStatus.HELD and job.held_from in READABLE:
        raise Conflict("done_already", "The work of this job is done. Its results can be recalled instead.")
    with tenant_scope(job.organization_id):
        end(job, by=by)


def end(job: Job, *, by: Actor) -> None:
    """Cancel a job with its shards, inside the caller's scope."""
    waited = job.status == JobStatus.AWAITING_APPROVAL
    conclude(job, JobStatus.CANCELLED)
    record(job, "job.cancelled", by)
    if waited:
        referrals.withdraw(job.public_id, organization=job.organization_id, by=by)


def conclude(job: Job, to: JobStatus, **fields: Any) -> None:
    """Move a job to an end: its shards are over and its rulings closed. Inside the caller's scope."""
    kept = Least("retention_days", Value(job.days_kept(to)))  # a rule may have asked for less meanwhile
    ended = {"finished_at": Coalesce(F("finished_at"), Now()), "retention_days": kept}
    move(job, to, table=JOB, **ended | fields)
    ledger.cancel(job.pk)
    rulings.close(job)
    reembedding.drop(job, to)


def retry(*, job: Job, by: Actor) -> int:
    """Put failed items back and run the job again; it passes the gate first. Returns how many.

    Raises:
        Conflict: `nothing_failed`; `purged`, the photos are gone.
        Refused: The rule that refuses it now.
    """
    require(by, Permission.SUBMIT_JOBS, organization=job.organization_id)
    if job.purged_at is not None:
        raise Conflict("purged", "The photos of this job were destroyed. Submit a new one.")
    ruling = _rule_again(job, by)
    with tenant_scope(job.organization_id):
        failed = Item.objects.filter(job=job, status=ItemStatus.FAILED)
        pieces = _pieces(failed)
        if not pieces:
            raise Conflict("nothing_failed", "No item of this job failed.")
        done = Item.objects.filter(job=job).counts()[ItemStatus.DONE]
        move(job, JobStatus.QUEUED, table=JOB, finished_at=None, done=done, failed=0)
        ledger.cancel(job.pk)  # of a job that has ended none is open; no item may stand in two shards
        FoundFace.objects.filter(item__in=failed.values("pk")).delete()
        failed.update(status=ItemStatus.WAITING, reason="", second_reason="", done_at=None, retried=True)
        record(job, "job.retried", by, items=len(pieces))
        _plan(job, pieces, ruling, by)
    return len(pieces)


def _draft(organization: Organization, order: Order, received: Received, by: Actor) -> Job:
    return Job(
        id=uuid7(),
        organization=organization,
        kind=order.kind,
        gallery=order.gallery,
        of_subject=order.subject is not None,
        subject=order.subject,
        reembeds_to=order.reembeds_to,
        purpose=order.purpose,
        end_user_id=order.end_user_id,
        facts=dict(order.facts),
        threshold_asked=order.threshold,
        threshold=order.threshold,
        threshold_reason="asked",
        max_candidates=order.max_candidates,
        total=len(received.photos),
        rejected=received.rejected,
        submitted_by=by.id,
    )


def _refusal(job: Job, ruling: RulingRecord, exceeded: dict[str, str]) -> Refused:
    if job.refused_by == naming.MISSING:
        return Refused(naming.MISSING, naming.SENTENCE, job=job.public_id, field="case_reference")
    return rulings.refusal(ruling, **exceeded, job=job.public_id)


def _keep(job: Job, ruling: RulingRecord, received: Received, by: Actor) -> None:
    """Store a new job as its ruling wants it; one that cannot be stored leaves no open ruling."""
    try:
        with tenant_scope(job.organization_id):
            if ruling.outcome != Outcome.REFUSED and not job.reembeds_to:
                naming.claim(job, by)
            _write(job, received.photos)
            _settle(job, ruling, by)
            if job.status != JobStatus.REFUSED:
                quotas.claim_room_for_items(job.total)
    except Exception:
        with tenant_scope(job.organization_id):
            rulings.close(job)
        raise


def _write(job: Job, photos: Sequence[Photo]) -> None:
    images.hold_probes(photos)
    job.save(force_insert=True)
    items = [
        Item(
            organization_id=job.organization_id,
            job=job,
            position=position,
            image=photo.image,
            second=photo.second,
            probe=photo.probe,
            subject_name=photo.subject if job.kind == JobKind.ENROLL else "",
        )
        for position, photo in enumerate(photos)
    ]
    Item.objects.bulk_create(items, batch_size=_BULK)


def _settle(job: Job, ruling: RulingRecord, by: Actor) -> None:
    """Give a new job the status its ruling asks for, inside the caller's scope."""
    record(
        job,
        "job.submitted",
        by,
        kind=str(job.kind),
        items=job.total,
        ruling=ruling.public_id,
        outcome=str(ruling.outcome),
    )
    Job.objects.filter(pk=job.pk).update(ruling=ruling.public_id)
    job.ruling = ruling.public_id
    if ruling.outcome == Outcome.REFUSED:
        days = job.days_kept(JobStatus.REFUSED)
        fields = {"refused_by": ruling.rule, "finished_at": Now(), "retention_days": days}
        move(job, JobStatus.REFUSED, table=JOB, **fields)
    elif naming.names_none(job):
        conclude(job, JobStatus.REFUSED, refused_by=naming.MISSING)
    elif ruling.outcome == Outcome.REFERRED:
        move(job, JobStatus.AWAITING_APPROVAL, table=JOB, refused_by=ruling.rule)
        cases.open_referral(ruling, by=by)
    else:
        move(job, JobStatus.QUEUED, table=JOB)
        _plan(job, _pieces(_waiting(job)), ruling, by)


def _waiting(job: Job) -> Any:
    return Item.objects.filter(job=job, status=ItemStatus.WAITING)


def _pieces(items: Any) -> list[tuple[int, int]]:
    """Return position and pixels to look at of items: both photos of a pair, none of a face that is known."""
    known = When(probe__isnull=False, then=Value(0))
    first = Case(known, default=F("image__width") * F("image__height"), output_field=IntegerField())
    second = Coalesce(F("second__width") * F("second__height"), 0)
    rows = items.order_by("position").annotate(pixels=first + second)
    return list(rows.values_list("position", "pixels"))


def _plan(job: Job, pieces: list[tuple[int, int]], ruling: RulingRecord, by: Actor) -> None:
    epochs = rulings.epochs(ruling)
    shards = ledger.plan(
        organization_id=job.organization_id,
        job_id=job.pk,
        items=pieces,
        epochs=epochs,
        priority=job.priority,
        pipeline=reembedding.pipeline_for(job),
    )
    record(job, "job.queued", by, shards=len(shards))
    transaction.on_commit(lambda: client.wake(len(shards)))


def queue_if_let_through(job: Job, ruling: RulingRecord, by: Actor) -> None:
    """Queue a waiting job under a fresh ruling.

    Raises:
        Refused: The rule that refuses it now.
        Conflict: `needs_officer`, where the ruling is referred and no officer has approved.
    """
    if ruling.outcome == Outcome.REFUSED:
        raise rulings.refusal(ruling, job=job.public_id)
    if not rulings.lets_through(ruling):
        raise Conflict("needs_officer", "The compliance office has to decide on this first.")
    with tenant_scope(job.organization_id):
        fields = {"ruling": ruling.public_id, "approved_by": by.id, "refused_by": ""}
        move(job, JobStatus.QUEUED, table=JOB, **fields)
        record(job, "job.approved", by)
        _plan(job, _pieces(_waiting(job)), ruling, by)


def _rule_again(job: Job, by: Actor) -> RulingRecord:
    ruling = rulings.rule_for(job, gate=Gate.DISPATCH, by=by)
    if not rulings.lets_through(ruling):
        raise rulings.refusal(ruling, job=job.public_id)
    return ruling


def record(job: Job, verb: str, by: Actor, **payload: Any) -> None:
    """Record an event about a job, inside the caller's scope."""
    audit.record(verb=verb, actor=by, target=job, organization=job.organization_id, **payload)
