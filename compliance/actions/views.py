"""Views of the queue that officers keep for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from compliance.impartiality import officer_key
from compliance.models import SavedView
from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope

MOST_VIEWS = 20
LONGEST_NAME = 60


def save(*, name: str, query: str, by: Actor) -> SavedView:
    """Keep a filter under a name.

    Raises:
        InvalidInput: `name_missing` or `name_too_long`.
        Conflict: `name_taken`, or `too_many_views`.
    """
    called, officer_id = _name(name), officer_key(by)
    with officer_scope():
        if SavedView.objects.filter(officer_id=officer_id).count() >= MOST_VIEWS:
            raise Conflict("too_many_views", f"You keep {MOST_VIEWS} views. Delete one you do not need.")
        with _once(called):
            view = SavedView.objects.create(officer_id=officer_id, name=called, query=query[:300])
        audit.record(verb="view.saved", actor=by, target=view, organization=None)
    return view


def rename(*, view: SavedView, name: str, by: Actor) -> SavedView:
    """Give a view of one's own another name.

    Raises:
        NotFound: It is another officer's.
        InvalidInput: `name_missing` or `name_too_long`.
        Conflict: `name_taken`.
    """
    called = _name(name)
    with officer_scope():
        row = _own(view, by)
        row.name = called
        with _once(called):
            row.save(update_fields=["name"])
        audit.record(verb="view.renamed", actor=by, target=row, organization=None)
    return row


def delete(*, view: SavedView, by: Actor) -> None:
    """Delete a view of one's own.

    Raises:
        NotFound: It is another officer's.
    """
    with officer_scope():
        row = _own(view, by)
        audit.record(verb="view.deleted", actor=by, target=row, organization=None)
        row.delete()


def _own(view: SavedView, by: Actor) -> SavedView:
    row = SavedView.objects.filter(pk=view.pk, officer_id=officer_key(by)).first()
    if row is None:
        raise NotFound()
    return row


def _name(name: str) -> str:
    called = " ".join(name.split())
    if not called:
        raise InvalidInput("name_missing", "Give the view a name.", field="name")
    if len(called) > LONGEST_NAME:
        raise InvalidInput("name_too_long", f"A name has at most {LONGEST_NAME} characters.", field="name")
    return called


@contextmanager
def _once(name: str) -> Iterator[None]:
    """Turn a name that is taken into a sentence."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Conflict("name_taken", f"You keep a view “{name}” already. Choose another name.") from None
