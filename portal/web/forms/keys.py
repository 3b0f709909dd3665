"""The form of a new API key."""

from __future__ import annotations

from typing import Any

from django import forms

from compliance.policy.vocabulary import ImageSource, RequestedBy, SubjectClass, Word
from portal.tenancy.actions.keys import LONGEST_DAYS
from portal.tenancy.defaults import LEAST_BUDGET, LONGEST, LONGEST_RETENTION, MOST_BUDGET
from portal.tenancy.models import KeyKind, RotationReason
from portal.web.forms.base import PlainForm
from portal.web.forms.key_scopes import ScopesField
from recognition.actions.records import LONGEST_REFERENCE

DEFAULTS = (
    "requested_by",
    "subject_class",
    "probe_source",
    "recipient",
    "case_reference",
    "legal_basis",
    "owner",
    "retention_days",
    "image_source",
    "budget",
)


def optional_choices(words: type[Word], nothing: str = "Stated with each call") -> list[tuple[str, str]]:
    """Return the words of a list after what it means to choose none of them."""
    return [("", nothing), *[(word.value, word.label) for word in words]]


class KeyForm(PlainForm):
    """A key for one purpose and one end user, with the facts its calls may leave out."""

    name = forms.CharField(max_length=100, label="Name", help_text="The program that will use it.")
    grant = forms.ChoiceField(
        label="Purpose and end user",
        help_text="The key works for this alone. Calls for anything else are refused.",
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(
        label="What it is for",
        choices=KeyKind.choices,
        initial=KeyKind.PROGRAM,
        required=False,
        widget=forms.RadioSelect,
        help_text="A key for tests goes with a line for bias audits or research evaluations.",
    )
    days = forms.IntegerField(
        label="Days until it ends",
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
        widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-4"}),
    )
    scopes = ScopesField()
    requested_by = forms.ChoiceField(
        label="Requested by", required=False, choices=optional_choices(RequestedBy), widget=forms.Select
    )
    subject_class = forms.ChoiceField(
        label="Who is searched for", required=False, choices=optional_choices(SubjectClass)
    )
    probe_source = forms.ChoiceField(
        label="Where probe photos come from", required=False, choices=optional_choices(ImageSource)
    )
    recipient = forms.ChoiceField(label="Recipient of the results", required=False)
    case_reference = forms.CharField(
        label="Case reference",
        required=False,
        max_length=LONGEST_REFERENCE,
        help_text="Of all calls that name none. A program written for Rekognition can name none, and "
        "searches for people need one.",
    )
    budget = forms.FloatField(
        label="False candidates a search may have",
        required=False,
        min_value=LEAST_BUDGET,
        max_value=MOST_BUDGET,
        help_text="How many strangers one search may be expected to name. 1 where nothing stands here.",
        widget=forms.TextInput({"inputmode": "decimal", "class": "govuk-input--width-4"}),
    )
    legal_basis = forms.CharField(label="Legal basis", required=False, max_length=LONGEST)
    owner = forms.CharField(
        label="Owner", required=False, max_length=LONGEST, help_text="Who answers for them."
    )
    retention_days = forms.IntegerField(
        label="Days until a face is erased",
        required=False,
        min_value=1,
        max_value=LONGEST_RETENTION,
        widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-4"}),
    )
    image_source = forms.ChoiceField(
        label="Where enrolled photos come from",
        required=False,
        choices=optional_choices(ImageSource, nothing="Not stated"),
    )

    def __init__(
        self,
        *args: Any,
        grants: list[tuple[str, str]],
        recipients: list[tuple[str, str]],
        may_test: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.may_test = self.fields["kind"].required = may_test  # else nobody is asked: it is for a program
        self.fields["grant"].choices = grants  # type: ignore[attr-defined]
        stated: Any = [("", "Stated with each call"), *recipients]
        self.fields["recipient"].choices = stated  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse scopes of a key that does one thing."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("scopes") and values.get("kind") == KeyKind.ACCURACY:
            self.add_error("scopes", "A key for independent tests has none of these: it does one thing.")
        return values

    @property
    def defaults(self) -> dict[str, Any]:
        """The facts a call may leave out; "nobody" is an answer."""
        chosen = {name: self.cleaned_data[name] for name in DEFAULTS if self.cleaned_data[name]}
        if chosen.get("recipient") == "none":
            chosen["recipient"] = None
        return chosen


class RotationForm(PlainForm):
    """Why an organization gets a new data key."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[choice for choice in RotationReason.choices if choice[0] != RotationReason.FIRST],
        widget=forms.RadioSelect,
    )
