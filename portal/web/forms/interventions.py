"""The form with which an officer steps in on a job."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedRadios
from recognition.actions.holds import LONGEST_REASON

HOLD: Final = "hold"
RESUME: Final = "resume"
RECALL: Final = "recall"


class InterventionForm(PlainForm):
    """Which job, what is done to it, and why."""

    job = forms.CharField(
        label="Job",
        max_length=40,
        help_text="Its id, as the trail and the organization name it: job_…",
        widget=forms.TextInput({"class": "govuk-input--width-20 mono", "autocomplete": "off"}),
    )
    step = forms.ChoiceField(
        label="What is done",
        choices=[(HOLD, "Hold the job"), (RESUME, "Let it go on"), (RECALL, "Recall its results")],
        widget=HintedRadios(
            hints={
                HOLD: "At once, by any officer. Nothing runs or is read before an officer lets it go on.",
                RESUME: "By the officer of this case. The rules are asked again first.",
                RECALL: "By the officer of this case. Recipients of exports are told. It cannot be undone.",
            }
        ),
    )
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=LONGEST_REASON,
        help_text="The organization reads it. Not needed to let a job go on.",
        widget=forms.Textarea({"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Whoever holds or recalls says why."""
        cleaned = super().clean() or {}
        if cleaned.get("step") in {HOLD, RECALL} and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", "Say why.")
        return cleaned
