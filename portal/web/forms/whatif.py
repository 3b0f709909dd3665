"""The form that supposes other facts."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django import forms

from compliance.models.fields import choices
from compliance.policy.vocabulary import (
    ImageSource,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    SubjectClass,
)
from portal.web.forms.onboarding import Places
from portal.web.forms.widgets import DateParts, HintedCheckboxes
from portal.web.forms.wording import grouped


class WhatIfForm(forms.Form):
    """Facts of a request, each as declared until it is changed."""

    all_optional = True  # a place left out is a fact left out, which is worth trying

    organization_type = forms.ChoiceField(label="Organization type", choices=grouped(OrganizationType))
    end_user_type = forms.ChoiceField(
        label="Type of the end user",
        choices=grouped(OrganizationType),
        help_text="Where the organization is its own end user, its type counts.",
    )
    purpose = forms.ChoiceField(label="Purpose", choices=grouped(Purpose))
    requested_by = forms.ChoiceField(label="Requested by", choices=choices(RequestedBy))
    subject_class = forms.ChoiceField(label="Who the subject is", choices=choices(SubjectClass))
    image_source = forms.ChoiceField(label="Source of the photos", choices=choices(ImageSource))
    case_reference = forms.BooleanField(label="With a case reference", required=False)
    establishment = Places(label="Established in", required=False)
    processing = Places(label="Processed in", required=False)
    subjects = Places(label="People live in", required=False)
    records = forms.MultipleChoiceField(
        label="Records on file", required=False, widget=HintedCheckboxes, choices=choices(Record)
    )
    day = forms.DateField(
        label="On which day",
        required=False,
        widget=DateParts,
        help_text="Today unless given. For example: 7 1 2021",
    )

    @property
    def moment(self) -> datetime | None:
        """Noon of the day supposed, in UTC; None for now."""
        day = self.cleaned_data["day"]
        return datetime.combine(day, time(12), UTC) if day else None
