"""One call: who asks for which operation with what, and what is to be said besides the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.common.errors import Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, Organization
from portal.tenancy.roles import Permission

Answer = dict[str, Any]


@dataclass(frozen=True)
class WireCall:
    """A call whose signature and input are checked.

    Attributes:
        operation: Name in the service's model.
        values: The input; what was left out is not in it.
        key: Who asks, with the facts their calls leave unsaid.
        actor: The same, for domain calls.
        region: It was signed for.
        headers: Of the answer; operations add what the service's shapes have no place for.
    """

    operation: str
    values: Mapping[str, Any]
    key: ApiKey
    actor: Actor
    region: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def organization(self) -> Organization:
        """Whose key it is."""
        return self.key.organization

    def __getitem__(self, name: str) -> Any:
        """Return a member of the input that has to be there."""
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member of the input, or what counts where it was left out."""
        return self.values.get(name, default)


@dataclass(frozen=True)
class Operation:
    """What an operation does, and of which scopes a key needs one."""

    run: Callable[[WireCall], Answer]
    needs: tuple[Permission, ...]


def require_scope(call: WireCall, operation: Operation) -> None:
    """Let a key on that has one of the scopes.

    Raises:
        Refused: `scope`.
    """
    if not any(call.actor.may(permission) for permission in operation.needs):
        words = " or ".join(permission.value for permission in operation.needs)
        sentence = f"This key does not have the scope {words}."
        raise Refused("scope", sentence, rule="scope", remedy="Use a key that has it.")
