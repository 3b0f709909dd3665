"""The forms of webhooks: what is sent where, a new secret, a replay."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedCheckboxes
from portal.webhooks.actions import LONGEST_DESCRIPTION, MOST_OVERLAP_HOURS, OVERLAP_HOURS
from portal.webhooks.keeping import KEPT
from portal.webhooks.kinds import CHOOSABLE, KINDS
from portal.webhooks.targets import LONGEST

_SHORT = {"inputmode": "numeric", "class": "govuk-input--width-4"}


class WebhookForm(PlainForm):
    """Where events go, and which."""

    url = forms.CharField(
        max_length=LONGEST,
        label="Address",
        help_text="Of your receiver, for example https://hooks.example.org/countenance. It has to be on the "
        "public internet.",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}),
    )
    description = forms.CharField(
        max_length=LONGEST_DESCRIPTION,
        required=False,
        label="Name",
        help_text="What receives them, for people. May be left out.",
    )
    types = forms.MultipleChoiceField(
        choices=[(name, KINDS[name].sentence) for name in CHOOSABLE],
        required=False,
        label="What is sent",
        help_text="Choose nothing and everything is sent, types that come later too.",
        widget=HintedCheckboxes(hints={name: name for name in CHOOSABLE}),
    )


class SecretForm(PlainForm):
    """How long the old secret signs too."""

    overlap_hours = forms.IntegerField(
        label="Hours that the old secret signs too",
        help_text="So long you have to give the receiver the new one. 0 where the old one is in other hands.",
        min_value=0,
        max_value=MOST_OVERLAP_HOURS,
        initial=OVERLAP_HOURS,
        widget=forms.TextInput(_SHORT),
    )


class ReplayForm(PlainForm):
    """How far back."""

    days = forms.IntegerField(
        label="Days back to send again what failed",
        min_value=1,
        max_value=KEPT.days,
        initial=1,
        widget=forms.TextInput(_SHORT),
    )


def initial_of(endpoint: Any) -> dict[str, Any]:
    """Return what the form of an endpoint begins with."""
    return {"url": endpoint.url, "description": endpoint.description, "types": endpoint.types}
