"""Erasing single faces of a gallery, as the Rekognition interface asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from portal.audit import actions as audit
from portal.common.errors import Conflict
from portal.common.ids import public_id
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.actions import endings, erasure, keeping
from recognition.models import Face, Gallery, Image, Job, Subject

NOT_FOUND = "FACE_NOT_FOUND"
OF_A_USER = "ASSOCIATED_TO_AN_EXISTING_USER"
OF_ANOTHER = "ASSOCIATED_TO_A_DIFFERENT_USER"
NOT_ALIKE = "LOW_MATCH_CONFIDENCE"


@dataclass(frozen=True)
class Failure:
    """A face with which nothing was done, and why, in the words of the interface.

    Attributes:
        face: Its id as it was sent.
        reason: Why.
        user_id: Whose it is, where that is why.
        similarity: To the user, where that is why.
    """

    face: str
    reason: str
    user_id: str = ""
    similarity: float | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return it as the service's model has it."""
        told: dict[str, Any] = {"FaceId": self.face, "Reasons": [self.reason]}
        if self.user_id:
            told["UserId"] = self.user_id
        if self.similarity is not None:
            told["Confidence"] = round(self.similarity, 2)
        return told


@dataclass
class Outcome:
    """Faces with which it was done, in the order they were named, and those with which it was not."""

    done: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def erase(*, gallery: Gallery, ids: Sequence[str], by: Actor) -> Outcome:
    """Erase faces that are nobody's: templates, candidates that name them, photos used for nothing else.

    Args:
        gallery: Only its faces are erased.
        ids: UUIDs of faces; one that is named twice counts once.
        by: Who erases.

    Raises:
        Conflict: `kept`, a legal hold stands on one of them; `state_changed`. Nothing was erased then.
    """
    require(by, Permission.ERASE, organization=gallery.organization_id)
    wanted = list(dict.fromkeys(ids))
    with tenant_scope(gallery.organization_id):
        grants.require_use(by, gallery)
        people = _nobodys(_whose(gallery, wanted))
        searches = erasure.lock_searches(Q(subject__in=people))
        erasure.lock(gallery.pk)
        whose = _whose(gallery, wanted)
        _require_unchanged(people, _nobodys(whose), searches)
        outcome = _sorted_out(wanted, whose)
        purged = _erase(gallery, outcome.done, people, searches, by) if outcome.done else []
    erasure.destroy(purged)
    return outcome


def _erase(
    gallery: Gallery, done: Sequence[str], people: set[UUID], searches: Sequence[Job], by: Actor
) -> list[Image]:
    """Erase faces and what was found in searches for them; return the photos that nothing else needs."""
    gone = Face.objects.filter(gallery=gallery, pk__in=done)
    left = set(Face.objects.filter(subject__in=people).exclude(pk__in=done).values_list("subject", flat=True))
    names = [gallery.public_id, *(public_id(Subject.PREFIX, pk) for pk in people - left)]
    own = [job for job in searches if job.subject_id not in left]
    jobs = [job.public_id for job in own]
    keeping.require_free(gallery.organization_id, *names, *jobs, faces=gone)
    endings.purge(own, by)
    count, purged = erasure.erase(gone, by, set())
    audit.record(
        verb="faces.erased",
        actor=by,
        target=gallery,
        organization=gallery.organization_id,
        faces=count,
        photos=len(purged),
    )
    return purged


def _nobodys(whose: Mapping[UUID, Subject]) -> set[UUID]:
    return {whom.pk for whom in whose.values() if whom.is_unnamed}


def _require_unchanged(people: set[UUID], now: set[UUID], searches: Sequence[Job]) -> None:
    """Go on where nobody else came to be erased, or to be searched for, while the gallery was waited for."""
    others = Job.objects.filter(subject__in=people).exclude(pk__in=[job.pk for job in searches])
    if people != now or others.exists():
        raise Conflict("state_changed", "This changed while you were looking at it. Send it again.")


def _whose(gallery: Gallery, ids: Sequence[str]) -> dict[UUID, Subject]:
    rows = Face.objects.filter(gallery=gallery, pk__in=ids).defer("template").select_related("subject")
    return {face.pk: face.subject for face in rows}


def _sorted_out(ids: Sequence[str], whose: dict[UUID, Subject]) -> Outcome:
    outcome = Outcome()
    for text in ids:
        whom = whose.get(UUID(text))
        if whom is None:
            outcome.failed.append(Failure(text, NOT_FOUND))
        elif not whom.is_unnamed:
            outcome.failed.append(Failure(text, OF_A_USER, user_id=whom.wire_id))
        else:
            outcome.done.append(text)
    return outcome
