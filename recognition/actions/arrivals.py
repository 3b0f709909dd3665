"""A photo that is stored and looked at in one call.

The look is ruled on like any other. Whatever comes of it, the photo stays stored: storing needs no ruling,
and who sent it may ask again with what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.common.errors import DomainError
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from recognition.actions import calls, images
from recognition.actions.answers import Answered
from recognition.actions.orders import Order
from recognition.actions.pictures import Picture
from recognition.models import Image


@dataclass(frozen=True)
class Arrived:
    """A photo that is stored, and what came of the look at it.

    Attributes:
        image: Its row.
        came: Its faces, with the ruling they were looked for under; or why nobody looked: a rule, a part of
            the platform that is away.
    """

    image: Image
    came: Answered | DomainError


def upload(*, organization: Organization, name: str, data: bytes, order: Order, by: Actor) -> Arrived:
    """Store a photo, then find its faces as `calls.detect` does.

    Raises:
        DomainError: As for `images.upload`: nothing is stored then, and nothing was looked at.
        Refused: `permission`, the caller may not look at photos; nothing is stored.
    """
    for permission in calls.READS:
        require(by, permission, organization=organization)
    image = images.upload(organization=organization, name=name, data=data, by=by)
    picture = Picture(stored=image)
    try:
        return Arrived(image, calls.detect(organization=organization, order=order, picture=picture, by=by))
    except DomainError as problem:
        return Arrived(image, problem)
