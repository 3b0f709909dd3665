"""What a key may do: the scopes it was made with. What its organization may do is the gate's matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.api.authentication import Caller, caller_of
from portal.common.errors import Refused
from portal.tenancy.models import KeyKind
from portal.tenancy.roles import Permission


class Guarded(Protocol):
    """An endpoint, as far as its guard needs to know it."""

    needs: Mapping[str, tuple[Permission, ...]]
    allowed_methods: Sequence[str]


class HasScope(BasePermission):
    """Lets a key on where it has one of the permissions that the endpoint names for the method."""

    def has_permission(self, request: Request, view: Guarded) -> bool:  # type: ignore[override]
        """Return True, or raise; a method that the endpoint does not have is its own to answer, with 405.

        Raises:
            Refused: `key_kind`, keys of another kind open this; `scope`, the key lacks what is needed.
        """
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in view.allowed_methods:
            return True
        caller, needed = caller_of(request), view.needs.get(method, ())
        require_kind(caller, *needed)
        require_scope(caller, *needed)
        return True


def require_kind(caller: Caller, *needed: Permission) -> None:
    """Let keys for independent tests on where those are made, and no other key; to them all else is closed.

    Raises:
        Refused: `key_kind`.
    """
    tests, is_tester = Permission.TEST_ACCURACY in needed, caller.key.kind == KeyKind.ACCURACY
    if is_tester and not tests:
        raise Refused("key_kind", "This key is for independent tests: it opens accuracy/ and nothing else.")
    if tests and not is_tester:
        raise Refused(
            "key_kind",
            "Only a key for independent tests opens this. An administrator makes one, where a grant for bias "
            "audits or research evaluations allows it.",
        )


def require_scope(caller: Caller, *needed: Permission) -> None:
    """Let a key on that has one of the permissions; any key where none is needed.

    Raises:
        Refused: `scope`.
    """
    if needed and not any(caller.may(permission) for permission in needed):
        words = " or ".join(permission.value for permission in needed)
        raise Refused("scope", f"This key does not have the scope {words}. Use a key that has it.")
