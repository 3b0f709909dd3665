"""Forms about members and invitations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils import timezone

from portal.tenancy.models import User
from portal.tenancy.roles import Role
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import DateParts, HintedRadios

_ROLE_HINTS = {role.value: role.description for role in Role}


class InviteForm(PlainForm):
    """Whom to invite, as what."""

    email = forms.EmailField(label="Email address", widget=forms.EmailInput({"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role", choices=Role.choices, widget=HintedRadios(hints=_ROLE_HINTS))


class RoleForm(PlainForm):
    """Another role for a member."""

    role = forms.ChoiceField(label="Role", choices=Role.choices, widget=HintedRadios(hints=_ROLE_HINTS))


class TrainingForm(PlainForm):
    """When a reviewer was trained."""

    trained_on = forms.DateField(
        label="Training completed on", help_text="For example 6 10 2026.", widget=DateParts()
    )

    def clean_trained_on(self) -> Any:
        """A training that lies ahead has not happened."""
        day = self.cleaned_data["trained_on"]
        if day > timezone.now().date():
            raise forms.ValidationError("This day has not come yet.")
        return day


class JoinForm(PlainForm):
    """The account of somebody who was invited and has none."""

    name = forms.CharField(
        max_length=200, label="Your name", widget=forms.TextInput({"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters. A few unrelated words are easy to keep and hard to guess.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        """Apply the platform's rules for passwords."""
        password = str(self.cleaned_data["password"])
        user = User(email=self.email, name=self.cleaned_data.get("name", ""))
        password_validation.validate_password(password, user)
        return password
