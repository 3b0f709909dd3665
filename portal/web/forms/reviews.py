"""The forms of a judgment, and of what becomes of a lead."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedRadios
from recognition.actions.leads import LONGEST_SOURCE
from recognition.models import Compared, OutcomeStatus, Verdict

_OUTCOMES = {
    OutcomeStatus.CONFIRMED.value: "Somebody or something else showed that it is this person.",
    OutcomeStatus.RULED_OUT.value: "It is somebody else.",
    OutcomeStatus.UNKNOWN.value: "It was followed up, and nothing came of it.",
}


class VerdictForm(PlainForm):
    """A verdict, which is the button that was pressed, the checklist, and what the reviewer saw."""

    verdict = forms.ChoiceField(choices=Verdict.choices, label="Verdict")
    compared = forms.MultipleChoiceField(
        label="What did you compare?",
        help_text="In both faces. What cannot be seen in one of them was not compared.",
        choices=Compared.choices,
        widget=forms.CheckboxSelectMultiple({"class": "checklist"}),
        error_messages={"required": "Mark what you compared in both faces."},
    )
    reason = forms.CharField(
        max_length=1000,
        label="What did you see?",
        help_text="A sentence that another reviewer understands: the ear lobes, a scar, the hairline.",
        widget=forms.Textarea({"rows": 3}),
    )


class OutcomeForm(PlainForm):
    """What became of a lead."""

    outcome = forms.ChoiceField(
        label="What became of it?", choices=OutcomeStatus.choices, widget=HintedRadios(hints=_OUTCOMES)
    )
    source = forms.CharField(
        max_length=LONGEST_SOURCE,
        label="Where is that known from?",
        help_text="A person, a body, a document or a test. Never the similarity.",
    )
    reason = forms.CharField(max_length=1000, label="What was found?", widget=forms.Textarea({"rows": 3}))


class WithdrawForm(PlainForm):
    """Why a lead is taken back."""

    reason = forms.CharField(
        max_length=1000,
        label="Why is it no lead any more?",
        help_text="Kept with the lead. The letter to recipients does not carry it.",
        widget=forms.Textarea({"rows": 3}),
    )


class AgainForm(PlainForm):
    """With which new photo a candidate is judged again."""

    photo = forms.ChoiceField(
        label="New photo",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the new photo."},
    )
    reason = forms.CharField(
        max_length=1000, label="What does it show better?", widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, photos: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photo"].choices = photos  # type: ignore[attr-defined]
