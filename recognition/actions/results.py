"""Reading results: every read stands behind the fourth gate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate, Review
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, NotFound, Refused
from portal.common.ids import parse_public_id
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import rulings
from recognition.actions import demands, holds, progress
from recognition.actions.rows import describe, withhold_unreviewed
from recognition.models import Candidate, CandidateStatus, Item, Job, JobStatus, Verification
from recognition.models.results import CandidateQuerySet
from recognition.models.verifications import VerificationQuerySet
from recognition.states import JOB, READABLE

_REVIEWED_FIRST = READABLE - {JobStatus.RELEASED}
_CHUNK = 500  # items read in one scope while a stream goes out
# Pictures of a page that was let through are not ruled on one by one, if they are asked for in this time.
SAME_LOOK = timedelta(minutes=15)


def open_results(*, job: Job, by: Actor) -> RulingRecord:
    """Pass the release gate for a read of a job's results. Call outside any scope, before each read.

    Results that a rule closed are open again as soon as none does. Where the ruling asks for more review than
    the job was submitted under, the job keeps the stricter from now on.

    Raises:
        Conflict: `not_released`, while the job has no results to show, or they wait for review; `purged`;
            `subject_erased`, of whom it was to search for nothing is left.
        Refused: The rule that closes them now; a released job is held.
    """
    require(by, Permission.VIEW_RESULTS, organization=job.organization_id)
    _require_readable(job, by)
    ruling = rulings.rule_for(job, gate=Gate.RELEASE, by=by)
    if not rulings.lets_through(ruling):
        _close(job, ruling, by)
        holds.refer(ruling, by=by)
        raise rulings.refusal(ruling, job=job.public_id)
    if job.status == JobStatus.HELD:
        holds.go_on(job, ruling, by=by)
    with tenant_scope(job.organization_id):
        require_open(job)
        demands.tighten_review(job, ruling)
        audit.record(
            verb="results.viewed",
            actor=by,
            target=job,
            organization=job.organization_id,
            ruling=ruling.public_id,
        )
    _require_readable(job, by)
    return ruling


def look_again(*, job: Job, under: str, by: Actor) -> RulingRecord:
    """Let a read go on under the ruling of the page it belongs to; where that cannot be, pass the gate anew.

    Args:
        job: Whose results.
        under: Public id of the ruling that `open_results` gave this reader for this job a moment ago.
        by: The reader.

    Raises:
        Conflict: As for `open_results`.
        Refused: As for `open_results`.
    """
    require(by, Permission.VIEW_RESULTS, organization=job.organization_id)
    _require_readable(job, by)
    return _fresh(job, under, by) or open_results(job=job, by=by)


def rows(job: Job, ruling: RulingRecord, *, item: UUID | None = None) -> Iterator[dict[str, Any]]:
    """Yield one row an item, with its faces and candidates; memory stays flat whatever the job's size.

    Candidates that nobody judged are marked so, and left out where review comes before release.

    Args:
        job: Whose results.
        ruling: What `open_results` returned for this read; looked at again before each chunk.
        item: Only this item.

    Raises:
        Refused: `results_closed`, the ruling no longer stands: what came before was read under it.
    """
    after = -1
    chosen = {} if item is None else {"pk": item}
    while True:
        with tenant_scope(job.organization_id):
            require_standing(ruling)
            require_open(job)
            items = list(
                Item.objects.filter(job=job, position__gt=after, **chosen)
                .select_related("image", "second")
                .order_by("position")[:_CHUNK]
            )
            made = describe(job, items)
        if not items:
            return
        after = items[-1].position
        yield from map(withhold_unreviewed, made) if job.review == Review.BEFORE_RELEASE else made


def candidates(job: Job, by: Actor) -> CandidateQuerySet:
    """Return the candidates of a job that an actor may see once it is open to them. In scope.

    Where review comes before release, what nobody judged yet (again) is the reviewers' alone.
    """
    found: CandidateQuerySet = Candidate.objects.filter(item__job=job)
    if job.review == Review.BEFORE_RELEASE and not judges(job, by):
        return found.exclude(status=CandidateStatus.CANDIDATE)
    return found


def verifications(job: Job, by: Actor) -> VerificationQuerySet:
    """Return what pairs of a job came to, as far as an actor may see it once it is open to them. In scope.

    Where review comes before release, pairs that wait for a judgment are the reviewers' alone.
    """
    found: VerificationQuerySet = Verification.objects.filter(item__job=job)
    if job.review == Review.BEFORE_RELEASE and not judges(job, by):
        return found.exclude(pk__in=found.unsettled().values("pk"))
    return found


def judges(job: Job, by: Actor) -> bool:
    """Tell whether an actor is among a job's reviewers.

    Whoever submitted a job is not, where review comes before release or takes two: what they hope to find
    shall not decide what others get to see.
    """
    strict = job.review == Review.BEFORE_RELEASE or job.reviewers > 1
    return by.may(Permission.ADJUDICATE) and not (strict and job.submitted_by == by.id)


def require_standing(ruling: RulingRecord) -> None:
    """Go on only under a ruling that still stands, held against change until the transaction ends.

    Raises:
        Refused: `results_closed`.
    """
    epochs = gates.lock_epochs_for_share(ruling.organization_id)
    if not gates.still_stands(ruling, epochs, approved=True):
        raise Refused("results_closed", "What this may be read under changed meanwhile. Open it again.")


def require_open(job: Job) -> None:
    """Go on only while nobody has held, recalled or purged the results meanwhile. In scope.

    Raises:
        Refused: `results_closed`.
    """
    status = Job.objects.values_list("status", flat=True).get(pk=job.pk)
    if status not in READABLE:
        raise Refused("results_closed", "These results were closed meanwhile. Open the job to see why.")


def _require_readable(job: Job, by: Actor) -> None:
    if job.purged_at is not None and job.subject_erased:
        sentence = (
            "Whom this job was to search for was erased, and with them what was found. It is no answer."
        )
        raise Conflict("subject_erased", sentence)
    if job.purged_at is not None:  # else nothing found would read as nobody found
        raise Conflict("purged", "The results of this job were destroyed when their time was over.")
    closed = job.status == JobStatus.HELD and job.held_reason == "policy"
    status = job.held_from if closed else job.status
    before = job.review == Review.BEFORE_RELEASE and status in _REVIEWED_FIRST
    if before and not judges(job, by) and _waits_for_review(job):
        raise Conflict(
            "not_released", "Reviewers have to judge the candidates before anybody else sees them."
        )
    if status not in READABLE:
        raise Conflict(
            "not_released", f"This job has no results to show: it is {job.get_status_display().lower()}."
        )


def _waits_for_review(job: Job) -> bool:
    """Whether a candidate waits for reviewers, which an erasure may have taken away."""
    with tenant_scope(job.organization_id):
        return progress.waits_for_review(job)


def _fresh(job: Job, under: str, by: Actor) -> RulingRecord | None:
    """Return the ruling of a look that is still the same one, if it is."""
    try:
        key = parse_public_id(RulingRecord.PREFIX, under)
    except NotFound:
        return None
    if job.status == JobStatus.HELD:
        return None
    with tenant_scope(job.organization_id):
        own = RulingRecord.objects.about(job.public_id).filter(pk=key, gate=Gate.RELEASE, made_for=by.id)
        ruling: RulingRecord | None = own.filter(made_at__gt=database_now() - SAME_LOOK).first()
        if ruling is None or not gates.still_stands(
            ruling, gates.current_epochs(job.organization_id), approved=True
        ):
            return None
    return ruling if rulings.lets_through(ruling) else None


def _close(job: Job, ruling: RulingRecord, by: Actor) -> None:
    """Hold released results that a rule closes now, unless somebody just did."""
    if not JOB.allows(job.status, JobStatus.HELD):
        return
    with suppress(Conflict):
        holds.hold(job=job, reason="policy", ruling=ruling.public_id, rule=ruling.rule, by=by)
