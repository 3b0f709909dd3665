"""Faces of a photo put into a collection, without saying whom they show."""

from __future__ import annotations

from portal.aws import reach, showing
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.operations.detection import bar_of
from portal.aws.orders import order_of
from portal.aws.pictures import picture_of
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import indexing
from recognition.actions.indexing import MOST_FACES, How
from recognition.engine import grades
from recognition.models import JobKind


def index(call: WireCall) -> Answer:
    """Enroll the faces of a photo, largest first; every other face is named with why it was not."""
    with tenant_scope(call.organization):
        gallery = reach.collection(call)
    how = How(
        most_faces=min(call.get("MaxFaces", MOST_FACES), MOST_FACES),
        bar=bar_of(call, "AUTO"),
        external_image_id=call.get("ExternalImageId", ""),
    )
    found = indexing.index(
        organization=call.organization,
        order=order_of(call, JobKind.ENROLL, gallery),
        picture=picture_of(call),
        how=how,
        by=call.actor,
    )
    showing.tell(call, found)
    [photo] = found.photos
    return {
        "FaceRecords": [
            {
                "Face": showing.stored_face(face),
                "FaceDetail": showing.compared_face(photo.faces[index], photo),
            }
            for index, face in sorted(found.enrolled.items())
        ],
        "FaceModelVersion": reach.model_version(gallery),
        "UnindexedFaces": [
            {
                "FaceDetail": showing.compared_face(photo.faces[one.index], photo),
                "Reasons": showing.reasons(
                    photo.faces[one.index], one, how.bar, other=grades.EXCEEDS_MAX_FACES
                ),
            }
            for one in found.left_out
        ],
    }


OPERATIONS = {"IndexFaces": Operation(index, (Permission.UPLOAD,))}
