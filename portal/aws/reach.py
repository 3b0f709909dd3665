"""What of its organization's data a call reaches, and how it is named on this interface.

Reads happen inside the scope in force. What a key does not reach is, to it, not there: another
organization's, another purpose's, or what never was.
"""

from __future__ import annotations

import re
from typing import NoReturn

from portal.aws.calls import WireCall
from portal.common.errors import NotFound
from portal.tenancy.models import Organization
from recognition import grants
from recognition.engine import identity
from recognition.models import Gallery, Subject
from recognition.models.galleries import GalleryQuerySet

_ARN = re.compile(r"arn:aws:rekognition:[a-z0-9-]{1,32}:([0-9]{12}):collection/([a-zA-Z0-9_.\-]{1,255})")
_ACCOUNTS = 10**12  # numbers of twelve digits, as the clients of the service expect


def collections(call: WireCall) -> GalleryQuerySet:
    """Return the galleries of the key's purpose that are in use."""
    return grants.visible_to(call.actor)


def collection(call: WireCall, collection_id: str | None = None) -> Gallery:
    """Return one collection: the one that the call names, unless another is.

    Raises:
        NotFound: There is none of this id in reach.
    """
    wanted = call["CollectionId"] if collection_id is None else collection_id
    found = grants.called_by_key(call.actor, wanted)
    if found is None:
        _not_here(f"The collection id: {wanted} does not exist.")
    return found


def tagged(call: WireCall) -> Gallery:
    """Return the collection that the call's `ResourceArn` names; nothing else has tags here.

    Raises:
        NotFound: It names no collection in reach.
    """
    named = _ARN.fullmatch(call["ResourceArn"])
    if named is None or named[1] != account(call.organization):
        _not_here("There is no such resource.")
    return collection(call, named[2])


def user(gallery: Gallery, user_id: str) -> Subject:
    """Return one user of a collection.

    Raises:
        NotFound: There is none of this id.
    """
    found: Subject | None = Subject.objects.filter(gallery=gallery).with_user_id(user_id).first()
    if found is None:
        _not_here(f"The user id: {user_id} does not exist.")
    return found


def arn(gallery: Gallery, call: WireCall) -> str:
    """Return the name of a collection among all resources."""
    own = account(call.organization)
    return f"arn:aws:rekognition:{call.region}:{own}:collection/{gallery.wire_id}"


def account(organization: Organization) -> str:
    """Return the twelve digits that stand for an organization where the service has an account."""
    return f"{organization.pk.int % _ACCOUNTS:012d}"


def model_version(gallery: Gallery) -> str:
    """Return the version of the model that a collection is pinned to, or would be by its first face."""
    return identity.model_version(gallery.pipeline or identity.pipeline_id())


def _not_here(sentence: str) -> NoReturn:
    raise NotFound(sentence=sentence)
