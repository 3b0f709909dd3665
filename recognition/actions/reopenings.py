"""Second looks: what is inconclusive is judged again when there is a new photo of one of the two."""

from __future__ import annotations

from django.db.models import Max, Q, QuerySet

from compliance.policy.vocabulary import Review
from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.actions import results, reviews
from recognition.models import (
    Adjudication,
    CandidateStatus,
    Face,
    FoundFace,
    Job,
    JobKind,
    JobStatus,
    Judged,
    Reopening,
    Verification,
)
from recognition.models.verifications import reference
from recognition.states import CANDIDATE, READABLE

_OF_ONE_PERSON = (JobKind.SEARCH, JobKind.COMPARE)  # jobs whose photos are of whom their case is about
MOST_PHOTOS = 12  # offered at once, the newest first


def reopen(*, candidate: Judged, photo: Face | FoundFace, reason: str, by: Actor) -> Reopening:
    """Let an inconclusive candidate or pair be judged again, beside a new photo.

    Args:
        candidate: What reviewers could not decide.
        photo: Of a candidate, a face of the same subject that was enrolled since, or one that a later search
            of the same case found in its probe. Of a pair, one that a later search or comparison of the same
            case found.
        reason: Why this photo may tell more.
        by: Whoever has the new photo, or a reviewer.

    Raises:
        Refused: `permission`; or the rule that closes the results now.
        InvalidInput: `reason_missing`, `photo_not_new`.
        Conflict: `not_inconclusive`, `state_changed`.
    """
    require(by, Permission.VIEW_RESULTS, organization=candidate.organization_id)
    if not (by.may(Permission.SUBMIT_JOBS) or by.may(Permission.ADJUDICATE)):
        raise Refused("permission", "Your role does not allow this (review again). Ask an administrator.")
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say what the new photo shows better.", field="reason")
    job = reviews.job_of(candidate)
    ruling = results.open_results(job=job, by=by)
    with tenant_scope(candidate.organization_id):
        results.require_standing(ruling)
        results.require_open(job)
        locked = type(candidate).objects.select_for_update().get(pk=candidate.pk)
        require_inconclusive(locked)
        new = faces_since(locked) if isinstance(photo, Face) else probes_since(locked, job, by)
        if not new.filter(pk=photo.pk).exists():
            sentence = "Choose a photo of one of the two that arrived after the judgment."
            raise InvalidInput("photo_not_new", sentence, field="photo")
        return _begin(locked, photo, reason.strip(), by)


def require_inconclusive(judged: Judged) -> None:
    """Let on only what reviewers could not decide.

    Raises:
        Conflict: `not_inconclusive`, with what it is.
    """
    if judged.status != CandidateStatus.INCONCLUSIVE:
        what = "pair" if isinstance(judged, Verification) else "candidate"
        state = judged.get_status_display().lower()
        sentence = f"Only an inconclusive {what} is judged again. This one is: {state}."
        raise Conflict("not_inconclusive", sentence)


def faces_since(candidate: Judged) -> QuerySet[Face]:
    """Return faces of the candidate's subject that were enrolled after its last judgment. In scope.

    Nobody in a pair is enrolled, so a pair has none.
    """
    rows: QuerySet[Face] = Face.objects.order_by("-pk")
    if isinstance(candidate, Verification):
        return rows.none()
    since = rows.filter(subject=candidate.subject_id, created_at__gt=_judged_at(candidate))
    return since.exclude(pk=candidate.face_id)


def probes_since(candidate: Judged, job: Job, by: Actor) -> QuerySet[FoundFace]:
    """Return faces that later jobs of the same case found in their photos. In scope.

    Of a candidate, searches of the same gallery count; of a pair, searches and comparisons. Without a case
    reference nobody can tell that a later photo is of the same person, so there are none.
    """
    found: QuerySet[FoundFace] = FoundFace.objects.order_by("-pk")
    if not job.facts.get("case_reference"):
        return found.none()
    found = found.filter(
        item__job__in=_later_jobs(candidate, job, by), item__done_at__gt=_judged_at(candidate), reason=""
    )
    known = [image.sha256 for image in candidate.item.photos]
    seen = Q(side=0, item__image__sha256__in=known) | Q(side=1, item__second__sha256__in=known)
    return found.exclude(seen)


def _later_jobs(candidate: Judged, job: Job, by: Actor) -> QuerySet[Job]:
    """Return other jobs of the case, within the actor's reach, whose photos are of whom the case is about."""
    of_pair = isinstance(candidate, Verification)
    own = {"kind__in": _OF_ONE_PERSON} if of_pair else {"kind": JobKind.SEARCH, "gallery": job.gallery_id}
    case = job.facts["case_reference"]
    same = Job.objects.filter(**own, purpose=job.purpose, facts__case_reference=case).exclude(pk=job.pk)
    reach = Q(gallery__in=grants.visible_to(by).values("pk")) | Q(submitted_by=by.id)
    if grants.sees_all(by):
        reach |= Q(gallery=None)
    # What waits for reviewers is shown to nobody else, and to reviewers only where it is not their own job.
    waits = Q(review=Review.BEFORE_RELEASE) & ~Q(status=JobStatus.RELEASED)
    if by.may(Permission.ADJUDICATE):
        waits &= Q(submitted_by=by.id)
    found: QuerySet[Job] = same.filter(reach, status__in=READABLE).exclude(waits)
    return found


def _judged_at(candidate: Judged) -> object:
    own = Adjudication.objects.filter(**reference(candidate), round=candidate.round)
    return own.aggregate(at=Max("created_at"))["at"]


def _begin(candidate: Judged, photo: Face | FoundFace, reason: str, by: Actor) -> Reopening:
    move(candidate, CandidateStatus.CANDIDATE, table=CANDIDATE, round=candidate.round + 1)
    made: Reopening = Reopening.objects.create(
        organization_id=candidate.organization_id,
        **reference(candidate),
        round=candidate.round,
        face=photo if isinstance(photo, Face) else None,
        found=photo if isinstance(photo, FoundFace) else None,
        reason=reason,
        reopened_by=by.id,
    )
    audit.record(
        verb="verification.reopened" if isinstance(candidate, Verification) else "candidate.reopened",
        actor=by,
        target=candidate,
        organization=candidate.organization_id,
        round=candidate.round,
        photo=photo.public_id,
    )
    return made
