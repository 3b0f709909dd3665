"""Who acts: a user in one organization, a key, an officer, or the system."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from portal.common.errors import Refused
from portal.tenancy.models import ApiKey, KeyKind, Membership, User
from portal.tenancy.roles import (
    KEY_PERMISSIONS,
    NAMED_KEY_PERMISSIONS,
    TESTER_PERMISSIONS,
    Permission,
    Role,
)


@dataclass(frozen=True)
class Actor:
    """Frozen at the door of a request, handed down as `by=`."""

    kind: str  # user, key, system
    id: str
    label: str
    user_id: UUID | None = None
    organization_id: UUID | None = None
    role: Role | None = None
    is_officer: bool = False
    key_id: UUID | None = None
    key_kind: str = ""
    purpose: str | None = None
    end_user_id: UUID | None = None
    scopes: frozenset[str] = frozenset()  # of a key; none named: all that keys may have

    @property
    def person(self) -> UUID:
        """The id of the user behind the actor.

        Raises:
            Refused: `person_needed`, for programs and the system.
        """
        if self.user_id is None:
            raise Refused("person_needed", "A person has to do this, signed in with their own account.")
        return self.user_id

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the actor may do in its organization."""
        if self.key_kind == KeyKind.ACCURACY:
            return TESTER_PERMISSIONS
        if self.kind == "key":
            return NAMED_KEY_PERMISSIONS & self.scopes if self.scopes else KEY_PERMISSIONS
        return self.role.permissions if self.role else frozenset()

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor has a permission in its organization."""
        return permission in self.permissions

    @classmethod
    def for_user(cls, user: User, membership: Membership | None = None) -> Actor:
        """Return the actor of a signed-in user, acting in one organization or as officer."""
        officer = getattr(user, "officer", None)
        return cls(
            kind="user",
            id=user.public_id,
            label=str(user),
            user_id=user.pk,
            organization_id=membership.organization_id if membership else None,
            role=Role(membership.role) if membership else None,
            is_officer=bool(officer and officer.active),
        )

    @classmethod
    def for_key(cls, key: ApiKey) -> Actor:
        """Return the actor of a program."""
        return cls(
            kind="key",
            id=key.public_id,
            label=str(key),
            organization_id=key.organization_id,
            key_id=key.pk,
            key_kind=key.kind,
            purpose=key.purpose,
            end_user_id=key.end_user_id,
            scopes=frozenset(key.scopes),
        )

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return the platform itself, e.g. `system:reconciler`."""
        return cls(kind="system", id=f"system:{name}", label=f"Countenance ({name})")
