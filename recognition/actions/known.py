"""Synchronous searches for somebody who is enrolled: their templates are the probes, no photo is looked at.

No engine is needed, and no worker. Whoever is searched for is never among the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import ends, grants, probes, search
from recognition.actions import answers, calls, passages, searches
from recognition.actions.answers import Answered
from recognition.actions.images import Photo, Received
from recognition.actions.orders import Order
from recognition.actions.passages import Passage
from recognition.hits import Hit
from recognition.models import Face, Gallery, Subject
from recognition.models.galleries import FaceQuerySet


def search_face(*, organization: Organization, order: Order, face: Face, by: Actor) -> Answered:
    """Search the order's gallery for one face enrolled in it, or in another of the same purpose.

    Other faces of the same person are candidates like any other.

    Raises:
        NotFound: The face's gallery is not visible to the caller.
        Refused: `gallery_purpose`; `review_required`, with the `job` it became.
        InvalidInput: `image_source_differs`, `case_differs`.
        Conflict: `model_mismatch`; `state_changed`, the face was erased or moved meanwhile.
        DomainError: As for `passages.enter` and `passages.answer`.
    """
    asked = _asked(organization, order, face.subject_id, by)
    with tenant_scope(organization):
        own = list(_read().filter(pk=face.pk, subject=face.subject_id))
    return _search(organization, asked, own, {face.pk}, by)


def search_subject(
    *, organization: Organization, order: Order, subject: Subject | None, by: Actor
) -> Answered:
    """Search the order's gallery for the faces enrolled of a person; none of their own is a candidate.

    Raises:
        InvalidInput: `subject_missing`; `no_faces`, none is enrolled of them.
        DomainError: As for `search_face`.
    """
    if subject is None:
        raise InvalidInput("subject_missing", "Say whom to search for.", field="subject")
    asked = _asked(organization, order, subject.pk, by)
    with tenant_scope(organization):
        own = list(_read().filter(subject=subject.pk).order_by("pk"))
    return _search(organization, asked, own, {face.pk for face in own}, by)


def _asked(organization: Organization, order: Order, subject: UUID, by: Actor) -> Order:
    """Return the order with whom to search for and the facts that are on file about them."""
    require(by, Permission.SUBMIT_JOBS, organization=organization)
    with tenant_scope(organization):
        rows = Subject.objects.select_related("gallery", "record", "merged_into")
        whom = rows.filter(pk=subject).first()
        if whom is None:
            raise NotFound()
        grants.require_use(by, whom.gallery)
        return replace(order, subject=whom, facts=searches.facts_of(order, whom))


def _read() -> FaceQuerySet:
    rows: FaceQuerySet = Face.objects.select_related("gallery", "image")
    return rows


def _search(
    organization: Organization, order: Order, own: Sequence[Face], besides: set[UUID], by: Actor
) -> Answered:
    if not own:
        raise InvalidInput("no_faces", "No face of this person is enrolled.", field="subject")
    passage = passages.enter(organization=organization, order=order, photos=0, needs=calls.READS, by=by)
    with passages.closing(passage):
        if passage.is_for_review:
            photos = Received([Photo(face.image, probe=face) for face in own])
            calls.submit_for_review(passage, order, photos)
        hits = _hits(passage, own, besides)
        return passages.answer(passage, lambda passage: _answered(passage, own, hits))


def _hits(passage: Passage, own: Sequence[Face], besides: set[UUID]) -> dict[int, list[Hit]]:
    """Search by the database, in a transaction of its own: nobody waits for it to publish a rule."""
    with tenant_scope(passage.organization):
        gallery: Gallery = Gallery.objects.get(pk=passage.gallery.pk)
        if any(gallery.pipeline not in ("", face.pipeline) for face in own):
            raise Conflict(ends.MODEL_MISMATCH, "A face of this person is of another model than the gallery.")
        most = passage.order.max_candidates
        found = search.one_by_one(
            gallery,
            passage.key,
            probes.templates(own, passage.key),
            threshold=passage.call.threshold,
            most=most + len(besides),
        )
    kept = [[hit for hit in hits if hit.face_id not in besides][:most] for hits in found]
    return dict(enumerate(kept))


def _answered(passage: Passage, own: Sequence[Face], hits: dict[int, list[Hit]]) -> Answered:
    """Name the hits; whoever was searched for is still who they were."""
    still = Face.objects.filter(pk__in=[face.pk for face in own], subject=own[0].subject_id).count()
    if still < len(own):
        raise Conflict("state_changed", "A face of this person was erased or moved meanwhile. Search again.")
    photos = {place: face.image for place, face in enumerate(own)}
    candidates = calls.named(passage, hits, photos)
    pipeline = passage.gallery.pipeline or own[0].pipeline
    return Answered(
        passage.call,
        passage.ruling,
        candidates=candidates,
        expected=answers.expected(passage.call, passage.ruling, pipeline),
    )
