"""The one door through which an officer sees a face: a named item, under an access that two officers opened.

Officers have no right on any table of tenants. So a look enters the organization's scope here and nowhere
else, checks the access in the very transaction that reads, and records itself in the organization's own trail
before anything is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compliance.actions import break_glass
from compliance.models import BreakGlass
from portal.audit import actions as audit
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import parse_public_id
from portal.tenancy import secrets
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition import storage
from recognition.models import Candidate, FoundFace, Image, Item, Job


@dataclass(frozen=True)
class Seen:
    """What one look shows: the item and what was found in its photo, or the photo itself.

    Names of subjects and photos of galleries are not among it: they were not named.

    Attributes:
        photo: The stored bytes; empty unless the photo was looked at.
    """

    item: Item
    job: Job
    faces: tuple[FoundFace, ...]
    candidates: tuple[Candidate, ...]
    photo: bytes = b""


def request(*, organization: Organization, items: Sequence[str], reasons: str, by: Actor) -> BreakGlass:
    """Ask for access to named items, which have to exist in the organization; nothing of them is read.

    Raises:
        InvalidInput: `unknown_item`; as for `compliance.actions.break_glass.request`.
        Refused: `own_organization`.
    """
    require_officer(by)
    keys = {text: _key(text) for text in items}
    with tenant_scope(organization):
        known = set(Item.objects.filter(pk__in=keys.values()).values_list("pk", flat=True))
    if unknown := [text for text, key in keys.items() if key not in known]:
        raise _unknown(unknown[0])
    return break_glass.request(organization=organization, items=items, reasons=reasons, by=by)


def look(*, glass: BreakGlass, item: str, part: str, by: Actor) -> Seen:
    """Show one part of a named item to one of the two officers, and record that they looked.

    Args:
        glass: The access.
        item: Public id of a named item.
        part: `item` (what was found in the photo) or `photo` (the photo itself).
        by: The officer.

    Raises:
        NotFound: The item was not named, the officer is not one of the two, or the photo is gone.
        Refused: `glass_closed`.
    """
    with tenant_scope(glass.organization_id):
        row = BreakGlass.objects.get(pk=glass.pk)
        break_glass.require_look(row, item, by)
        found: Item = Item.objects.select_related("image", "job").with_public_id(item)
        if part == "photo" and found.image.purged_at is not None:
            raise NotFound()
        audit.record(
            verb="glass.looked",
            actor=by,
            target=found,
            organization=glass.organization_id,
            access=row.public_id,
            part=part,
        )
        if part == "photo":
            return Seen(found, found.job, (), (), _opened(found.image))
        faces = tuple(FoundFace.objects.filter(item=found).order_by("index"))
        candidates = tuple(Candidate.objects.filter(item=found).select_related("found").order_by("rank"))
        return Seen(found, found.job, faces, candidates)


def _opened(image: Image) -> bytes:
    """Open a photo inside the transaction that records the look: one that cannot be opened was not seen."""
    try:
        return storage.get(image.path, key=secrets.data_key(image.organization_id), owner=image.pk)
    except FileNotFoundError:
        raise NotFound() from None


def _key(text: str) -> Any:
    try:
        return parse_public_id(Item.PREFIX, text)
    except NotFound:
        raise _unknown(text) from None


def _unknown(text: str) -> InvalidInput:
    sentence = f"{text[:40]} is no item of this organization. An item's id begins with itm_."
    return InvalidInput("unknown_item", sentence, field="items")
