"""Second looks: an inconclusive candidate is judged again when there is a new photo of one of the two."""

from __future__ import annotations

from django.db.models import Max, Q, QuerySet

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
    Candidate,
    CandidateStatus,
    Face,
    FoundFace,
    Job,
    JobKind,
    Reopening,
)
from recognition.states import CANDIDATE, READABLE

MOST_PHOTOS = 12  # offered at once, the newest first


def reopen(*, candidate: Candidate, photo: Face | FoundFace, reason: str, by: Actor) -> Reopening:
    """Let an inconclusive candidate be judged again, beside a new photo.

    Args:
        candidate: What reviewers could not decide.
        photo: A face of the same subject that was enrolled since, or one that a later search of the same case
            found in its probe.
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
        locked = Candidate.objects.select_for_update().get(pk=candidate.pk)
        if locked.status != CandidateStatus.INCONCLUSIVE:
            state = locked.get_status_display().lower()
            sentence = f"Only an inconclusive candidate is judged again. This one is: {state}."
            raise Conflict("not_inconclusive", sentence)
        new = faces_since(locked) if isinstance(photo, Face) else probes_since(locked, job, by)
        if not new.filter(pk=photo.pk).exists():
            sentence = "Choose a photo of one of the two that arrived after the judgment."
            raise InvalidInput("photo_not_new", sentence, field="photo")
        return _begin(locked, photo, reason.strip(), by)


def faces_since(candidate: Candidate) -> QuerySet[Face]:
    """Return faces of the candidate's subject that were enrolled after its last judgment. In scope."""
    rows = Face.objects.filter(subject=candidate.subject_id, created_at__gt=_judged_at(candidate))
    found: QuerySet[Face] = rows.exclude(pk=candidate.face_id).order_by("-pk")
    return found


def probes_since(candidate: Candidate, job: Job, by: Actor) -> QuerySet[FoundFace]:
    """Return faces that later searches of the same gallery and case found in their probes. In scope.

    Without a case reference nobody can tell that a later probe is of the same person, so there are none.
    """
    reference = job.facts.get("case_reference")
    found: QuerySet[FoundFace] = FoundFace.objects.none()
    if not reference:
        return found
    later = Job.objects.filter(
        kind=JobKind.SEARCH, gallery=job.gallery_id, purpose=job.purpose, facts__case_reference=reference
    ).filter(Q(gallery__in=grants.visible_to(by).values("pk")) | Q(submitted_by=by.id))
    readable = later.filter(status__in=READABLE).exclude(pk=job.pk)
    found = FoundFace.objects.filter(
        item__job__in=readable.values("pk"), item__done_at__gt=_judged_at(candidate), reason=""
    )
    return found.exclude(item__image__sha256=candidate.item.image.sha256).order_by("-pk")


def _judged_at(candidate: Candidate) -> object:
    own = Adjudication.objects.filter(candidate=candidate, round=candidate.round)
    return own.aggregate(at=Max("created_at"))["at"]


def _begin(candidate: Candidate, photo: Face | FoundFace, reason: str, by: Actor) -> Reopening:
    move(candidate, CandidateStatus.CANDIDATE, table=CANDIDATE, round=candidate.round + 1)
    made: Reopening = Reopening.objects.create(
        organization_id=candidate.organization_id,
        candidate=candidate,
        round=candidate.round,
        face=photo if isinstance(photo, Face) else None,
        found=photo if isinstance(photo, FoundFace) else None,
        reason=reason,
        reopened_by=by.id,
    )
    audit.record(
        verb="candidate.reopened",
        actor=by,
        target=candidate,
        organization=candidate.organization_id,
        round=candidate.round,
        photo=photo.public_id,
    )
    return made
