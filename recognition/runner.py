"""One shard, from claim to committed results.

The gate rules before the engine looks at a face, and again the transaction that writes results commits only
under unchanged epochs, within the ruling's time and with the lease still its own. So nothing is written
after a stop, an expiry or a suspension, however long the engine took.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import F

from compliance.actions import gate as gates
from compliance.actions.gate import Epochs
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate
from portal.common.envelope import DataKey, KeyServiceSilent
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy import secrets
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import ends, ledger, pairs, probes, reembedding, rulings, search, sources, usage, writing
from recognition.actions import demands, holds, jobs, progress
from recognition.engine.types import ImageResult
from recognition.fences import COMMIT_TAKES, leave_nothing_but_the_commit, telling_of_stalls
from recognition.ledger import Claim
from recognition.models import Gallery, Item, ItemStatus, Job, JobKind, JobStatus, ShardState
from recognition.writing import EngineLike, Outcome

LOOK_EVERY = 0.5  # seconds between looks at the epochs while the engine runs
ENGINE = Actor.system("engine")
Outcomes = list[Outcome] | list[pairs.Outcome] | list[probes.Outcome]
_AT_WORK = (JobStatus.QUEUED, JobStatus.RUNNING)
logger = logging.getLogger(__name__)


class Stopped(Exception):
    """The shard may not go on: its lease was lost, or a ruling is needed under new epochs."""


@dataclass(frozen=True)
class Work:
    """A shard's job and items, opened."""

    claim: Claim
    job: Job
    gallery: Gallery | None
    items: list[Item]
    key: DataKey


def run(claim: Claim, engine: EngineLike) -> None:
    """Do one claimed shard: results written once, or nothing written and the shard given back or held.

    A shard that breaks is given up with its attempt counted, as if its worker had died; not so where the
    database went away or is full, or the key service is silent, which no photo is to blame for.

    Raises:
        OperationalError, InterfaceError: The database could not be written, or cut this process off when it
            stalled; the caller gives the shard back.
        KeyServiceSilent: So too.
    """
    try:
        _run(claim, engine)
    except Stopped:
        ledger.give_back(claim)
        rulings.close_if_ended(claim.organization_id, claim.job_id)
    except (OperationalError, InterfaceError, KeyServiceSilent):
        raise
    except Exception:  # whatever one shard does must not leave it leased, nor end the worker
        logger.exception("A shard broke", extra={"shard": str(claim.shard_id), "attempt": claim.attempt})
        take_over(claim)


def take_over(claim: Claim) -> None:
    """Give up a shard that was lost or broke: it is tried again, split, and in the end fails alone."""
    with tenant_scope(claim.organization_id):
        Job.objects.filter(pk=claim.job_id).update(recoveries=F("recoveries") + 1)
    if ledger.take_over(claim):
        _fail_as_poison(claim)


def _run(claim: Claim, engine: EngineLike) -> None:
    work = _open(claim)
    if work is None:
        return
    passed = _pass_gates(work)
    if passed is None:
        return
    work, ruling = passed
    outcomes = _recognize(work, engine, _watch(claim, ruling))
    with telling_of_stalls():
        _commit(work, outcomes, ruling, engine.pipeline_id)


def _fail_as_poison(claim: Claim) -> None:
    """Fail the single item of a shard that killed its worker each time; not while its job is held."""
    with tenant_scope(claim.organization_id):
        job = _locked_job(claim)
        if not ledger.lock(claim):
            return
        if job.status == JobStatus.HELD:
            ledger.give_back(claim, ShardState.HELD)
            return
        item = Item.objects.get(job=job, position=claim.first)
        ends.fail(item, "poison")
        _close(claim, job)


