"""The determination form: what an officer finds about an organization, and each line that is granted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from compliance.findings import USUAL_OPERATIONS, Finding, Line
from compliance.models import Grant
from compliance.models.fields import choices
from compliance.policy.obligations import TOP_SIMILARITY, Obligations
from compliance.policy.vocabulary import (
    MoratoriumStatus,
    Operation,
    OrganizationType,
    Purpose,
    Record,
    Review,
)
from portal.web.forms.base import PlainForm
from portal.web.forms.onboarding import Places, end_of, lines
from portal.web.forms.widgets import DateParts, HintedCheckboxes, HintedRadios
from portal.web.forms.wording import grouped

LONGEST_DAYS: Final = 365
_STATUS_HINTS: Final = {
    MoratoriumStatus.NOT_COVERED: "No moratorium in force covers this purpose for this end user.",
    MoratoriumStatus.EXEMPT: "Covered, and an exemption names purpose, end user and end. Takes two officers.",
    MoratoriumStatus.CONDITIONAL: "The moratorium itself allows it, with conditions.",
    MoratoriumStatus.COVERED: "A moratorium covers it: every request is refused.",
}


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


class LineForm(PlainForm):
    """One grant: a purpose for a named end user."""

    granted = forms.BooleanField(label="Grant this line", required=False)
    operations = forms.MultipleChoiceField(
        label="Operations",
        widget=HintedCheckboxes,
        choices=choices(Operation),
        error_messages={"required": "Choose at least one operation."},
    )
    moratorium_status = forms.ChoiceField(
        label="Moratorium status of this line",
        error_messages={"required": "Say how a moratorium bears on this line."},
        widget=HintedRadios(hints={str(one): hint for one, hint in _STATUS_HINTS.items()}),
        choices=[(one.value, one.label) for one in _STATUS_HINTS],
    )
    exemption = forms.ChoiceField(label="Exemption", required=False, help_text="Only for an exempt line.")
    exemption_evidence = forms.CharField(
        label="What the exemption rests on",
        required=False,
        max_length=200,
        help_text="Document, case or order.",
    )
    expires_on = forms.DateField(
        label="Ends on",
        widget=DateParts,
        help_text="Twelve months from today at most.",
        error_messages={"required": "Give the day on which the grant ends."},
    )
    case_reference = forms.CharField(
        label="Only for case",
        required=False,
        max_length=100,
        help_text="An urgent grant is for one case and 72 hours at most.",
    )
    review = forms.ChoiceField(
        label="Human review beyond what the rules demand",
        required=False,
        choices=[
            ("", "As the rules demand"),
            *[(one.value, one.label) for one in Review if one != Review.NONE],
        ],
    )
    reviewers = forms.IntegerField(
        label="Reviewers of each candidate", required=False, min_value=1, max_value=5
    )
    min_similarity = forms.FloatField(
        label="Lowest similarity", required=False, min_value=0, max_value=TOP_SIMILARITY
    )
    false_candidate_budget = forms.FloatField(
        label="Most false candidates to expect in a search",
        required=False,
        min_value=0.001,
        help_text="The threshold rises until no more are to be expected. Usually 1.",
    )
    images_in_30_days = forms.IntegerField(label="Most images in 30 days", required=False, min_value=1)
    gallery_faces = forms.IntegerField(label="Most faces in a gallery", required=False, min_value=1)
    retention_days = forms.IntegerField(
        label="Most days that faces are kept", required=False, min_value=1, max_value=3650
    )
    recipients = forms.MultipleChoiceField(
        label="Results may go only to",
        required=False,
        widget=HintedCheckboxes,
        help_text="None chosen: to anybody whom the rules allow.",
    )
    conditions = forms.CharField(
        label="For people to keep, one a line",
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="The organization reads these; no machine enforces them. Everything above is enforced.",
    )

    def __init__(
        self,
        purpose: Purpose,
        end_user: str,
        exemptions: Iterable[str],
        recipients: Iterable[tuple[str, str]],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.purpose, self.end_user = purpose, end_user
        self.fields["recipients"].choices = list(recipients)  # type: ignore[attr-defined]
        self.fields["exemption"].choices = [("", "None"), *((one, one) for one in exemptions)]  # type: ignore[attr-defined]

    @property
    def is_granted(self) -> bool:
        """Whether the line was chosen."""
        return bool(self.cleaned_data.get("granted"))

    def clean(self) -> dict[str, Any]:
        """Ask an exempt line for its exemption."""
        cleaned = super().clean() or {}
        exempt = cleaned.get("moratorium_status") == MoratoriumStatus.EXEMPT
        if cleaned.get("granted") and exempt and not cleaned.get("exemption"):
            self.add_error("exemption", "Name the exemption.")
        return cleaned

    def full_clean(self) -> None:
        """Ask a line that is not granted for nothing."""
        if self.is_bound and f"{self.prefix}-granted" not in self.data:
            for field in self.fields.values():
                field.required = False
        super().full_clean()

    def clean_expires_on(self) -> date | None:
        """Refuse a day in the past or more than twelve months ahead."""
        day: date | None = self.cleaned_data["expires_on"]
        today = timezone.now().date()
        if day and not today <= day <= today + timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError("A grant ends within twelve months from today.")
        return day

    def line(self) -> Line:
        """Return the grant proposed."""
        given = self.cleaned_data
        exempt = given["moratorium_status"] == MoratoriumStatus.EXEMPT
        end = end_of(given["expires_on"])
        if end is None:  # a granted line without an end does not pass clean()
            raise ValueError("expires_on")
        return Line(
            purpose=self.purpose,
            end_user=self.end_user,
            operations=frozenset(map(Operation, given["operations"])),
            moratorium_status=MoratoriumStatus(given["moratorium_status"]),
            exemption=given["exemption"] if exempt else None,
            exemption_evidence=given["exemption_evidence"] if exempt else "",
            expires_at=end,
            case_reference=given["case_reference"] or None,
            conditions=self._conditions(),
        )

    def _conditions(self) -> Obligations:
        given = self.cleaned_data
        return Obligations(
            review=Review(given["review"] or Review.NONE),
            reviewers=given["reviewers"] or 1,
            min_similarity=given["min_similarity"],
            false_candidate_budget=given["false_candidate_budget"],
            images_in_30_days=given["images_in_30_days"],
            gallery_faces=given["gallery_faces"],
            retention_days=given["retention_days"],
            recipients=frozenset(given["recipients"]) or None,
            conditions=frozenset(lines(given["conditions"])),
        )


def line_initial(kept: Grant | None = None) -> dict[str, Any]:
    """Return what a line form starts with: the usual operations and the longest term, no status.

    Args:
        kept: The grant that there is for it: the line starts as that stands, with its end.
    """
    if kept is not None:
        return _as_granted(kept)
    return {
        "operations": sorted(USUAL_OPERATIONS),
        "expires_on": timezone.now().date() + timedelta(days=LONGEST_DAYS),
        "reviewers": 1,
    }


def _as_granted(grant: Grant) -> dict[str, Any]:
    line, demands = grant.line, grant.line.conditions
    return {
        "granted": True,
        "operations": sorted(line.operations),
        "moratorium_status": line.moratorium_status,
        "exemption": line.exemption or "",
        "exemption_evidence": grant.exemption_evidence,
        "expires_on": line.exempt_until.date(),
        "review": "" if demands.review is Review.NONE else demands.review,
        "reviewers": demands.reviewers,
        "min_similarity": demands.min_similarity,
        "false_candidate_budget": demands.false_candidate_budget,
        "images_in_30_days": demands.images_in_30_days,
        "gallery_faces": demands.gallery_faces,
        "retention_days": demands.retention_days,
        "recipients": sorted(demands.recipients or ()),
        "conditions": "\n".join(sorted(demands.conditions)),
    }
