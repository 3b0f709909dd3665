"""Reading, judging and exporting results: every read stands behind the fourth gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from compliance.actions import gate as gates
from compliance.models import RulingRecord
from compliance.policy.limits import RECIPIENT_NOT_NAMED
from compliance.policy.vocabulary import Gate
from compliance.stated import named_recipients
from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import rulings
from recognition.actions import holds, progress
from recognition.actions.rows import describe, withhold_unreviewed
from recognition.models import (
    Adjudication,
    Candidate,
    CandidateStatus,
    ExportRecord,
    Item,
    Job,
    JobStatus,
)
from recognition.states import CANDIDATE, JOB, READABLE

_REVIEWED_FIRST = READABLE - {JobStatus.RELEASED}
LONGEST_RECIPIENT = 200
_CHUNK = 500  # items read in one scope while an export streams
THIRD = 3  # after a disagreement of two, the third reviewer decides
VERDICTS = frozenset({CandidateStatus.LEAD, CandidateStatus.REJECTED, CandidateStatus.INCONCLUSIVE})


@dataclass(frozen=True)
class Export:
    """An export that was recorded, and its rows, read as they are taken."""

    id: str
    ruling: str
    rows: Iterator[dict[str, Any]]


def open_results(*, job: Job, by: Actor) -> RulingRecord:
    """Pass the release gate for a read of a job's results. Call outside any scope, before each read.

    Results that a rule closed are open again as soon as none does.

    Raises:
        Conflict: `not_released`, while the job has no results to show, or they wait for review; `purged`.
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
        _require_open(job)
        audit.record(
            verb="results.viewed",
            actor=by,
            target=job,
            organization=job.organization_id,
            ruling=ruling.public_id,
        )
    return ruling


def adjudicate(*, candidate: Candidate, verdict: str, reason: str, by: Actor) -> Adjudication:
    """Judge a candidate as a trained reviewer; where two are asked for, the candidate moves when they agree.

    Raises:
        Refused: `training_missing`; or the rule that closes the results now.
        InvalidInput: `verdict_unknown`, `reason_missing`.
        Conflict: `adjudicated_already`, by this reviewer; `state_changed`, decided meanwhile.
    """
    require(by, Permission.ADJUDICATE, organization=candidate.organization_id)
    _require_training(candidate.organization_id, by)
    if verdict not in VERDICTS:
        raise InvalidInput("verdict_unknown", "Choose lead, rejected or inconclusive.", field="verdict")
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say in a sentence what you compared.", field="reason")
    with tenant_scope(candidate.organization_id):
        job = Job.objects.get(pk=Item.objects.values_list("job", flat=True).get(pk=candidate.item_id))
    ruling = open_results(job=job, by=by)
    with tenant_scope(candidate.organization_id):
        _require_standing(ruling)
        # The job first: of two reviewers who judge its last candidates, one sees what the other said.
        job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
        _require_open(job)
        locked = Candidate.objects.select_for_update().get(pk=candidate.pk)
        made = _add(locked, verdict, reason.strip(), by)
        _settle(locked, job)
        _release_when_reviewed(job, by)
    return made


def export(*, job: Job, recipient: str, format_: str, by: Actor) -> Export:
    """Export a job's results to a named recipient; the rows stream, a chunk of items at a time.

    Where the rules ask for review, candidates that nobody judged are left out and counted (`unreviewed`).

    Raises:
        InvalidInput: `recipient_missing`, `recipient_too_long`.
        Conflict: `not_released`.
        Refused: The rule that closes the results now, or `recipient-not-named`, where the grant lets results
            go to named recipients only.
    """
    require(by, Permission.EXPORT, organization=job.organization_id)
    if not recipient.strip():
        raise InvalidInput("recipient_missing", "Name who receives the export.", field="recipient")
    if len(recipient.strip()) > LONGEST_RECIPIENT:
        sentence = f"The recipient's name has at most {LONGEST_RECIPIENT} characters."
        raise InvalidInput("recipient_too_long", sentence, field="recipient")
    ruling = open_results(job=job, by=by)
    with tenant_scope(job.organization_id):
        _require_named(ruling, recipient)
        made = ExportRecord.objects.create(
            organization_id=job.organization_id,
            job=job,
            recipient=recipient.strip(),
            format=format_,
            ruling=ruling.public_id,
            exported_by=by.id,
        )
        audit.record(
            verb="results.exported",
            actor=by,
            target=job,
            organization=job.organization_id,
            export=made.public_id,
            format=format_,
            rows=job.total,
            ruling=ruling.public_id,
        )
    lines = rows(job, ruling)
    if job.review != "none":
        lines = map(withhold_unreviewed, lines)
    return Export(made.public_id, ruling.public_id, lines)


def _require_named(ruling: RulingRecord, recipient: str) -> None:
    """Let results go only to the recipients that the grant names, where it names any. In scope."""
    names = named_recipients(ruling.demands)
    if names is not None and recipient.strip().casefold() not in {name.casefold() for name in names}:
        sentence = f"The grant lets results go to named recipients only: {', '.join(names) or 'nobody'}."
        raise rulings.refusal(ruling, code=RECIPIENT_NOT_NAMED, sentence=sentence, field="recipient")


