"""Stored faces of a collection: listed and erased. What needs the engine is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from portal.aws import reach
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.operations.collections import ERASE, READ
from portal.aws.paging import paged
from portal.aws.wording import box_of, face_of
from portal.tenancy.scope import tenant_scope
from recognition import listing
from recognition.actions import faces
from recognition.engine import identity
from recognition.listing import Listed


def list_all(call: WireCall) -> Answer:
    """List the faces of a collection: all, those of a user, or those that are named."""
    user_id, ids = call.get("UserId"), call.get("FaceIds")
    with tenant_scope(call.organization):
        gallery = reach.collection(call)
        subject = None if user_id is None else reach.user(gallery, user_id).pk

        def read(after: UUID | None, limit: int) -> Sequence[Listed]:
            return listing.faces(gallery, after=after, limit=limit, subject=subject, among=ids)

        of = (gallery.pk, user_id, sorted(ids or ()))
        shown, token = paged(call, read, of=of, key=lambda listed: listed.face)
    return {
        "Faces": _described(shown),
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


def _described(faces: Sequence[Listed]) -> list[dict[str, Any]]:
    versions = {pipeline: identity.model_version(pipeline) for pipeline in {face.pipeline for face in faces}}
    return [
        face_of(
            face_id=face.face,
            image_id=face.image,
            box=box_of(face.box, face.width, face.height),
            confidence=face.confidence or 0.0,
            model_version=versions[face.pipeline],
            external_image_id=face.external_image_id,
            user_id=face.user_id,
        )
        for face in faces
    ]


OPERATIONS = {
    "ListFaces": Operation(list_all, READ),
    "DeleteFaces": Operation(delete, ERASE),
}
