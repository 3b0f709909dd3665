"""The form that supposes other facts: every fact a rule can look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any, Final

from django import forms

from compliance.models.fields import choices
from compliance.policy.dimensions import FACT_LABELS
from compliance.policy.vocabulary import (
    Attribute,
    AuthorizationOutcome,
    ImageSource,
    Operation,
    OrganizationStatus,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    SubjectClass,
)
from portal.web.forms.base import PlainForm
from portal.web.forms.onboarding import Places
from portal.web.forms.widgets import DateParts, HintedCheckboxes
from portal.web.forms.wording import grouped

NONE: Final = "none"
# A fact that nobody stated, or that nobody can know, is told for all facts alike; a grant is no such fact.
OPEN_FACTS: Final = tuple((name, label) for name, label in FACT_LABELS.items() if name != "grants")
_NOBODY: Final = (NONE, "There is none")
_GROUPS: Final = (
    (
        "Who",
        (
            "organization_type",
            "organization_status",
            "end_user",
            "end_user_type",
            "recipient",
            "recipient_type",
            "key_operator_type",
            "requested_by",
            "binding",
        ),
    ),
    (
        "What for",
        ("purpose", "operation", "subject_class", "case_reference", "attributes", "grant"),
    ),
    ("Photos and gallery", ("probe_source", "gallery_source", "threshold", "gallery_size")),
    ("Volume", ("images_used", "faces_after", "gallery_retention_days")),
    ("Where and when", ("establishment", "processing", "subjects", "day")),
    (
        "Papers",
        ("records", "authorization", "authorization_on", "authorization_until"),
    ),
    ("Not stated, not knowable", ("unstated", "unknowable")),
)


def _number(label: str, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=10**9, **options)


def _source(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[_NOBODY, *choices(ImageSource)])


class WhatIfForm(PlainForm):
    """Facts of a request, each as declared until it is changed."""

    all_optional = True  # a fact left out is worth trying

    organization_type = forms.ChoiceField(label="Organization type", choices=grouped(OrganizationType))
    organization_status = forms.ChoiceField(label="Organization status", choices=choices(OrganizationStatus))
    end_user = forms.ChoiceField(
        label="End user",
        choices=[
            ("organization", "The organization itself"),
            ("registered", "A body in the register"),
            ("unregistered", "A body that is not in the register"),
        ],
    )
    end_user_type = forms.ChoiceField(
        label="Type of the end user",
        choices=grouped(OrganizationType),
        help_text="Where the organization is its own end user, its type counts.",
    )
    recipient = forms.ChoiceField(
        label="Who gets the results",
        choices=[
            (NONE, "They stay with the organization"),
            ("end_user", "The end user"),
            ("other", "Another body"),
            ("person", "A private person"),
        ],
    )
    recipient_type = forms.ChoiceField(
        label="Type of that other body", required=False, choices=[("", "-"), *grouped(OrganizationType)]
    )
    key_operator_type = forms.ChoiceField(
        label="Who runs the program",
        required=False,
        choices=[("", "The organization itself"), *grouped(OrganizationType)],
    )
    requested_by = forms.ChoiceField(label="Requested by", choices=choices(RequestedBy))
    binding = forms.ChoiceField(
        label="Key",
        choices=[
            (NONE, "A person asks, no key"),
            ("kept", "A key bound to this purpose and end user"),
            ("exceeded", "A key bound to another one"),
        ],
    )
    purpose = forms.ChoiceField(label="Purpose", choices=grouped(Purpose))
    operation = forms.ChoiceField(label="Operation", choices=choices(Operation))
    subject_class = forms.ChoiceField(label="Who the subject is", choices=choices(SubjectClass))
    case_reference = forms.ChoiceField(
        label="Case reference", choices=[("present", "Given with each request"), _NOBODY]
    )
    attributes = forms.MultipleChoiceField(
        label="Attributes asked for", required=False, widget=HintedCheckboxes, choices=choices(Attribute)
    )
    grant = forms.ChoiceField(
        label="Grant",
        choices=[
            ("supposed", "As if an officer granted it"),
            ("absent", "Nothing is granted"),
            ("expired", "Granted, and it has ended"),
            ("covered", "Granted, and recorded as covered by a moratorium"),
        ],
    )
    probe_source = _source("Source of the photos searched with")
    gallery_source = _source("Source of the gallery's photos")
    threshold = forms.FloatField(label="Similarity asked for", required=False, min_value=0, max_value=100)
    gallery_size = _number("Faces in the gallery")
    images_used = _number("Images within 30 days")
    faces_after = _number("Faces once it is done")
    gallery_retention_days = _number("Days that the gallery keeps faces")
    establishment = Places(label="Established in", required=False)
    processing = Places(label="Processed in", required=False)
    subjects = Places(label="People live in", required=False)
    records = forms.MultipleChoiceField(
        label="Records on file", required=False, widget=HintedCheckboxes, choices=choices(Record)
    )
    authorization = forms.ChoiceField(
        label="Authorization of a court or authority", choices=[_NOBODY, *choices(AuthorizationOutcome)]
    )
    authorization_on = forms.DateField(
        label="Asked for or given on", required=False, widget=DateParts, help_text="Today unless given."
    )
    authorization_until = forms.DateField(label="Valid until", required=False, widget=DateParts)
    day = forms.DateField(
        label="On which day",
        required=False,
        widget=DateParts,
        help_text="Today unless given. For example: 7 1 2021",
    )
    unstated = forms.MultipleChoiceField(
        label="Facts that nobody stated", required=False, widget=HintedCheckboxes, choices=OPEN_FACTS
    )
    unknowable = forms.MultipleChoiceField(
        label="Facts that nobody can know", required=False, widget=HintedCheckboxes, choices=OPEN_FACTS
    )

    def clean(self) -> dict[str, Any]:
        """Ask another recipient for its type, and let a fact be open in one way only."""
        cleaned = super().clean() or {}
        if cleaned.get("recipient") == "other" and not cleaned.get("recipient_type"):
            self.add_error("recipient_type", "Say what kind of body it is.")
        if set(cleaned.get("unstated") or ()) & set(cleaned.get("unknowable") or ()):
            self.add_error("unknowable", "A fact is either not stated or not knowable.")
        return cleaned

    def groups(self) -> Iterator[dict[str, Any]]:
        """Yield the fields in groups; a group with an error is open."""
        for number, (title, names) in enumerate(_GROUPS):
            fields = [self[name] for name in names]
            yield {
                "title": title,
                "fields": fields,
                "open": number == 0 or any(field.errors for field in fields),
            }

    @property
    def moment(self) -> datetime | None:
        """Noon of the day supposed, in UTC; None for now."""
        return noon(self.cleaned_data["day"])


def noon(day: Any) -> datetime | None:
    """Return noon of a day, in UTC; None where no day is given."""
    return datetime.combine(day, time(12), UTC) if day else None
