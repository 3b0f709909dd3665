"""What a key may do: the scopes it was made with. What its organization may do is the gate's matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.api.authentication import Caller, caller_of
from portal.common.errors import Refused
from portal.tenancy.roles import Permission


class Guarded(Protocol):
    """An endpoint, as far as its guard needs to know it."""

    needs: Mapping[str, tuple[Permission, ...]]


class HasScope(BasePermission):
    """Lets a key on where it has one of the permissions that the endpoint names for the method."""

    def has_permission(self, request: Request, view: Guarded) -> bool:  # type: ignore[override]
        """Return True, or raise.

        Raises:
            Refused: `scope`, the key lacks what the method needs.
        """
        method = "GET" if request.method == "HEAD" else request.method
        require_scope(caller_of(request), *view.needs.get(method or "", ()))
        return True


def require_scope(caller: Caller, *needed: Permission) -> None:
    """Let a key on that has one of the permissions; any key where none is needed.

    Raises:
        Refused: `scope`.
    """
    if needed and not any(caller.may(permission) for permission in needed):
        words = " or ".join(permission.value for permission in needed)
        raise Refused("scope", f"This key does not have the scope {words}. Use a key that has it.")
