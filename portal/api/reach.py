"""What of its organization's data a key reaches: that of its own purpose and end user.

Every function reads inside the scope in force. What a key does not reach is, to it, not there.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from compliance.models import RulingRecord
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id, public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, KeyKind
from recognition import grants
from recognition.models import CaseRecord, CaseRecordPhoto, Face, Gallery, Image, Item, Job
from recognition.models.galleries import GalleryQuerySet


def galleries(actor: Actor) -> GalleryQuerySet:
    """Return the galleries of the key's purpose that are in use."""
    return grants.visible_to(actor)


def gallery(actor: Actor, text: str) -> Gallery:
    """Return one gallery.

    Raises:
        NotFound: There is none of this id in reach.
    """
    found: Gallery = galleries(actor).with_counts().with_public_id(text)
    return found


def jobs(actor: Actor) -> Any:
    """Return the jobs of the key's purpose and end user, whoever submitted them."""
    return Job.objects.filter(purpose=actor.purpose, end_user_id=actor.end_user_id)


def cases(actor: Actor) -> Any:
    """Return the case records of the key's purpose."""
    return CaseRecord.objects.filter(purpose=actor.purpose).with_counts().select_related("organization")


def case(actor: Actor, text: str) -> CaseRecord:
    """Return one case record.

    Raises:
        NotFound: There is none of this id in reach.
    """
    found: CaseRecord = cases(actor).with_public_id(text)
    return found


def images(actor: Actor) -> Any:
    """Return the photos that keys like this one uploaded, that its galleries, jobs or cases hold."""
    enrolled = Face.objects.filter(image=OuterRef("pk"), gallery__in=galleries(actor).values("pk"))
    items = Item.objects.filter(job__in=jobs(actor).values("pk"))
    worked_on = Exists(items.filter(image=OuterRef("pk"))) | Exists(items.filter(second=OuterRef("pk")))
    of_a_case = CaseRecordPhoto.objects.filter(image=OuterRef("pk"), record__purpose=actor.purpose)
    reached = Exists(enrolled) | worked_on | Exists(of_a_case)
    return Image.objects.filter(Q(uploaded_by__in=_keys_alike(actor)) | reached, purged_at=None)


def rulings(actor: Actor) -> Any:
    """Return the rulings on the key's purpose."""
    return RulingRecord.objects.filter(facts__purpose=actor.purpose)


def keys(actor: Actor) -> Any:
    """Return the keys of the organization that are bound like the key that acts, ended ones too."""
    if actor.key_id is None or actor.end_user_id is None:  # the API knows no other callers
        raise NotFound()
    return ApiKey.objects.filter(
        organization=actor.organization_id,
        kind=KeyKind.PROGRAM,
        purpose=actor.purpose,
        end_user_id=actor.end_user_id,
    )


def key(actor: Actor, text: str) -> ApiKey:
    """Return one of these keys.

    Raises:
        NotFound: There is none of this id in reach.
    """
    found: ApiKey | None = keys(actor).filter(pk=parse_public_id(ApiKey.PREFIX, text)).first()
    if found is None:
        raise NotFound()
    return found


def _keys_alike(actor: Actor) -> list[str]:
    """Keys are renewed: what the last one uploaded is there for its successor."""
    return [public_id(ApiKey.PREFIX, pk) for pk in keys(actor).values_list("pk", flat=True)]
