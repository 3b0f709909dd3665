"""Users of a collection: its subjects, save those that stand for a face of nobody."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from portal.aws import reach
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.operations.collections import MANAGE, READ
from portal.aws.paging import page
from portal.tenancy.scope import tenant_scope
from recognition.actions import users
from recognition.actions.tokens import Sent
from recognition.models import Face, Gallery, Subject

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
}
