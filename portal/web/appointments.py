"""Appointing an officer from a shell: the account is theirs alone, the password never passes the shell."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from portal.tenancy.actions import people
from portal.tenancy.actor import Actor
from portal.tenancy.models import User

BY = Actor.system("shell")


def appoint(email: str) -> User:
    """Make an officer's account without a password and mail the link that sets one.

    An account that exists already is refused: whoever registered an address first must not become an
    officer by it.

    Raises:
        Conflict: `email_taken`.
    """
    with transaction.atomic():
        user = people.create_user(email=email, name="", password=None, by=BY)
        people.appoint_officer(user=user, by=BY)
    words = {"link": _link(user), "email": user.email, "base_url": settings.BASE_URL}
    send_mail(
        "Your account as a compliance officer",
        render_to_string("email/officer_appointed.txt", words),
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
    )
    return user


def _link(user: User) -> str:
    # The token covers the password, so the link works until one is set, for at most PASSWORD_RESET_TIMEOUT.
    where = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=where)
