"""Writing events: always in the transaction of what they speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

import rfc8785
from django.db import connection

from portal.audit import witness
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.common.inserts import insert


class Acting(Protocol):
    """Whoever acts: a user, a key or the system."""

    @property
    def id(self) -> str:
        """Its public id."""


class Named(Protocol):
    """Whatever has a public id."""

    @property
    def public_id(self) -> str:
        """The id that people see."""


def record(
    *, verb: str, actor: Acting, target: Named | str, organization: UUID | str | None = None, **payload: Any
) -> Event:
    """Insert the event of a mutation, in the same transaction as the mutation.

    Args:
        verb: One of `VERBS`.
        actor: Who did it.
        target: What it was done to.
        organization: Whose event it is; None for the platform's own.
        **payload: Only keys that the verb lists.

    Raises:
        RuntimeError: Outside a transaction, or a verb or key that is not in the list: mistakes of ours.
    """
    made = event(verb=verb, actor=actor, target=target, organization=organization, **payload)
    insert(made)
    return made


def event(
    *, verb: str, actor: Acting, target: Named | str, organization: UUID | str | None = None, **payload: Any
) -> Event:
    """Return an event that the caller inserts, together with what it speaks of; otherwise like `record`."""
    return _event(verb, actor, target, organization, payload)


def record_many(
    *,
    verb: str,
    actor: Acting,
    about: Iterable[tuple[Named | str, dict[str, Any]]],
    organization: UUID | str | None = None,
) -> list[Event]:
    """Insert one event for each of many things, in a single statement; otherwise like `record`.

    Args:
        verb: One of `VERBS`.
        actor: Who did it.
        about: What it was done to, each with its payload.
        organization: Whose events they are.
    """
    events = [_event(verb, actor, target, organization, payload) for target, payload in about]
    return Event.objects.bulk_create(events)


def _event(
    verb: str, actor: Acting, target: Named | str, organization: UUID | str | None, payload: dict[str, Any]
) -> Event:
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs into the transaction of what it speaks of.")
    known = VERBS.get(verb)
    if known is None or not known.payload.issuperset(payload):
        raise RuntimeError(f"{verb} with {sorted(payload)} is not in the list of events.")
    _require_canonical(verb, payload)
    name = target if isinstance(target, str) else target.public_id
    witness.tell(name)
    return Event(
        verb=verb, actor=actor.id, target=name, organization=str(organization or ""), payload=payload
    )


def _require_canonical(verb: str, payload: dict[str, Any]) -> None:
    """Let in what the log can publish: a payload without canonical form would stop all behind it."""
    try:
        rfc8785.dumps(payload)
    except rfc8785.CanonicalizationError as error:
        raise RuntimeError(f"The payload of {verb} has no canonical form: {error}.") from error
