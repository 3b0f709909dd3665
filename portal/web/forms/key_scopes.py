"""What a key may do and how it is replaced, as choices in forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms

from portal.tenancy.actions.keys import LONGEST_DAYS
from portal.tenancy.roles import KEY_PERMISSIONS, NAMED_KEY_PERMISSIONS, Permission
from portal.web.forms.base import PlainForm

_P = Permission
_LABELS: Final[dict[Permission, str]] = {
    _P.UPLOAD: "Upload photos",
    _P.SUBMIT_JOBS: "Submit jobs and search",
    _P.VIEW_RESULTS: "Read results",
    _P.EXPORT: "Record what became of leads",
    _P.MANAGE_GALLERIES: "Manage galleries and the people in them",
    _P.MANAGE_CASES: "Manage case records",
    _P.ERASE: "Erase people and galleries",
    _P.RECALL_RESULTS: "Call results back",
    _P.RENEW_KEYS: "Re-key galleries",
    _P.REEMBED: "Move galleries to another model",
    _P.MANAGE_WEBHOOKS: "Manage webhooks",
    _P.ROTATE_KEYS: "Rotate its own key",
    _P.VIEW_TRAIL: "Read the whole trail, past its own purpose",
}


def _choices() -> list[tuple[str, str]]:
    """Return every scope; what a key has only by name says so."""
    named = NAMED_KEY_PERMISSIONS - KEY_PERMISSIONS
    order = [*_LABELS, *sorted(NAMED_KEY_PERMISSIONS - set(_LABELS))]
    return [(scope.value, label_of(scope) + (" *" if scope in named else "")) for scope in order]


def label_of(scope: str) -> str:
    """Return a scope in words."""
    return _LABELS.get(Permission(scope), scope.replace("_", " ").capitalize())


class ScopesField(forms.MultipleChoiceField):
    """What a key may do; nothing chosen is everything that needs no choosing."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=_choices(),
            required=False,
            label="What it may do",
            help_text="Choose none and it may do everything but what is marked *. What is marked has to be "
            "chosen by name.",
            **options,
        )


class KeyRotationForm(PlainForm):
    """How a key is replaced by a new one."""

    overlap = forms.TypedChoiceField(
        label="How long the old key goes on working",
        coerce=int,
        choices=[
            (0, "Not at all: it ends at once"),
            (1, "1 day"),
            (7, "7 days"),
            (30, "30 days"),
        ],
        initial=7,
        widget=forms.RadioSelect,
        help_text="Never longer than it would have. What runs at its request stops when it ends.",
    )
    days = forms.IntegerField(
        label="Days until the new key ends",
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
        widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-4"}),
    )

    @property
    def overlapping(self) -> timedelta:
        """How long both work."""
        return timedelta(days=self.cleaned_data["overlap"])
