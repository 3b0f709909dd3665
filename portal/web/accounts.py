"""How allauth treats accounts here: open sign-up, and an event for each change of an account."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.db import transaction
from django.http import HttpRequest

from portal.audit import actions as audit
from portal.tenancy.actor import Actor
from portal.tenancy.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is open: whoever has an account may apply; what they may do is decided by people."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is not right."
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Allow new accounts."""
        return True

    def save_user(self, request: HttpRequest, user: User, form: forms.Form, commit: bool = True) -> User:
        """Save a new account with its event; allauth asks for `commit=False` where it saves later."""
        user.name = form.cleaned_data.get("name", "").strip()
        if not commit:
            super().save_user(request, user, form, commit=False)
            return user
        with transaction.atomic():
            super().save_user(request, user, form)
            audit.record(verb="user.created", actor=Actor.for_user(user), target=user)
        return user

    def set_password(self, user: User, password: str) -> None:
        """Change a password with its event."""
        with transaction.atomic():
            super().set_password(user, password)
            audit.record(verb="user.password_changed", actor=Actor.for_user(user), target=user)
