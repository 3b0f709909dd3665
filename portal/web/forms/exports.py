"""The forms of an export, and of telling its recipient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedRadios
from recognition.actions.exports import LONGEST_RECIPIENT, Recipient
from recognition.actions.notices import LONGEST_HOW
from recognition.models import Party

_HINTS = {
    Party.ORGANIZATION.value: "A colleague. Results stay with you.",
    Party.UNREGISTERED.value: "Nobody has verified who they are. Most rules do not allow it.",
}


class ExportForm(PlainForm):
    """To whom results go, in which form."""

    to = forms.ChoiceField(label="To whom do the results go?", widget=HintedRadios(hints=_HINTS))
    recipient = forms.CharField(
        max_length=LONGEST_RECIPIENT,
        label="Who receives the file",
        help_text="The person, by name. It is kept with the job and is in no trail.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label="Their email address",
        required=False,
        help_text="We write there if a lead is withdrawn. Without it, you have to tell them yourself.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    format_ = forms.ChoiceField(
        label="Format",
        choices=[("csv", "CSV, one row a candidate"), ("jsonl", "JSON lines, one object a photo")],
        initial="csv",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, bodies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = (Party.ORGANIZATION.value, "Our own organization")
        others = (Party.UNREGISTERED.value, "Somebody who is not in the register")
        self.fields["to"].choices = [own, *bodies, others]  # type: ignore[attr-defined]

    @property
    def to_whom(self) -> Recipient:
        """The recipient as the action takes them."""
        given = self.cleaned_data
        to = given["to"]
        named = {"name": given["recipient"], "email": given["email"]}
        if to in {Party.ORGANIZATION.value, Party.UNREGISTERED.value}:
            return Recipient(party=to, **named)
        return Recipient(party=Party.REGISTERED, end_user=UUID(to), **named)


class ToldForm(PlainForm):
    """How a person told a recipient."""

    how = forms.CharField(
        max_length=LONGEST_HOW,
        label="How did you tell them?",
        help_text="For example: called their desk on June 10 and spoke with the shift leader.",
    )
