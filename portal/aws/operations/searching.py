"""A collection searched: for the largest face of a photo, for a stored face, or for a user."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.aws import reach, showing
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.errors import WireError
from portal.aws.operations.detection import RECOGNIZE, bar_of, first_usable, no_face, similarity
from portal.aws.orders import order_of
from portal.aws.pictures import picture_of
from portal.common.errors import NotFound
from portal.tenancy.scope import tenant_scope
from recognition.actions import calls, known
from recognition.actions.answers import Answered
from recognition.actions.orders import MOST_AT_A_CALL, Order
from recognition.models import Face, Gallery, JobKind, Subject

_MOST_USERS = 500


def faces(call: WireCall) -> Answer:
    """Search for a stored face; it is never among what is found."""
    gallery = _gallery(call)
    found = _of_face(
        call, gallery, _order(call, gallery, "FaceMatchThreshold", most=call.get("MaxFaces", MOST_AT_A_CALL))
    )
    return {
        "SearchedFaceId": call["FaceId"],
        "FaceMatches": showing.face_matches(found.candidates[0]),
        "FaceModelVersion": reach.model_version(gallery),
    }


def faces_by_image(call: WireCall) -> Answer:
    """Search for the largest face of a photo."""
    gallery, bar = _gallery(call), bar_of(call)
    found = _of_photo(
        call, _order(call, gallery, "FaceMatchThreshold", most=call.get("MaxFaces", MOST_AT_A_CALL)), bar
    )
    [photo] = found.photos
    largest = first_usable(photo.faces, bar)
    if largest is None:
        raise no_face(found)
    return {
        "SearchedFaceBoundingBox": showing.box(largest, photo),
        "SearchedFaceConfidence": showing.confidence(largest),
        "FaceMatches": showing.face_matches(found.candidates[largest.index]),
        "FaceModelVersion": reach.model_version(gallery),
    }


def users(call: WireCall) -> Answer:
    """Search for users who look like a user or a stored face."""
    if ("UserId" in call.values) == ("FaceId" in call.values):
        raise WireError("InvalidParameterException", "Name either a UserId or a FaceId.")
    gallery = _gallery(call)
    order = _order(call, gallery, "UserMatchThreshold")
    by_user = "UserId" in call.values
    found = _of_user(call, gallery, order) if by_user else _of_face(call, gallery, order)
    searched: Any = {"SearchedFace": {"FaceId": call.get("FaceId")}}
    if by_user:
        searched = {"SearchedUser": {"UserId": call["UserId"]}}
    return searched | _matches(call, gallery, found)


def users_by_image(call: WireCall) -> Answer:
    """Search for users who look like the largest face of a photo; without a face nobody is found."""
    gallery, bar = _gallery(call), bar_of(call)
    found = _of_photo(call, _order(call, gallery, "UserMatchThreshold"), bar)
    [photo] = found.photos
    left = [
        {
            "FaceDetails": showing.compared_face(photo.faces[one.index], photo),
            "Reasons": showing.reasons(photo.faces[one.index], one, bar, other=showing.NOT_LARGEST),
        }
        for one in found.left_out
    ]
    searched: Any = {}
    if (largest := first_usable(photo.faces, bar)) is not None:
        searched = {"SearchedFace": {"FaceDetail": showing.compared_face(largest, photo)}}
    return searched | _matches(call, gallery, found) | {"UnsearchedFaces": left}


def _matches(call: WireCall, gallery: Gallery, found: Answered) -> Answer:
    return {
        "UserMatches": showing.user_matches(found, call.get("MaxUsers", _MOST_USERS)),
        "FaceModelVersion": reach.model_version(gallery),
    }


def _gallery(call: WireCall) -> Gallery:
    with tenant_scope(call.organization):
        return reach.collection(call)


def _order(call: WireCall, gallery: Gallery, asked: str, most: int = MOST_AT_A_CALL) -> Order:
    return order_of(call, JobKind.SEARCH, gallery, threshold=similarity(call, asked), most=most)


def _of_photo(call: WireCall, order: Order, bar: str) -> Answered:
    found = calls.search(
        organization=call.organization,
        order=order,
        picture=picture_of(call),
        only_largest=True,
        bar=bar,
        by=call.actor,
    )
    showing.tell(call, found)
    return found


def _of_face(call: WireCall, gallery: Gallery, order: Order) -> Answered:
    with tenant_scope(call.organization):
        rows = Face.objects.filter(gallery=gallery, pk=call["FaceId"]).defer("template", "next_template")
        face: Face | None = rows.first()
    if face is None:
        raise NotFound(sentence=f"The face id: {call['FaceId']} does not exist in this collection.")
    order = _as_enrolled(order)
    found = known.search_face(organization=call.organization, order=order, face=face, by=call.actor)
    showing.tell(call, found)
    return found


def _of_user(call: WireCall, gallery: Gallery, order: Order) -> Answered:
    with tenant_scope(call.organization):
        user: Subject = reach.user(gallery, call["UserId"])
    found = known.search_subject(
        organization=call.organization, order=_as_enrolled(order), subject=user, by=call.actor
    )
    showing.tell(call, found)
    return found


def _as_enrolled(order: Order) -> Order:
    """Return an order without what the key says of probe photos: an enrolled face is of its collection's."""
    facts = {name: value for name, value in order.facts.items() if name != "probe_source"}
    return replace(order, facts=facts)


OPERATIONS = {
    "SearchFaces": Operation(faces, RECOGNIZE),
    "SearchFacesByImage": Operation(faces_by_image, RECOGNIZE),
    "SearchUsers": Operation(users, RECOGNIZE),
    "SearchUsersByImage": Operation(users_by_image, RECOGNIZE),
}
