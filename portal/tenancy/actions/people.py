"""Accounts."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from portal.audit import actions as audit
from portal.common.errors import Conflict
from portal.tenancy.actor import Actor
from portal.tenancy.models import User


def create_user(*, email: str, name: str, password: str | None, by: Actor) -> User:
    """Create an account.

    Raises:
        Conflict: `email_taken`.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
            audit.record(verb="user.created", actor=by, target=user)
    except IntegrityError:
        raise Conflict("email_taken", "There is an account with this address already.") from None
    return user
