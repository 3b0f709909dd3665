"""The form of a step on a job: a reason, where one is asked for."""

from __future__ import annotations

from typing import Any, Protocol

from django import forms

from portal.web.forms.base import PlainForm
from recognition.actions.holds import LONGEST_REASON


class Reasoned(Protocol):
    """A step, as far as its form needs to know it."""

    @property
    def reason(self) -> str:
        """Label of the reason; nothing where none is asked for."""

    @property
    def reason_needed(self) -> bool:
        """Whether it has to be given."""


class StepForm(PlainForm):
    """Whether a step is meant, and why."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 3}),
        help_text="Shown on the page of the job. The trail keeps no text.",
    )

    def __init__(self, *args: Any, step: Reasoned, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not step.reason:
            del self.fields["reason"]
            return
        self.fields["reason"].label = step.reason
        self.fields["reason"].required = step.reason_needed
