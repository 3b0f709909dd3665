"""Forms of the checklist: one for each item, and the choice of the type whose list is shown."""

from __future__ import annotations

from typing import Any

from django import forms

from compliance.actions.checklists import Answer
from compliance.models import ChecklistAnswer
from compliance.models.review import Found
from compliance.policy.vocabulary import OrganizationType
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedRadios
from portal.web.forms.wording import grouped


class TypeForm(PlainForm):
    """Whose checklist is shown."""

    all_optional = True

    type = forms.ChoiceField(label="Checklist of", required=False, choices=grouped(OrganizationType))


class ItemForm(PlainForm):
    """What was found about one item."""

    all_optional = True  # an item may wait

    found = forms.ChoiceField(
        label="What you found", required=False, widget=HintedRadios, choices=Found.choices
    )
    evidence = forms.CharField(
        label="What it rests on",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        help_text="What you saw, where and when; or why it does not apply or is lacking. Officers only.",
    )

    def __init__(self, code: str, standing: ChecklistAnswer | None, *args: Any, **kwargs: Any) -> None:
        initial = {"found": standing.found, "evidence": standing.evidence} if standing else {}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.code = code

    @property
    def is_answered(self) -> bool:
        """Whether something was chosen."""
        return bool(self.cleaned_data.get("found"))

    def clean(self) -> dict[str, Any]:
        """Ask an answer for what it rests on, and what is written for its answer."""
        cleaned = super().clean() or {}
        if cleaned.get("found") and not cleaned.get("evidence"):
            self.add_error("evidence", "Say what it rests on.")
        if cleaned.get("evidence") and not cleaned.get("found"):
            self.add_error("found", "Say what you found.")
        return cleaned

    def answer(self) -> Answer:
        """Return what was found."""
        return Answer(self.code, self.cleaned_data["found"], self.cleaned_data["evidence"])
