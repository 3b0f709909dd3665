"""One shard, from claim to committed results.

The gate rules before the engine looks at a face, and again the transaction that writes results commits only
under unchanged epochs, within the ruling's time and with the lease still its own. So nothing is written
after a stop, an expiry or a suspension, however long the engine took.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate
from portal.common.envelope import DataKey
from portal.common.errors import Conflict
from portal.tenancy import secrets
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import ledger, rulings, search, storage, writing
from recognition.actions import holds, jobs
from recognition.engine.types import ImageResult
from recognition.ledger import Claim
from recognition.models import Gallery, Item, ItemStatus, Job, JobKind, JobStatus, ShardState
from recognition.search import Matrix
from recognition.writing import EngineLike, Outcome

LOOK_EVERY = 0.5  # seconds between looks at the epochs while the engine runs
ENGINE = Actor.system("engine")


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
    """Do one claimed shard: results written once, or nothing written and the shard given back or held."""
    work = _open(claim)
    if work is None:
        return
    ruling = _pass_gates(work)
    if ruling is None:
        return
    try:
        outcomes = _recognize(work, engine, _watch(claim, ruling))
        _commit(work, outcomes, ruling, engine.pipeline_id)
    except Stopped:
        ledger.give_back(claim)


def fail_as_poison(claim: Claim) -> None:
    """Fail the single item of a shard that killed its worker each time."""
    with tenant_scope(claim.organization_id):
        job = _locked_job(claim)
        if not ledger.lock(claim):
            return
        item = Item.objects.get(job=job, position=claim.first)
        writing.fail(item, "poison")
        _close(claim, job)


def _open(claim: Claim) -> Work | None:
    """Read what a shard needs; None when its job is not to be done now, and the shard was put aside."""
    with tenant_scope(claim.organization_id):
        job = Job.objects.get(pk=claim.job_id)
        if job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
            held = job.status == JobStatus.HELD
            ledger.give_back(claim, ShardState.HELD if held else ShardState.CANCELLED)
            return None
        gallery = Gallery.objects.get(pk=job.gallery_id) if job.gallery_id else None
        items = Item.objects.filter(
            job=job, position__gte=claim.first, position__lte=claim.last, status=ItemStatus.WAITING
        )
        return Work(
            claim, job, gallery, list(items.select_related("image")), secrets.data_key(claim.organization_id)
        )


def _pass_gates(work: Work) -> RulingRecord | None:
    """Pass the gate at dispatch, where this is the job's first shard, and the one of every shard.

    Returns:
        The ruling under which the shard may be done; None where one held the job.
    """
    gates_ahead = [Gate.DISPATCH, Gate.SHARD] if work.job.status == JobStatus.QUEUED else [Gate.SHARD]
    ruling = None
    for gate in gates_ahead:
        ruling = rulings.rule(work.job, work.gallery, gate=gate, by=ENGINE)
        if not rulings.lets_through(ruling):
            _hold(work, ruling)
            return None
    _start(work)
    return ruling


def _start(work: Work) -> None:
    with tenant_scope(work.claim.organization_id):
        jobs.start(_locked_job(work.claim), by=ENGINE)


def _hold(work: Work, ruling: RulingRecord) -> None:
    """Hold the job under the ruling, unless another worker just did."""
    with suppress(Conflict):
        holds.hold(job=work.job, reason="policy", ruling=ruling.public_id, rule=ruling.rule, by=ENGINE)
    ledger.give_back(work.claim, ShardState.HELD)
    ledger.note_epochs(work.job.pk, rulings.epochs(ruling))


def _recognize(work: Work, engine: EngineLike, between_batches: Callable[[], None]) -> list[Outcome]:
    by_key = {str(item.pk): item for item in work.items}
    found = list(engine.run(_sources(work), between_batches=between_batches))
    pairs = [(by_key[result.key], result) for result in found]
    if work.job.kind != JobKind.SEARCH:
        return [Outcome(item, result) for item, result in pairs]
    return _search(work, pairs)


def _sources(work: Work) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for item in work.items:
        yield str(item.pk), _reader(item, work.key)


def _reader(item: Item, key: DataKey) -> Callable[[], bytes]:
    image = item.image
    return lambda: storage.get(image.path, key=key, owner=image.pk)


def _search(work: Work, pairs: list[tuple[Item, ImageResult]]) -> list[Outcome]:
    gallery = work.gallery
    if gallery is None:
        raise RuntimeError("A search without a gallery cannot be stored, so it cannot be run.")
    with tenant_scope(work.claim.organization_id):
        gallery.refresh_from_db()
        matrix: Matrix = search.matrix(gallery, work.key)
    return [Outcome(item, result, writing.hits_of(result, matrix, work.job)) for item, result in pairs]


def _watch(claim: Claim, ruling: RulingRecord) -> Callable[[], None]:
    """Return the look that the engine takes between its batches."""
    looked = time.monotonic()

    def look() -> None:
        nonlocal looked
        if time.monotonic() - looked < LOOK_EVERY:
            return
        looked = time.monotonic()
        changed = gates.current_epochs(claim.organization_id) != rulings.epochs(ruling)
        if changed or not ledger.renew(claim):
            raise Stopped

    return look


def _commit(work: Work, outcomes: list[Outcome], ruling: RulingRecord, pipeline: str) -> None:
    with tenant_scope(work.claim.organization_id):
        epochs = gates.lock_epochs_for_share(work.claim.organization_id)
        job = _locked_job(work.claim)
        mine = ledger.lock(work.claim) and job.status == JobStatus.RUNNING
        if not mine or not gates.still_stands(ruling, epochs, approved=True):
            raise Stopped
        writing.write(job, work.gallery, outcomes, work.key, pipeline)
        _close(work.claim, job)


def _locked_job(claim: Claim) -> Job:
    """Lock the job, so that of two workers finishing at once one sees the other's shard as done."""
    job: Job = Job.objects.select_for_update(of=("self",)).get(pk=claim.job_id)
    return job


def _close(claim: Claim, job: Job) -> None:
    ledger.finish(claim)
    if job.status == JobStatus.RUNNING and not ledger.unfinished(job.pk):
        jobs.finish(job, by=ENGINE)
