"""Names of the members and keys behind the ids that jobs, photos and events keep as text."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.models import ApiKey, Membership, Organization, User

OFFICE = "Compliance office"
PLATFORM = "Countenance"


def names_of(ids: Iterable[str], organization: Organization) -> dict[str, str]:
    """Return how a member of the organization reads each actor, in two queries however many there are.

    Members, also former ones, and keys have their name; an officer is the compliance office, not a person.
    """
    wanted = set(ids)
    users = [key for key in (_key(User.PREFIX, text) for text in wanted) if key]
    keys = [key for key in (_key(ApiKey.PREFIX, text) for text in wanted) if key]
    members = Membership.objects.filter(organization=organization, user__in=users).select_related("user")
    found = {member.user.public_id: str(member.user) for member in members}
    programs = ApiKey.objects.filter(organization=organization, pk__in=keys)
    found |= {key.public_id: f"Key {key.name}" for key in programs}
    return {text: found.get(text) or _stranger(text) for text in wanted}


def name_of(text: str, organization: Organization) -> str:
    """Return how a member of the organization reads one actor."""
    return names_of([text], organization)[text]


def _stranger(text: str) -> str:
    return OFFICE if text.startswith(f"{User.PREFIX}_") else PLATFORM


def _key(prefix: str, text: str) -> UUID | None:
    try:
        return parse_public_id(prefix, text)
    except NotFound:
        return None
