"""Accounts of officers: theirs alone, made without a password, which the mailed link sets."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from portal.tenancy.actions import officers, people
from portal.tenancy.actor import Actor
from portal.tenancy.models import OfficerProposal, User

SHELL = Actor.system("shell")


def from_shell(email: str) -> User | OfficerProposal:
    """Appoint one of the first two officers, or propose the next to the two there are.

    An account that exists already is refused: whoever registered an address first must not become an
    officer by it.

    Raises:
        Conflict: `email_taken`, `already_officer` or `proposed_already`.
    """
    if officers.takes_two():
        return officers.propose(email=email, by=SHELL)
    with transaction.atomic():
        user = people.create_user(email=email, name="", password=None, by=SHELL)
        officers.appoint(user=user, by=SHELL)
    send_link(user)
    return user


def send_link(user: User) -> None:
    """Mail a new officer the link that sets their password."""
    words = {"link": _link(user), "email": user.email, "base_url": settings.BASE_URL}
    send_mail(
        "Your account as a compliance officer",
        render_to_string("email/officer_appointed.txt", words),
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
    )


def _link(user: User) -> str:
    # The token covers the password, so the link works until one is set, for at most PASSWORD_RESET_TIMEOUT.
    where = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=where)
