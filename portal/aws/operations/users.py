"""Users of a collection: its subjects, save those that stand for a face of nobody."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from portal.aws import reach
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.headers import of_call
from portal.aws.operations.collections import MANAGE, READ
from portal.aws.orders import order_of
from portal.aws.paging import page
from portal.tenancy.scope import tenant_scope
from recognition.actions import associations, users
from recognition.actions.tokens import Sent
from recognition.models import Face, Gallery, JobKind, Subject

USUAL_THRESHOLD = 75.0  # of the service, for AssociateFaces
_USUAL = 100


def create(call: WireCall) -> Answer:
    """Make a user without a face."""
    users.create(gallery=_gallery(call), user_id=call["UserId"], sent=sent(call), by=call.actor)
    return {}


def delete(call: WireCall) -> Answer:
    """Give a user up; their faces stay and are nobody's."""
    users.delete(gallery=_gallery(call), user_id=call["UserId"], sent=sent(call), by=call.actor)
    return {}


def list_all(call: WireCall) -> Answer:
    """List users, the oldest first. One without a face yet is CREATED, one with faces ACTIVE."""
    with tenant_scope(call.organization):
        gallery = reach.collection(call)
        rows = Subject.objects.users().filter(gallery=gallery)
        with_faces = rows.annotate(has_faces=Exists(Face.objects.filter(subject=OuterRef("pk"))))
        shown, token = page(call, with_faces, of=gallery.pk, usual=_USUAL)
    return {
        "Users": [{"UserId": user.wire_id, "UserStatus": status(user.has_faces)} for user in shown],
        "NextToken": token,
    }


def associate(call: WireCall) -> Answer:
    """Say that faces show a user: those that are alike enough to the faces the user has."""
    gallery = _gallery(call)
    asked = call.get("UserMatchThreshold", USUAL_THRESHOLD)
    order = order_of(call, JobKind.COMPARE, threshold=asked, most=1, source=gallery.image_source)
    said, passage = associations.associate(
        gallery=gallery,
        user_id=call["UserId"],
        ids=call["FaceIds"],
        order=order,
        sent=sent(call),
        by=call.actor,
    )
    call.headers.update(of_call(passage.call, passage.ruling))
    return {
        "AssociatedFaces": [{"FaceId": face} for face in said.outcome.done],
        "UnsuccessfulFaceAssociations": [failure.to_wire() for failure in said.outcome.failed],
        "UserStatus": status(said.has_faces),
    }


def dissociate(call: WireCall) -> Answer:
    """Say that faces do not show a user after all."""
    said = associations.dissociate(
        gallery=_gallery(call), user_id=call["UserId"], ids=call["FaceIds"], sent=sent(call), by=call.actor
    )
    return {
        "DisassociatedFaces": [{"FaceId": face} for face in said.outcome.done],
        "UnsuccessfulFaceDisassociations": [failure.to_wire() for failure in said.outcome.failed],
        "UserStatus": status(said.has_faces),
    }


def status(has_faces: bool) -> str:
    """Return the status of a user."""
    return "ACTIVE" if has_faces else "CREATED"


def sent(call: WireCall) -> Sent | None:
    """Return the token that a call carries, with all else that it says."""
    token = call.get("ClientRequestToken")
    if token is None:
        return None
    rest = {name: value for name, value in call.values.items() if name != "ClientRequestToken"}
    return Sent.with_input(call.key.pk, token, call.operation, rest)


def _gallery(call: WireCall) -> Gallery:
    with tenant_scope(call.organization):
        return reach.collection(call)


OPERATIONS = {
    "CreateUser": Operation(create, MANAGE),
    "DeleteUser": Operation(delete, MANAGE),
    "ListUsers": Operation(list_all, READ),
    "AssociateFaces": Operation(associate, MANAGE),
    "DisassociateFaces": Operation(dissociate, MANAGE),
}
