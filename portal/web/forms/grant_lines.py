"""The lines of a determination: each grant that an officer gives, with its conditions and ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from compliance.findings import NEVER_INFERRED, USUAL_OPERATIONS, Line
from compliance.models import Grant
from compliance.models.fields import choices
from compliance.policy.obligations import TOP_SIMILARITY, Obligations
from compliance.policy.vocabulary import Attribute, MoratoriumStatus, Operation, Purpose, Review
from portal.common.moments import day_in_words
from portal.web.forms.base import PlainForm
from portal.web.forms.onboarding import end_of, lines
from portal.web.forms.widgets import DateParts, HintedCheckboxes, HintedRadios

LONGEST_DAYS: Final = 365
_STATUS_HINTS: Final = {
    MoratoriumStatus.NOT_COVERED: "No moratorium in force covers this purpose for this end user.",
    MoratoriumStatus.EXEMPT: "Covered, and an exemption names purpose, end user and end. Takes two officers.",
    MoratoriumStatus.CONDITIONAL: "The moratorium itself allows it, with conditions.",
    MoratoriumStatus.COVERED: "A moratorium covers it: every request is refused.",
}


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
    exemption_expires_on = forms.DateField(
        label="Exemption holds until",
        required=False,
        widget=DateParts,
        help_text="Not later than the line ends. Left empty: as long as the line.",
    )
    attributes = forms.MultipleChoiceField(
        label="Attributes that may be inferred",
        required=False,
        widget=HintedCheckboxes,
        choices=[pair for pair in choices(Attribute) if pair[0] not in NEVER_INFERRED],
        help_text="Whatever is not chosen is refused, and race or ethnicity always.",
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
        """Ask a granted line for its exemption where it is exempt, and for the attributes it infers."""
        cleaned = super().clean() or {}
        if cleaned.get("granted"):
            self._clean_exemption(cleaned)
            self._clean_attributes(cleaned)
        return cleaned

    def _clean_exemption(self, cleaned: dict[str, Any]) -> None:
        exempt = cleaned.get("moratorium_status") == MoratoriumStatus.EXEMPT
        if exempt and not cleaned.get("exemption"):
            self.add_error("exemption", "Name the exemption.")
        if day := cleaned.get("exemption_expires_on"):
            self._clean_end_of_exemption(day, cleaned.get("expires_on"), exempt=exempt)

    def _clean_end_of_exemption(self, day: date, line_ends_on: date | None, *, exempt: bool) -> None:
        name = "exemption_expires_on"
        if not exempt:
            self.add_error(name, "This line is not exempt. Leave the day empty, or choose the status Exempt.")
        elif day < timezone.now().date():
            self.add_error(name, "An exemption cannot have ended already. Give today or a later day.")
        elif line_ends_on and day > line_ends_on:
            sentence = f"The line ends on {day_in_words(line_ends_on)}. Give that day or an earlier one."
            self.add_error(name, sentence)

    def _clean_attributes(self, cleaned: dict[str, Any]) -> None:
        if "operations" not in cleaned or "attributes" not in cleaned:
            return  # what is wrong with them is said already
        infers, named = Operation.ATTRIBUTES in cleaned["operations"], cleaned["attributes"]
        if infers and not named:
            sentence = "Choose what may be inferred, or leave out the operation Infer attributes."
            self.add_error("attributes", sentence)
        elif named and not infers:
            sentence = "Choose the operation Infer attributes as well, or leave these unchosen."
            self.add_error("attributes", sentence)

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
            exemption_expires_at=end_of(given["exemption_expires_on"]) if exempt else None,
            attributes=frozenset(map(Attribute, given["attributes"])),
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
        "exemption_expires_on": _day(line.exemption_expires_at),
        "attributes": sorted(line.attributes),
        "expires_on": line.expires_at.date(),
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


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
