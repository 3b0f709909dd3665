"""The facts of a job as a person states them: for whom, on whose request, in which case, who is shown."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django import forms

from compliance.policy.vocabulary import (
    AuthorizationOutcome,
    ImageSource,
    RequestedBy,
    SubjectClass,
    Word,
)
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import DateParts
from portal.web.lines import NOBODY, Line, recipients_of
from recognition.models import Job, JobKind

AUTHORIZATION = ("issuer", "reference", "issued_on", "outcome")


def _choices(words: type[Word]) -> list[tuple[str, str]]:
    return [("", "Choose"), *[(word.value, word.label) for word in words]]


class FactsForm(PlainForm):
    """What is declared of a job."""

    end_user = forms.ChoiceField(
        label="For whom", help_text="End users of your determination for this purpose."
    )
    requested_by = forms.ChoiceField(
        label="On whose request", choices=_choices(RequestedBy), help_text="Who asked you to do it."
    )
    case_reference = forms.CharField(
        label="Case reference",
        required=False,
        max_length=100,
        help_text="Under which it stands in your files. You may be asked for it later.",
        widget=forms.TextInput({"class": "govuk-input--width-20", "autocomplete": "off"}),
    )
    subject_class = forms.ChoiceField(label="Who the photos show", choices=_choices(SubjectClass))
    probe_source = forms.ChoiceField(label="Where the photos come from", choices=_choices(ImageSource))
    recipient = forms.ChoiceField(label="Who receives the results")
    issuer = forms.CharField(
        label="Who authorized it",
        required=False,
        max_length=200,
        help_text="A court, an authority, or who reported the person missing. Needed where a family asks.",
    )
    reference = forms.CharField(
        label="Reference of the authorization",
        required=False,
        max_length=100,
        widget=forms.TextInput({"class": "govuk-input--width-20", "autocomplete": "off"}),
    )
    issued_on = forms.DateField(label="Issued on", required=False, widget=DateParts())
    outcome = forms.ChoiceField(
        label="What they answered", required=False, choices=_choices(AuthorizationOutcome)
    )

    def clean(self) -> dict[str, Any]:
        """An authorization is stated whole or not at all."""
        cleaned = super().clean() or {}
        stated = [name for name in AUTHORIZATION if cleaned.get(name)]
        for name in AUTHORIZATION:
            if stated and name not in stated and name not in self.errors:
                self.add_error(name, "State this too, or leave all four out.")
        return cleaned

    @property
    def end_user_id(self) -> UUID | None:
        """The end user chosen, None where the determination names none."""
        value = self.cleaned_data.get("end_user")
        return UUID(value) if value else None

    @property
    def facts(self) -> dict[str, Any]:
        """What is declared besides purpose and end user, as far as it was filled in."""
        names = ("requested_by", "subject_class", "probe_source")
        facts = {name: value for name in names if (value := self.cleaned_data.get(name))}
        facts["case_reference"] = self.cleaned_data.get("case_reference") or None
        recipient = self.cleaned_data.get("recipient")
        if recipient:
            facts["recipient"] = None if recipient == NOBODY else recipient
        return facts | self._authorization

    @property
    def _authorization(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: self.cleaned_data.get(name) for name in AUTHORIZATION}
        if not all(values.values()):
            return {}
        issued_at = datetime.combine(values.pop("issued_on"), time(), UTC)
        return {"authorization": {**values, "issued_at": issued_at.isoformat()}}

    def offer(self, lines: list[Line]) -> None:
        """Offer the end users of the determination, and who may receive results."""
        users = [(line.end_user, f"{line.name} ({line.short})") for line in lines]
        self._choose("end_user", users or [("", "Nobody was granted for this purpose")])
        self.fields["end_user"].required = bool(users)
        self._choose("recipient", recipients_of(lines))

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class TakeOverForm(FactsForm):
    """The facts of a job that a person takes over: filled in as they were stated, to be stated anew."""

    def __init__(self, data: Any, *, job: Job, lines: list[Line]) -> None:
        super().__init__(data, initial=_stated(job))
        self.offer(lines)
        if job.kind == JobKind.ENROLL:
            del self.fields["probe_source"]


def _stated(job: Job) -> dict[str, Any]:
    """Return what was stated of a job, as the form shows it."""
    names = ("requested_by", "case_reference", "subject_class", "probe_source")
    initial = {name: job.facts.get(name) for name in names} | {"end_user": str(job.end_user_id or "")}
    if "recipient" in job.facts:
        initial["recipient"] = job.facts["recipient"] or NOBODY
    if authorization := job.facts.get("authorization"):
        issued = datetime.fromisoformat(authorization["issued_at"]).astimezone(UTC)
        initial |= {name: authorization.get(name) for name in ("issuer", "reference", "outcome")}
        initial["issued_on"] = issued.date()
    return initial
