"""The form of a judgment."""

from __future__ import annotations

from django import forms

from recognition.models import CandidateStatus


class VerdictForm(forms.Form):
    """A verdict, which is the button that was pressed, and what the reviewer compared."""

    verdict = forms.ChoiceField(choices=CandidateStatus.choices[1:], label="Verdict")
    reason = forms.CharField(
        max_length=1000,
        label="What did you compare?",
        help_text="A sentence that another reviewer understands: shape of the ears, a scar, the hairline.",
        widget=forms.Textarea({"rows": 3}),
    )
