"""Collections: the galleries of the key's purpose."""

from __future__ import annotations

from portal.aws import reach
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.paging import page
from portal.tenancy import defaults
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, galleries
from recognition.models import Face, Subject

MANAGE = (Permission.MANAGE_GALLERIES,)
READ = (Permission.VIEW_RESULTS, Permission.MANAGE_GALLERIES)
ERASE = (Permission.ERASE,)
_OK = 200


def create(call: WireCall) -> Answer:
    """Make a collection with the facts that the key carries."""
    facts = defaults.required(call.key.defaults, "legal_basis", "owner", "retention_days", "image_source")
    made = galleries.create_collection(
        organization=call.organization,
        collection_id=call["CollectionId"],
        labels=call.get("Tags", {}),
        purpose=call.key.purpose,
        by=call.actor,
        **facts,
    )
    return {
        "StatusCode": _OK,
        "CollectionArn": reach.arn(made, call),
        "FaceModelVersion": reach.model_version(made),
    }


def delete(call: WireCall) -> Answer:
    """Erase everybody in a collection and destroy its keys."""
    with tenant_scope(call.organization):
        found = reach.collection(call)
    erasure.delete_gallery(gallery=found, by=call.actor)
    return {"StatusCode": _OK}


def describe(call: WireCall) -> Answer:
    """Count the faces and users of a collection."""
    with tenant_scope(call.organization):
        found = reach.collection(call)
        return {
            "FaceCount": Face.objects.filter(gallery=found).count(),
            "FaceModelVersion": reach.model_version(found),
            "CollectionARN": reach.arn(found, call),
            "CreationTimestamp": found.created_at,
            "UserCount": Subject.objects.users().filter(gallery=found).count(),
        }


def list_all(call: WireCall) -> Answer:
    """List collections, the oldest first."""
    with tenant_scope(call.organization):
        shown, token = page(call, reach.collections(call))
    return {
        "CollectionIds": [one.wire_id for one in shown],
        "NextToken": token,
        "FaceModelVersions": [reach.model_version(one) for one in shown],
    }


OPERATIONS = {
    "CreateCollection": Operation(create, MANAGE),
    "DeleteCollection": Operation(delete, ERASE),
    "DescribeCollection": Operation(describe, READ),
    "ListCollections": Operation(list_all, READ),
}
