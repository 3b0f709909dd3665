"""Forms of an application: each page is made from its question, so that both say the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from compliance.actions.documents import LARGEST_EVIDENCE
from compliance.policy.errors import PolicyError
from compliance.policy.places import place
from compliance.policy.vocabulary import (
    OrganizationType,
    Record,
)
from compliance.questions import Question
from portal.common.moments import day_in_words
from portal.web.forms.base import PlainForm, say_plainly
from portal.web.forms.widgets import DateParts, HintedCheckboxes, HintedRadios
from portal.web.forms.wording import EVIDENCE_KINDS, HINTS, grouped

_ONE_LINE: Final = frozenset({"legal_name", "legal_form"})


class Places(forms.CharField):
    """Codes of countries and states, one a line or with commas between; cleans to a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea({"rows": 3}), **options)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        """Return the codes, each once."""
        codes = [part.upper() for part in re.split(r"[\s,;]+", super().clean(value) or "") if part]
        try:
            return list(dict.fromkeys(map(place, codes)))
        except PolicyError as error:
            raise forms.ValidationError(error.sentence) from error


class AnswerForm(PlainForm):
    """The form of one question; its heading is the question, so the label is only read aloud."""

    label_class = "govuk-visually-hidden"

    def __init__(
        self, question: Question, *args: Any, only: Collection[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        self.fields[question.name] = field = _field(question)
        if only is not None and isinstance(field, forms.ChoiceField):
            field.choices = _among(field.choices, only)
        say_plainly(field)

    @property
    def answer(self) -> Any:
        """The answer given, as an application keeps it."""
        given = self.cleaned_data[self.question.name]
        return given.isoformat() if isinstance(given, date) else given


def _among(choices: Any, only: Collection[str]) -> list[tuple[str, Any]]:
    """Return the choices that are among those named, without the groups they were in."""
    flat = [
        pair for value, label in choices for pair in (label if isinstance(label, list) else [(value, label)])
    ]
    return [(value, label) for value, label in flat if value in only]


def _field(question: Question) -> forms.Field:
    common: dict[str, Any] = {
        "label": question.text,
        "help_text": HINTS.get(question.name, ""),
        "error_messages": {"required": "Answer this question, or save and exit to come back to it."},
    }
    if question.places:
        return Places(**common)
    if question.day:
        return forms.DateField(widget=DateParts, **common)
    if question.words and question.several:
        return forms.MultipleChoiceField(choices=grouped(question.words), widget=HintedCheckboxes, **common)
    if question.words:
        return forms.ChoiceField(choices=grouped(question.words), widget=HintedRadios, **common)
    if question.name in _ONE_LINE:
        return forms.CharField(max_length=200, **common)
    return forms.CharField(max_length=5000, widget=forms.Textarea({"rows": 6}), **common)


class EndUserForm(PlainForm):
    """One body that an organization works for."""

    name = forms.CharField(
        label="Name of the body",
        max_length=200,
        help_text="The unit itself, not its parent: “Westford Police, Missing Children Unit”.",
    )
    organization_type = forms.ChoiceField(
        label="What it is",
        choices=[("", "Choose"), *grouped(OrganizationType)],
        help_text="An officer verifies it.",
    )
    jurisdiction = forms.RegexField(
        r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$",
        label="Where it is",
        required=False,
        help_text="For example: US-WA or DE",
        widget=forms.TextInput({"class": "govuk-input--width-5"}),
        error_messages={"invalid": "Write a country code, for the United States with the state: US-WA."},
    )

    def clean_jurisdiction(self) -> str:
        """Return the code in capitals."""
        return str(self.cleaned_data["jurisdiction"]).upper()

    @property
    def body(self) -> dict[str, str | None]:
        """The body as an application names it."""
        return {
            name: self.cleaned_data[name] or None for name in ("name", "organization_type", "jurisdiction")
        }


class EvidenceForm(PlainForm):
    """One document."""

    kind = forms.ChoiceField(label="What it shows", choices=[("", "Choose"), *EVIDENCE_KINDS])
    file = forms.FileField(
        label="Document",
        max_length=200,
        help_text="PDF, PNG, JPEG or text, up to 20 MB. It is sealed before it is stored.",
    )
    expires_on = forms.DateField(
        label="Valid until",
        required=False,
        widget=DateParts,
        help_text="If the document says so. For example: 12 31 2027",
    )

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_EVIDENCE:
            raise forms.ValidationError("A document may have 20 MB at most.")
        return file

    def clean_expires_on(self) -> date | None:
        """Refuse a document that has expired."""
        day: date | None = self.cleaned_data["expires_on"]
        if day and day <= timezone.now().date():
            raise forms.ValidationError("This document has expired. Send one that is valid.")
        return day

    @property
    def record(self) -> str:
        """The record the document counts as once an officer verified it, if any."""
        kind = self.cleaned_data["kind"]
        return kind if kind in set(Record) else ""

    @property
    def expires_at(self) -> datetime | None:
        """The end of the last day on which the document is valid."""
        return end_of(self.cleaned_data["expires_on"])


class DeclarationForm(PlainForm):
    """The declaration under an application."""

    declared = forms.BooleanField(
        label="I declare that these answers are true and complete, and that I may speak for us.",
        error_messages={"required": "Declare that the answers are true to submit."},
    )


class ReplyForm(PlainForm):
    """An answer to an officer."""

    body = forms.CharField(
        label="Your answer",
        max_length=5000,
        widget=forms.Textarea({"rows": 6}),
        help_text="The officer sees it at once.",
    )


def end_of(day: date | None) -> datetime | None:
    """Return the last moment of a day in UTC."""
    return datetime.combine(day, time.max, UTC) if day else None


def lines(text: str) -> list[str]:
    """Return the lines of a text that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def as_text(question: Question, answer: Any) -> str:
    """Return an answer as people read it."""
    if answer in (None, "", []):
        return ""
    if question.day:
        return day_in_words(date.fromisoformat(answer))
    values: Sequence[Any] = answer if isinstance(answer, list) else [answer]
    return _joined(question.words(value).label if question.words else _one(value) for value in values)


def _one(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    kind = value.get("organization_type")
    return f"{value['name']} ({OrganizationType(kind).label if kind else 'the organization itself'})"


def _joined(values: Iterable[str]) -> str:
    return ", ".join(values)
