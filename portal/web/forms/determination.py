"""The determination form: what an officer finds about an organization; its lines are in `grant_lines`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from compliance.findings import Finding, Line
from compliance.models.fields import choices
from compliance.policy.vocabulary import OrganizationType, Record
from portal.web.forms.base import PlainForm
from portal.web.forms.onboarding import Places
from portal.web.forms.widgets import HintedCheckboxes, HintedRadios
from portal.web.forms.wording import grouped


class FindingForm(PlainForm):
    """What an officer finds about an organization, beside its lines."""

    outcome = forms.ChoiceField(
        label="Outcome",
        widget=HintedRadios(hints={"rejected": "Nothing is granted; the lines above are left aside."}),
        choices=[("granted", "Grant the lines chosen above"), ("rejected", "Reject the application")],
    )
    organization_type = forms.ChoiceField(
        label="Organization type, as verified", choices=grouped(OrganizationType)
    )
    type_evidence = forms.MultipleChoiceField(
        label="Evidence that shows the type",
        error_messages={"required": "Choose the verified document that shows the type."},
        widget=HintedCheckboxes,
        help_text="Only documents that were verified can be chosen.",
    )
    legal_form = forms.CharField(label="Legal form", required=False, max_length=100)
    onward_service = forms.BooleanField(label="It resells or passes results on", required=False)
    establishment = Places(label="Established in", required=False)
    processing = Places(label="Images processed in", required=False)
    subjects = Places(label="People in the images live in", required=False)
    records = forms.MultipleChoiceField(
        label="Records you have seen",
        required=False,
        widget=HintedCheckboxes(attrs={"class": "two-columns"}),
        choices=choices(Record),
        help_text="Verified documents of these kinds count by themselves.",
    )
    reasons = forms.CharField(
        label="Reasons",
        max_length=10_000,
        widget=forms.Textarea({"rows": 6}),
        help_text="The organization reads them once it is decided.",
    )

    def __init__(self, evidence: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type_evidence"].choices = list(evidence)  # type: ignore[attr-defined]  # a choice field

    def full_clean(self) -> None:
        """Ask a rejection for no evidence of the type."""
        self.fields["type_evidence"].required = self.data.get("outcome") != "rejected"
        super().full_clean()

    def finding(self, granted: Iterable[Line]) -> Finding:
        """Return the finding with the lines granted."""
        given = self.cleaned_data
        return Finding(
            organization_type=OrganizationType(given["organization_type"]),
            reasons=given["reasons"],
            outcome=given["outcome"],
            lines=tuple(granted) if given["outcome"] == "granted" else (),
            type_evidence=tuple(given["type_evidence"]),
            legal_form=given["legal_form"],
            onward_service=given["onward_service"],
            establishment=frozenset(given["establishment"]),
            processing=frozenset(given["processing"]),
            subjects=frozenset(given["subjects"]),
            records=frozenset(map(Record, given["records"])),
        )
