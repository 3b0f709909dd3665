"""Judging candidates and pairs: by trained people, blind to the similarity and to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.moments import day_in_words
from portal.common.states import move
from portal.tenancy import training
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import progress, results
from recognition.models import (
    Adjudication,
    CandidateStatus,
    Compared,
    Item,
    Job,
    JobStatus,
    Judged,
    Verdict,
    Verification,
)
from recognition.models.verifications import reference
from recognition.states import CANDIDATE


def adjudicate(
    *, candidate: Judged, verdict: str, compared: Collection[str], reason: str, by: Actor
) -> Adjudication:
    """Judge a candidate as a trained reviewer; where two are asked for, the candidate moves when they agree.

    Args:
        candidate: What is judged: a candidate, or a pair at or above its threshold.
        verdict: A `Verdict`.
        compared: The checklist: what the reviewer compared, words of `Compared`.
        reason: In a sentence that another reviewer understands.
        by: The reviewer, who has not seen the similarity.

    Raises:
        Refused: `person_needed`, `training_missing`, `training_expired`, `own_job`; or the rule that closes
            the results now.
        InvalidInput: `verdict_unknown`, `compared_missing`, `compared_unknown`, `reason_missing`.
        Conflict: `adjudicated_already`, by this reviewer; `state_changed`, decided meanwhile;
            `below_threshold`, the pair is not alike enough to be judged.
    """
    _require_reviewer(candidate.organization_id, by)
    _check(verdict, compared, reason)
    job = job_of(candidate)
    _require_not_own(job, by)
    ruling = results.open_results(job=job, by=by)
    with tenant_scope(candidate.organization_id):
        results.require_standing(ruling)
        # The job first: of two reviewers who judge its last candidates, one sees what the other said.
        job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
        results.require_open(job)
        _require_not_own(job, by)
        locked = type(candidate).objects.select_for_update().get(pk=candidate.pk)
        made = _add(locked, verdict, compared, reason.strip(), by)
        _settle(locked, job)
        _release_when_reviewed(job, by)
    return made


def require_person(*, by: Actor) -> None:
    """Let people on only: a program judges nobody.

    Raises:
        Refused: `person_needed`.
    """
    if by.user_id is None:
        raise Refused(
            "person_needed",
            "Candidates are judged by trained people, signed in with their own account. A key judges none.",
        )


def lacks_training(organization_id: UUID, by: Actor) -> dict[str, str]:
    """Return code and sentence of what keeps a reviewer from judging; nothing where their training counts."""
    own = Membership.objects.filter(organization=organization_id, user=by.user_id, ended_at=None).first()
    ends_on = training.ends_on(own.trained_on) if own else None
    if ends_on is None:
        sentence = "Reviewers judge candidates after training. Ask an administrator to record yours."
        return {"code": "training_missing", "sentence": sentence}
    if ends_on <= database_now().date():
        sentence = (
            f"Your training counted for 12 months, until {day_in_words(ends_on)}. Take it "
            "again, and ask an administrator to record the new date."
        )
        return {"code": "training_expired", "sentence": sentence}
    return {}


def job_of(candidate: Judged) -> Job:
    """Return the job that found a candidate or compared a pair. Opens its own scope."""
    with tenant_scope(candidate.organization_id):
        found: Job = Job.objects.get(pk=Item.objects.values_list("job", flat=True).get(pk=candidate.item_id))
    return found


def agreed(verdicts: list[str], needed: int) -> str | None:
    """Return the verdict that reviewers reached, None while another one is needed.

    Where those first asked disagree, one more decides; where even that leaves no verdict with as many votes
    as are needed, the candidate is inconclusive.

    Args:
        verdicts: What each said.
        needed: How many have to agree.
    """
    if not verdicts:
        return None
    verdict, count = Counter(verdicts).most_common(1)[0]
    if count >= needed:
        return verdict
    to_come = needed + 1 - len(verdicts)
    return str(CandidateStatus.INCONCLUSIVE) if count + to_come < needed else None


def _require_reviewer(organization_id: UUID, by: Actor) -> None:
    require(by, Permission.VIEW_RESULTS, organization=organization_id)
    require_person(by=by)
    require(by, Permission.ADJUDICATE, organization=organization_id)
    if gap := lacks_training(organization_id, by):
        raise Refused(**gap)


def _check(verdict: str, compared: Collection[str], reason: str) -> None:
    if verdict not in Verdict.values:
        raise InvalidInput("verdict_unknown", "Choose lead, rejected or inconclusive.", field="verdict")
    if unknown := sorted(set(compared) - set(Compared.values)):
        sentence = f"{unknown[0]} is not on the checklist. On it are {', '.join(Compared.values)}."
        raise InvalidInput("compared_unknown", sentence, field="compared")
    if not compared:
        raise InvalidInput("compared_missing", "Mark what you compared in both faces.", field="compared")
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say in a sentence what you saw.", field="reason")


def _require_not_own(job: Job, by: Actor) -> None:
    if by.may(Permission.ADJUDICATE) and not results.judges(job, by):
        raise Refused("own_job", "You submitted this job, so somebody else judges its candidates.")


def _add(candidate: Judged, verdict: str, compared: Collection[str], reason: str, by: Actor) -> Adjudication:
    if isinstance(candidate, Verification) and not candidate.is_alike:
        raise Conflict("below_threshold", "This pair is below the threshold: there is nothing to judge.")
    if candidate.status != CandidateStatus.CANDIDATE:
        raise Conflict("state_changed", "This candidate was judged while you were looking at it.")
    if _judgments(candidate).filter(reviewer=by.user_id).exists():
        raise Conflict(
            "adjudicated_already", "You have judged this candidate. Somebody else has to be the second."
        )
    made: Adjudication = Adjudication.objects.create(
        organization_id=candidate.organization_id,
        **reference(candidate),
        round=candidate.round,
        reviewer_id=by.user_id,
        verdict=verdict,
        compared=[word for word in Compared.values if word in set(compared)],
        reason=reason,
    )
    audit.record(
        verb="verification.adjudicated" if isinstance(candidate, Verification) else "candidate.adjudicated",
        actor=by,
        target=candidate,
        organization=candidate.organization_id,
        verdict=verdict,
        round=candidate.round,
    )
    return made


def _judgments(candidate: Judged) -> QuerySet[Adjudication]:
    rows = Adjudication.objects.filter(**reference(candidate), round=candidate.round)
    own: QuerySet[Adjudication] = rows
    return own


def _settle(candidate: Judged, job: Job) -> None:
    verdict = agreed(list(_judgments(candidate).values_list("verdict", flat=True)), job.reviewers)
    if verdict:
        move(candidate, verdict, table=CANDIDATE)


def _release_when_reviewed(job: Job, by: Actor) -> None:
    """Release a job whose last candidate or pair was judged, inside the caller's scope."""
    if job.status == JobStatus.AWAITING_REVIEW and not progress.waits_for_review(job):
        progress.release(job, by=by)
