"""Three organizations, made through the real actions: Alice's is cleared, Bob's barred, Charlie's a stranger.

| who | organization | purpose | stands |
|---|---|---|---|
| Alice | a child protection charity | find_missing_child | cleared |
| Bob | a police department | criminal_investigation_lead | barred by the moratorium |
| Charlie | another charity | find_missing_child | cleared, and a stranger to the others |
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from PIL import Image

from compliance import findings
from compliance.actions import determinations, end_users
from compliance.findings import Line
from compliance.models import EndUser
from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType, Purpose
from portal.tenancy.actions import keys, organizations, people
from portal.tenancy.actions.keys import NewKey
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User

_numbers = itertools.count(1)
SYSTEM = Actor.system("tests")
DEFAULTS = {
    "recipient": None,
    "requested_by": "self",
    "case_reference": "CASE-1",
    "subject_class": "missing_child",
    "image_source": "guardian",
}


@dataclass(frozen=True)
class Side:
    """One organization with its administrator and a key."""

    organization: Organization
    person: User
    end_user: EndUser
    purpose: str
    key: NewKey

    @property
    def actor(self) -> Actor:
        """The administrator, signed in."""
        membership = Membership.objects.get(organization=self.organization, user=self.person)
        return Actor.for_user(self.person, membership)

    def new_key(self, **changes: Any) -> NewKey:
        """Another key, like the first unless changed."""
        values = {"end_user": self.end_user, "purpose": self.purpose} | changes
        return _key(self.organization, self.actor, **values)


@dataclass(frozen=True)
class World:
    """The three."""

    alice: Side
    bob: Side
    charlie: Side


def new_world() -> World:
    """Return three new organizations with names of their own."""
    number = next(_numbers)
    return World(
        alice=new_side(f"Harbor Light {number}"),
        bob=new_side(
            f"Eastbrook Police {number}",
            organization_type=OrganizationType.LAW_ENFORCEMENT_LOCAL,
            purpose=Purpose.CRIMINAL_INVESTIGATION_LEAD,
            status=MoratoriumStatus.COVERED,
        ),
        charlie=new_side(f"Quayside Aid {number}"),
    )


def new_side(
    name: str,
    *,
    organization_type: OrganizationType = OrganizationType.CHILD_PROTECTION_NGO,
    purpose: Purpose = Purpose.FIND_MISSING_CHILD,
    status: MoratoriumStatus = MoratoriumStatus.NOT_COVERED,
    **line: Any,
) -> Side:
    """Found an organization, determine its standing and make it a key."""
    email = f"{name.replace(' ', '.').lower()}.{next(_numbers)}@example.org"
    person = people.create_user(email=email, name=name, password=None, by=SYSTEM)
    organization = organizations.create(name=name, administrator=person, by=SYSTEM, synthetic=True)
    end_user = end_users.itself(organization, organization_type, by=SYSTEM)
    granted = Line(
        purpose=purpose,
        end_user=str(end_user.pk),
        expires_at=timezone.now() + timedelta(days=90),
        moratorium_status=status,
        **line,
    )
    places = dict.fromkeys(("establishment", "processing", "subjects"), frozenset({"US"}))
    finding = findings.of_synthetic(organization, granted, organization_type=organization_type, **places)
    determinations.determine_synthetic(organization=organization, finding=finding, by=SYSTEM)
    by = Actor.for_user(person, Membership.objects.get(organization=organization, user=person))
    key = _key(organization, by, end_user=end_user, purpose=purpose)
    return Side(organization, person, end_user, purpose, key)


def jpeg(color: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (200, 200)) -> bytes:
    """A photo of one color, with bytes of its own each time."""
    picture = Image.new("RGB", size, color)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", comment=str(next(_numbers)))
    return buffer.getvalue()


def _key(organization: Organization, by: Actor, *, end_user: EndUser, purpose: str, **changes: Any) -> NewKey:
    values = {
        "name": "Program",
        "purpose": str(purpose),
        "end_user_id": end_user.pk,
        "expires_at": timezone.now() + timedelta(days=30),
        "defaults": DEFAULTS,
    }
    return keys.create(organization=organization, by=by, **values | changes)