def rows(job: Job, ruling: RulingRecord) -> Iterator[dict[str, Any]]:
    """Yield one row an item, with its faces and candidates; memory stays flat whatever the job's size.

    Args:
        job: Whose results.
        ruling: What `open_results` returned for this read; looked at again before each chunk.

    Raises:
        Refused: `results_closed`, the ruling no longer stands: what came before was read under it.
    """
    after = -1
    while True:
        with tenant_scope(job.organization_id):
            _require_standing(ruling)
            _require_open(job)
            items = list(
                Item.objects.filter(job=job, position__gt=after)
                .select_related("image")
                .order_by("position")[:_CHUNK]
            )
            made = describe(job, items)
        if not items:
            return
        after = items[-1].position
        yield from made


def _require_readable(job: Job, by: Actor) -> None:
    if job.purged_at is not None:  # else nothing found would read as nobody found
        raise Conflict("purged", "The results of this job were destroyed when their time was over.")
    closed = job.status == JobStatus.HELD and job.held_reason == "policy"
    status = job.held_from if closed else job.status
    waits = job.review == "before_release" and status in _REVIEWED_FIRST and _waits_for_review(job)
    if waits and not by.may(Permission.ADJUDICATE):
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
        return bool(Candidate.objects.filter(item__job=job, status=CandidateStatus.CANDIDATE).exists())


def _require_standing(ruling: RulingRecord) -> None:
    """Go on only under a ruling that still stands, held against change until the transaction ends.

    Raises:
        Refused: `results_closed`.
    """
    epochs = gates.lock_epochs_for_share(ruling.organization_id)
    if not gates.still_stands(ruling, epochs, approved=True):
        raise Refused("results_closed", "What this may be read under changed meanwhile. Open it again.")


def _require_open(job: Job) -> None:
    """Go on only while nobody has held, recalled or purged the results meanwhile.

    Raises:
        Refused: `results_closed`.
    """
    status = Job.objects.values_list("status", flat=True).get(pk=job.pk)
    if status not in READABLE:
        raise Refused("results_closed", "These results were closed meanwhile. Open the job to see why.")


def _close(job: Job, ruling: RulingRecord, by: Actor) -> None:
    """Hold released results that a rule closes now, unless somebody just did."""
    if not JOB.allows(job.status, JobStatus.HELD):
        return
    with suppress(Conflict):
        holds.hold(job=job, reason="policy", ruling=ruling.public_id, rule=ruling.rule, by=by)


def _require_training(organization_id: UUID, by: Actor) -> None:
    own = Membership.objects.filter(organization=organization_id, user=by.user_id, ended_at=None)
    if not own.exclude(trained_on=None).exists():
        raise Refused(
            "training_missing",
            "Reviewers judge candidates after training. Ask an administrator to record yours.",
        )


def _add(candidate: Candidate, verdict: str, reason: str, by: Actor) -> Adjudication:
    if candidate.status != CandidateStatus.CANDIDATE:
        raise Conflict("state_changed", "This candidate was judged while you were looking at it.")
    if Adjudication.objects.filter(candidate=candidate, reviewer=by.user_id).exists():
        raise Conflict(
            "adjudicated_already", "You have judged this candidate. Somebody else has to be the second."
        )
    made: Adjudication = Adjudication.objects.create(
        organization_id=candidate.organization_id,
        candidate=candidate,
        reviewer_id=by.user_id,
        verdict=verdict,
        reason=reason,
    )
    audit.record(
        verb="candidate.adjudicated",
        actor=by,
        target=candidate,
        organization=candidate.organization_id,
        verdict=verdict,
    )
    return made


def _settle(candidate: Candidate, job: Job) -> None:
    verdicts = Adjudication.objects.filter(candidate=candidate).values_list("verdict", flat=True)
    verdict = agreed(list(verdicts), job.reviewers)
    if verdict:
        move(candidate, verdict, table=CANDIDATE)


def agreed(verdicts: list[str], needed: int) -> str | None:
    """Return the verdict that reviewers reached, None while more are needed.

    Args:
        verdicts: What each said.
        needed: How many have to agree. When three disagree, the candidate is inconclusive.
    """
    if not verdicts:
        return None
    verdict, count = Counter(verdicts).most_common(1)[0]
    if count >= needed:
        return verdict
    return str(CandidateStatus.INCONCLUSIVE) if len(verdicts) >= THIRD else None


def _release_when_reviewed(job: Job, by: Actor) -> None:
    """Release a job whose last candidate was judged, inside the caller's scope."""
    if job.status != JobStatus.AWAITING_REVIEW:
        return
    waiting = Candidate.objects.filter(item__job=job, status=CandidateStatus.CANDIDATE)
    if not waiting.exists():
        progress.release(job, by=by)
