"""State machines: a table of allowed transitions and the one guarded UPDATE that performs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

from portal.common.errors import Conflict


class Transitions:
    """Which status may follow which."""

    def __init__(self, table: Mapping[str, Iterable[str]]) -> None:
        self._table = {str(old): frozenset(str(new) for new in following) for old, following in table.items()}

    def allows(self, old: str, new: str) -> bool:
        """Tell whether `new` may follow `old`."""
        return str(new) in self._table.get(str(old), frozenset())

    def following(self, old: str) -> frozenset[str]:
        """Return every status that may follow `old`; empty for an end state."""
        return self._table.get(str(old), frozenset())

    def pairs(self) -> set[tuple[str, str]]:
        """Return every allowed (old, new)."""
        return {(old, new) for old, following in self._table.items() for new in following}


def move(instance: Model, to: str, *, table: Transitions, **fields: Any) -> None:
    """Move `instance` to another status, and set `fields` with it, if nobody moved it meanwhile.

    Raises:
        Conflict: `transition_not_allowed` when the table has no such step, `state_changed` when the row is
            no longer in the status that the caller saw.
    """
    old = instance.status  # type: ignore[attr-defined]  # every model with a status names it so
    if not table.allows(old, to):
        raise Conflict("transition_not_allowed", f"This cannot go from {old} to {to}.", status=str(old))
    manager = type(instance)._default_manager
    changed = manager.filter(pk=instance.pk, status=old).update(status=to, **fields)
    if not changed:
        raise Conflict("state_changed", "This changed while you were looking at it. Open it again.")
    for name, value in {"status": to, **fields}.items():
        setattr(instance, name, value)
