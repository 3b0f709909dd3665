"""Who looks on while events are written: a call that has to know afterwards what was made in its name.

The witness is told inside the transaction of the event, so that what it writes is kept or lost with it; what
it raises undoes the mutation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Witness = Callable[[str], None]

_current: ContextVar[Witness | None] = ContextVar("witness", default=None)


@contextmanager
def witnessed_by(witness: Witness | None) -> Iterator[None]:
    """Tell a witness of every event that this thread writes meanwhile: the id of what it was done to."""
    token = _current.set(witness)
    try:
        yield
    finally:
        _current.reset(token)


def tell(target: str) -> None:
    """Tell the witness, if there is one, of an event on a target."""
    if witness := _current.get():
        witness(target)
