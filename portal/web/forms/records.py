"""Forms about case records."""

from __future__ import annotations

from typing import Any

from django import forms

from compliance.policy.vocabulary import PEOPLE_FINDING, Purpose, RequestedBy
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import DateParts
from recognition.actions.record_photos import LONGEST_NOTE
from recognition.actions.records import AUTHORITY_KINDS, LONGEST_REFERENCE, LONGEST_TEXT
from recognition.ages import span
from recognition.details import RecordDetails
from recognition.models import CaseRecord

_WIDE = {"class": "govuk-input--width-20", "autocomplete": "off"}


class DayOrYear(forms.CharField):
    """A day, or the year alone where nobody knows the day; cleans to `2014-03-07` or `2014`."""

    widget = DateParts

    def prepare_value(self, value: Any) -> Any:
        """Show a year alone in its own field."""
        return f"{value}--" if isinstance(value, str) and value and "-" not in value else value

    def to_python(self, value: Any) -> str:
        """Join what was typed."""
        text = super().to_python(value) or ""
        year, _, rest = text.partition("-")
        month, _, day = rest.partition("-")
        if not any((year, month, day)):
            return ""
        stated = year if not month and not day else f"{year:0>4}-{month:0>2}-{day:0>2}"
        try:
            return str(span(stated))
        except ValueError:
            sentence = "Enter the year alone, or month, day and year. For example: 5 17 2014"
            raise forms.ValidationError(sentence) from None


class RecordChangeForm(PlainForm):
    """What of a case record can be changed later."""

    reference = forms.CharField(
        label="Reference",
        max_length=LONGEST_REFERENCE,
        help_text="Under which it stands in your files. Searches that state it belong to this case.",
        widget=forms.TextInput(_WIDE),
    )
    requested_by = forms.ChoiceField(
        label="On whose request",
        choices=[(word.value, word.label) for word in RequestedBy],
        help_text="Where a family asks, add the report or the proof of custody below.",
    )
    born = DayOrYear(
        label="Date of birth", required=False, help_text="The year alone if that is all you know."
    )
    missing_since = DayOrYear(
        label="Missing since", required=False, help_text="The year alone if that is all you know."
    )
    authority_kind = forms.ChoiceField(
        label="What is on file",
        required=False,
        choices=[("", "Nothing yet"), *AUTHORITY_KINDS.items()],
    )
    authority_issuer = forms.CharField(
        label="Who issued it",
        required=False,
        max_length=LONGEST_TEXT,
        help_text="The police unit that took the report, or the court.",
    )
    authority_reference = forms.CharField(
        label="Its reference", required=False, max_length=LONGEST_TEXT, widget=forms.TextInput(_WIDE)
    )
    authority_dated = DayOrYear(label="Its date", required=False)


class RecordForm(RecordChangeForm):
    """A new case record."""

    purpose = forms.ChoiceField(label="Purpose", help_text="It never changes.")
    field_order = (
        "reference",
        "purpose",
        *[name for name in RecordChangeForm.base_fields if name != "reference"],
    )

    def __init__(self, *args: Any, granted: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(word.value, word.label) for word in Purpose if word in PEOPLE_FINDING]
        own = [pair for pair in words if pair[0] in granted]
        others = [pair for pair in words if pair[0] not in granted]
        choices: Any = [*own, *([("Not granted: searches would be refused", others)] if others else [])]
        self.fields["purpose"].choices = choices  # type: ignore[attr-defined]

    @property
    def details(self) -> RecordDetails:
        """What is known of the person."""
        return RecordDetails(**{name: self.cleaned_data[name] for name in RecordDetails.__dataclass_fields__})


class PhotoForm(PlainForm):
    """What is known of a photo."""

    taken = DayOrYear(
        label="When it was taken",
        required=False,
        help_text="The year alone if that is all you know. Empty where nobody knows.",
    )
    edited = forms.BooleanField(
        label="It was edited", required=False, help_text="Colored, sharpened, cut out of a larger photo."
    )
    age_progressed = forms.BooleanField(
        label="It was age-progressed",
        required=False,
        help_text="An artist or a program made the person look older or younger.",
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=LONGEST_NOTE,
        help_text="What helps to compare: glasses, a scar, who gave the photo.",
        widget=forms.Textarea({"rows": 3}),
    )


class NewPhotoForm(PhotoForm):
    """A photo to add."""

    photo = forms.FileField(label="Photo", allow_empty_file=True)
    field_order = ("photo", "taken", "edited", "age_progressed", "note")


class LinkForm(PlainForm):
    """Which case a person in a gallery is the one of."""

    reference = forms.CharField(
        label="Case reference",
        max_length=LONGEST_REFERENCE,
        help_text="When the person of the case is found, they are erased from this gallery too.",
        widget=forms.TextInput(_WIDE),
    )


def change_initial(record: CaseRecord, known: RecordDetails) -> dict[str, Any]:
    """Return a record's values for `RecordChangeForm`."""
    return {"reference": record.reference, "requested_by": record.requested_by} | vars(known)
