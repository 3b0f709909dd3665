"""Forms of accounts: allauth's, with the person's name at sign-up and our words where something lacks."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from django import forms

from portal.web.forms.base import say_plainly


class _Plain:
    """Says what to mend in our words, and labels as we write them; to be mixed into a form of allauth."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]  # of the form it is mixed into
            say_plainly(field)
            field.label = str(field.label).capitalize()


class SignupForm(_Plain, allauth.SignupForm):
    """A new account: who it is, and how they sign in."""

    name = forms.CharField(
        max_length=200,
        label="Your name",
        help_text="Colleagues and officers see it beside what you do.",
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1", "password2")


class LoginForm(_Plain, allauth.LoginForm):
    """Signing in."""


class ResetPasswordForm(_Plain, allauth.ResetPasswordForm):
    """Asking for a new password."""


class ResetPasswordKeyForm(_Plain, allauth.ResetPasswordKeyForm):
    """Setting it."""


class ChangePasswordForm(_Plain, allauth.ChangePasswordForm):
    """Changing one's password."""
