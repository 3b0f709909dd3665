"""Tags of collections. Those that begin with `countenance:` may only narrow what is allowed."""

from __future__ import annotations

from portal.aws import reach
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.operations.collections import MANAGE, READ
from portal.tenancy.scope import tenant_scope
from recognition.actions import tags


def add(call: WireCall) -> Answer:
    """Tag a collection."""
    with tenant_scope(call.organization):
        found = reach.tagged(call)
    tags.add(gallery=found, tags=call["Tags"], by=call.actor)
    return {}


def remove(call: WireCall) -> Answer:
    """Take tags off a collection."""
    with tenant_scope(call.organization):
        found = reach.tagged(call)
    tags.remove(gallery=found, names=call["TagKeys"], by=call.actor)
    return {}


def list_all(call: WireCall) -> Answer:
    """List the tags of a collection."""
    with tenant_scope(call.organization):
        return {"Tags": reach.tagged(call).tags}


OPERATIONS = {
    "TagResource": Operation(add, MANAGE),
    "UntagResource": Operation(remove, MANAGE),
    "ListTagsForResource": Operation(list_all, READ),
}
