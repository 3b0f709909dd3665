"""Stored faces of a collection: listed and erased. What needs the engine is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from portal.aws import reach
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.operations.collections import ERASE, READ
from portal.aws.paging import page
from portal.aws.wording import box_of, face_of
from portal.common.ids import public_id
from portal.tenancy.scope import tenant_scope
from recognition.actions import faces
from recognition.engine import identity
from recognition.models import Face, Gallery, Image, Subject

_COLUMNS = ("pk", "image_id", "box", "quality__confidence", "pipeline", "external_image_id", "subject_id")


def list_all(call: WireCall) -> Answer:
    """List the faces of a collection: all, those of a user, or those that are named."""
    with tenant_scope(call.organization):
        gallery = reach.collection(call)
        rows, of = _chosen(call, gallery)
        shown, token = page(call, rows.values_list(*_COLUMNS), of=of, key=lambda row: row[0])
        told = list(_described(shown))
    return {
        "Faces": told,
        "NextToken": token,
        "FaceModelVersion": reach.model_version(gallery),
    }


def delete(call: WireCall) -> Answer:
    """Erase faces of a collection; those of users stay, as do ids that are none of its faces."""
    with tenant_scope(call.organization):
        gallery = reach.collection(call)
    erased = faces.erase(gallery=gallery, ids=call["FaceIds"], by=call.actor)
    return {
        # The model has no empty list of these, and clients check it: left out where none was erased.
        "DeletedFaces": erased.done or None,
        "UnsuccessfulFaceDeletions": [failure.to_wire() for failure in erased.failed],
    }


def _described(rows: Sequence[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Yield faces whose columns were read; in scope.

    Photos and people are read by their ids: joined, the database may read all of them anew for each face
    where it does not know yet how many a tenant has.
    """
    versions = {pipeline: identity.model_version(pipeline) for pipeline in {row[4] for row in rows}}
    sizes = _by_id(Image.objects, {row[1] for row in rows}, "width", "height")
    people = _by_id(Subject.objects, {row[6] for row in rows}, "user_id", "is_unnamed")
    for pk, image, box, confidence, pipeline, external, subject in rows:
        user_id, is_unnamed = people[subject]
        yield face_of(
            face_id=pk,
            image_id=image,
            box=box_of(box, *sizes[image]),
            confidence=confidence or 0.0,
            model_version=versions[pipeline],
            external_image_id=external,
            user_id="" if is_unnamed else user_id or public_id(Subject.PREFIX, subject),
        )


def _by_id(rows: Any, ids: set[UUID], *columns: str) -> dict[UUID, list[Any]]:
    found = rows.filter(pk__in=ids).values_list("pk", *columns)
    return {pk: values for pk, *values in found}


def _chosen(call: WireCall, gallery: Gallery) -> tuple[QuerySet[Face], tuple[Any, ...]]:
    """Return the faces that a call means, and what its tokens are bound to."""
    rows: QuerySet[Face] = Face.objects.filter(gallery=gallery)
    user_id, ids = call.get("UserId"), call.get("FaceIds")
    if user_id is not None:
        rows = rows.filter(subject=reach.user(gallery, user_id))
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows, (gallery.pk, user_id, sorted(ids or ()))


OPERATIONS = {
    "ListFaces": Operation(list_all, READ),
    "DeleteFaces": Operation(delete, ERASE),
}
