"""Accounts and officers."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from portal.audit import actions as audit
from portal.common.errors import Conflict
from portal.tenancy.actor import Actor
from portal.tenancy.models import Officer, User


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


def appoint_officer(*, user: User, by: Actor) -> Officer:
    """Make a user a compliance officer.

    Raises:
        Conflict: `already_officer`.
    """
    with transaction.atomic():
        officer, made = Officer.objects.get_or_create(user=user)
        if not made:
            raise Conflict("already_officer", "This person is an officer already.")
        audit.record(verb="officer.created", actor=by, target=officer)
    return officer
