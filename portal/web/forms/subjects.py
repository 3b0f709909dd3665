"""Forms about the people in a gallery: names, merges, whom a face shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedCheckboxes
from recognition.actions.orders import LONGEST_SUBJECT

_LONGEST_REASON = 2_000


class _Named(PlainForm):
    name = forms.CharField(
        label="Name or reference",
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput({"class": "govuk-input--width-20", "autocomplete": "off"}),
    )


class _Reasoned(PlainForm):
    reason = forms.CharField(
        label="Why",
        help_text="It stays in the history, with your name.",
        max_length=_LONGEST_REASON,
        widget=forms.Textarea({"rows": 3}),
    )


class RenameForm(_Named):
    """What a person is called from now on."""


class MergeForm(_Named, _Reasoned):
    """Who else this person is."""

    field_order = ("name", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name of the other person"
        self.fields["name"].help_text = "As it stands in this gallery. You see both before anything is done."


class MoveForm(_Named, _Reasoned):
    """Whom a face shows after all."""

    field_order = ("name", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Whom it shows"
        self.fields["name"].help_text = "A person of this gallery, or a new name for somebody new."


class UnmergeForm(_Reasoned):
    """Why two are not one, and which faces that came since go along."""

    faces = forms.MultipleChoiceField(
        label="Enrolled since the merge",
        help_text="These stay unless you choose them.",
        required=False,
        widget=HintedCheckboxes,
    )
    field_order = ("faces", "reason")

    def __init__(self, *args: Any, since: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if since:
            self.fields["faces"].choices = since  # type: ignore[attr-defined]
        else:
            del self.fields["faces"]