def _open(claim: Claim) -> Work | None:
    """Read what a shard needs; None when its job is not to be done now, and the shard was put aside.

    The job is locked, so that nobody lets a held job go on between the look and the putting aside.
    """
    with tenant_scope(claim.organization_id):
        job = _locked_job(claim)
        if job.status not in _AT_WORK:
            held = job.status == JobStatus.HELD
            ledger.give_back(claim, ShardState.HELD if held else ShardState.CANCELLED)
            return None
        gallery = Gallery.objects.get(pk=job.gallery_id) if job.gallery_id else None
        if gallery and gallery.deleted_at:
            jobs.end(job, by=ENGINE)
            return None
        items = Item.objects.filter(
            job=job, position__gte=claim.first, position__lte=claim.last, status=ItemStatus.WAITING
        )
        return Work(
            claim,
            job,
            gallery,
            list(items.select_related("image", "second")),
            secrets.data_key(claim.organization_id),
        )


def _pass_gates(work: Work) -> tuple[Work, RulingRecord] | None:
    """Pass the gate at dispatch, where this is the job's first shard, and the one of every shard.

    Returns:
        The work under the demands of the ruling, and the ruling; None where the job was held.
    """
    if ended := keys.ended(work.job.submitted_by):
        _hold(work, "tenant", rule=ended, ruling=work.job.ruling)
        return None
    if work.job.status == JobStatus.QUEUED and _pass(work, Gate.DISPATCH) is None:
        return None
    ruling = _pass(work, Gate.SHARD)
    return (_start(work, ruling), ruling) if ruling else None


def _pass(work: Work, gate: Gate) -> RulingRecord | None:
    """Pass one gate; None where its ruling held the job."""
    ruling = rulings.rule(work.job, work.gallery, gate=gate, by=ENGINE)
    if rulings.lets_through(ruling):
        return ruling
    if _hold(work, "policy", rule=ruling.rule, ruling=ruling.public_id):
        holds.refer(ruling, by=ENGINE)
        ledger.note_epochs(work.job.pk, rulings.epochs(ruling))
    return None


def _start(work: Work, ruling: RulingRecord) -> Work:
    with tenant_scope(work.claim.organization_id):
        job = _locked_job(work.claim)
        if job.status not in _AT_WORK:
            raise Stopped
        progress.start(job, by=ENGINE)
        demands.tighten(job, ruling, work.gallery)
    return replace(work, job=job)


def _hold(work: Work, reason: str, *, rule: str, ruling: str) -> bool:
    """Hold the job with its shards; False where somebody moved the job meanwhile.

    The shard is given back first and held with the others: where another worker moved the job, it stays
    ready and is looked at anew.
    """
    ledger.give_back(work.claim)
    try:
        holds.hold(job=work.job, reason=reason, ruling=ruling, rule=rule, by=ENGINE)
    except Conflict:
        rulings.close_if_ended(work.claim.organization_id, work.claim.job_id)
        return False
    return True


def _recognize(work: Work, engine: EngineLike, between_batches: Callable[[], None]) -> Outcomes:
    if work.job.of_subject and work.gallery is not None:
        with tenant_scope(work.claim.organization_id):
            work.gallery.refresh_from_db()
            made = probes.outcomes(work.job, work.gallery, work.items, work.key)
            _require_unswitched(work.gallery)
            return made
    found = {
        result.key: result
        for result in engine.run(sources.of(work.items, work.key), between_batches=between_batches)
    }
    if work.job.kind == JobKind.COMPARE:
        return pairs.outcomes(work.items, found, engine.pipeline_id)
    results = [(item, found[pairs.key_of(item, 0)]) for item in work.items]
    if work.job.kind != JobKind.SEARCH:
        return [Outcome(item, result) for item, result in results]
    return _search(work, results, engine.pipeline_id)


def _search(work: Work, results: list[tuple[Item, ImageResult]], pipeline: str) -> list[Outcome]:
    gallery = work.gallery
    if gallery is None:
        raise RuntimeError("A search without a gallery cannot be stored, so it cannot be run.")
    with tenant_scope(work.claim.organization_id):
        gallery.refresh_from_db()
        if gallery.pipeline not in ("", pipeline):  # templates of two models say nothing about each other
            return [Outcome(item, result, reason=ends.MODEL_MISMATCH) for item, result in results]
        threshold, most = work.job.threshold, work.job.max_candidates
        photos = [result for _, result in results]
        try:
            hits = search.of_photos(gallery, work.key, photos, threshold=threshold, most=most)
        except InvalidInput as error:  # the pipeline was never calibrated: no similarity can be said
            return [Outcome(item, result, reason=error.code) for item, result in results]
        _require_unswitched(gallery)
    return [Outcome(item, result, own) for (item, result), own in zip(results, hits, strict=True)]


def _require_unswitched(gallery: Gallery) -> None:
    """Stop where the gallery went to another pipeline while its faces were read: none may have been seen."""
    if not Gallery.objects.filter(pk=gallery.pk, pipeline=gallery.pipeline).exists():
        raise Stopped


def _watch(claim: Claim, ruling: RulingRecord) -> Callable[[], None]:
    """Return the look that the engine takes between its batches: for new epochs, an end by date, a hold."""
    looked = time.monotonic()

    def look() -> None:
        nonlocal looked
        if time.monotonic() - looked < LOOK_EVERY:
            return
        looked = time.monotonic()
        changed = gates.current_epochs(claim.organization_id) != rulings.epochs(ruling)
        if changed or rulings.over(ruling) or not ledger.renew(claim):
            raise Stopped

    return look


def _commit(work: Work, outcomes: Outcomes, ruling: RulingRecord, pipeline: str) -> None:
    with tenant_scope(work.claim.organization_id):
        epochs = gates.lock_epochs_for_share(work.claim.organization_id)
        job = _locked_job(work.claim)
        mine = ledger.lock(work.claim) and job.status == JobStatus.RUNNING
        if not mine or not _may_write(work, ruling, epochs):
            raise Stopped
        _write(replace(work, job=job), outcomes, ruling, pipeline)
        _close(work.claim, job)
        leave_nothing_but_the_commit()
        # Writing took time, in which the ruling or the key may have ended.
        if not _may_write(work, ruling, epochs, ahead=COMMIT_TAKES):
            raise Stopped


def _write(work: Work, outcomes: Outcomes, ruling: RulingRecord, pipeline: str) -> None:
    if work.job.of_subject and work.gallery is not None:
        searched = [one for one in outcomes if isinstance(one, probes.Outcome)]
        probes.write(work.job, work.gallery, searched)
        return
    compared = [one for one in outcomes if isinstance(one, pairs.Outcome)]
    if work.job.kind == JobKind.COMPARE:
        pairs.write(work.job, compared)
        return
    found = [one for one in outcomes if isinstance(one, Outcome)]
    if work.job.reembeds_to and work.gallery is not None:
        reembedding.write(work.job, work.gallery, found, work.key, pipeline)
        return
    most_faces = ruling.demands.gallery_faces
    writing.write(work.job, work.gallery, found, work.key, pipeline, most_faces=most_faces)


def _may_write(work: Work, ruling: RulingRecord, epochs: Epochs, ahead: timedelta = timedelta()) -> bool:
    """Whether results may be written now, and until `ahead` from now: that runs from the last look on."""
    if work.gallery is not None and not Gallery.objects.in_use().filter(pk=work.gallery.pk).exists():
        return False
    if not gates.still_stands(ruling, epochs, approved=True):
        return False
    return not keys.ended(work.job.submitted_by, ahead=ahead) and not rulings.over(ruling, ahead=ahead)


def _locked_job(claim: Claim) -> Job:
    """Lock the job, so that of two workers finishing at once one sees the other's shard as done."""
    job: Job = Job.objects.select_for_update(of=("self",)).get(pk=claim.job_id)
    return job


def _close(claim: Claim, job: Job) -> None:
    ledger.finish(claim)
    usage.count(job, claim)
    if job.status in _AT_WORK and not ledger.unfinished(job.pk):
        progress.start(job, by=ENGINE)  # one whose only item never let it begin ends all the same
        progress.finish(job, by=ENGINE)
