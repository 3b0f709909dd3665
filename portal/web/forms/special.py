"""Forms of the special cases: measures, incidents, demands and breaches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django import forms

from compliance.actions.incidents import OUTCOMES
from compliance.actions.legal_demands import EVERYTHING
from compliance.actions.suspensions import LIFT, REVOKE
from compliance.models.breaches import BreachStep
from compliance.models.legal import DemandAnswer, DemandKind
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.models import Organization
from portal.web.forms.base import PlainForm
from portal.web.forms.onboarding import end_of
from portal.web.forms.widgets import DateParts, HintedRadios

_LONG = 5_000
OUTCOME_WORDS = {
    LIFT: ("Lift", "It can work again under the grants it has. Lifting a suspension takes a second officer."),
    REVOKE: ("Revoke", "Nothing is granted any more, for good. Takes a second officer."),
    "upheld": ("Uphold the decision", "It stands. The organization is told your reasons."),
}


def long_text(label: str, hint: str, rows: int = 4, **options: Any) -> forms.CharField:
    """Return a field for sentences of an officer or an organization."""
    return forms.CharField(
        label=label, help_text=hint, max_length=_LONG, widget=forms.Textarea({"rows": rows}), **options
    )


class OrganizationField(forms.CharField):
    """An organization by its name as in the directory, or by its id."""

    def __init__(self, **options: Any) -> None:
        hint = "Its name as in the directory, or its id (org_…)."
        super().__init__(label="Organization", max_length=200, help_text=hint, **options)

    def clean(self, value: Any) -> Organization:
        """Return the one organization that is meant."""
        text = super().clean(value)
        found = list(_organizations(text)[:2])
        if not found:
            raise forms.ValidationError("There is no organization of this name. Look in the directory.")
        if len(found) > 1:
            raise forms.ValidationError("Several organizations have this name. Give the id of the one meant.")
        return found[0]


def _organizations(text: str) -> Any:
    try:
        return Organization.objects.filter(pk=parse_public_id(Organization.PREFIX, text))
    except NotFound:
        return Organization.objects.filter(name__iexact=text)


class ReasonsForm(PlainForm):
    """Reasons that the organization reads."""

    reasons = long_text("Reasons", "The organization reads them. It takes effect at once.")


class ObjectionForm(PlainForm):
    """What speaks against a measure."""

    reasons = long_text("What speaks against it", "Officers only. The measure stays in force; all are told.")


class RevokeForm(ReasonsForm):
    """What is taken away of one grant."""

    what = forms.ChoiceField(label="What is revoked", widget=HintedRadios)
    field_order = ("what", "reasons")

    def __init__(self, exempt: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        exemption = [("exemption", "Its exemption: the moratorium covers it from now on")] if exempt else []
        self.fields["what"].choices = [*exemption, ("grant", "The grant itself")]  # type: ignore[attr-defined]


class IncidentForm(PlainForm):
    """Suspected misuse or a complaint."""

    organization = OrganizationField()
    summary = forms.CharField(label="What it is about, in a few words", max_length=200)
    details = long_text("What is known", "Officers only.", rows=6)
    shown = forms.BooleanField(
        label="Show the case to the organization",
        required=False,
        help_text="Leave it out while you look into a suspicion.",
    )


class CloseForm(PlainForm):
    """What was found, where nothing is granted or refused."""

    outcome = forms.ChoiceField(label="Outcome", widget=HintedRadios)
    reasons = long_text("What was found", "Officers only.")

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [(one.value, one.label) for one in OUTCOMES.get(kind, ())]  # type: ignore[attr-defined]
        if kind == "person_request":
            self.fields["reasons"].label = "Answer to the person"
            self.fields["reasons"].help_text = "It is mailed to them as you write it."


class OutcomeForm(PlainForm):
    """What a case about a stop, or an appeal, comes to without a new determination."""

    outcome = forms.ChoiceField(label="Outcome", widget=HintedRadios)
    reasons = long_text("Reasons", "The organization reads them once it is decided.")

    def __init__(self, outcomes: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [one for one in outcomes if one in OUTCOME_WORDS]
        field = self.fields["outcome"]
        field.choices = [(one, OUTCOME_WORDS[one][0]) for one in known]  # type: ignore[attr-defined]
        field.widget.hints = {one: OUTCOME_WORDS[one][1] for one in known}


class DismissForm(PlainForm):
    """Why something sent from outside is put aside."""

    reasons = long_text(
        "Why it is put aside", "Officers only. Whoever has the reference reads “closed”.", rows=3
    )


class AssignForm(PlainForm):
    """Which organization something from outside is about."""

    organization = OrganizationField()


class DemandForm(PlainForm):
    """A legal demand as it was served."""

    organization = OrganizationField()
    kind = forms.ChoiceField(label="What was served", choices=DemandKind.choices)
    issuer = forms.CharField(label="Court or authority", max_length=200)
    reference = forms.CharField(label="Its reference", max_length=100)
    scope = long_text(
        "What is demanded", "Which data, of which time. The organization reads it once it is told."
    )
    due_on = forms.DateField(label="To be answered by", widget=DateParts, help_text="For example: 12 31 2027")
    gag_on = forms.DateField(
        label="Nobody may be told until",
        required=False,
        widget=DateParts,
        help_text="Only where a court or law forbids telling. Otherwise the organization is told at once.",
    )
    everything = forms.BooleanField(
        label="Keep all data of the organization from being purged", required=False
    )
    jobs = forms.CharField(
        label="Or keep these jobs",
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="Their ids (job_…), one a line.",
    )

    @property
    def demand(self) -> dict[str, Any]:
        """What the action takes."""
        given = self.cleaned_data
        same = {name: given[name] for name in ("organization", "kind", "issuer", "reference", "scope")}
        everything = [EVERYTHING] if given["everything"] else []
        return {
            **same,
            "due_at": end_of(given["due_on"]),
            "gag_until": end_of(given["gag_on"]),
            "holds": [*everything, *given["jobs"].split()],
        }


class HoldForm(PlainForm):
    """What must not be purged."""

    subject = forms.CharField(
        label="Job to keep", required=False, max_length=96, help_text="Its id (job_…). Empty: everything."
    )


class DemandAnswerForm(PlainForm):
    """How a demand was answered."""

    answer = forms.ChoiceField(label="How it was answered", widget=HintedRadios, choices=DemandAnswer.choices)
    text = long_text("What was answered, and on which ground", "The organization reads it once it is told.")


class BreachForm(PlainForm):
    """A breach as it became known."""

    organization = OrganizationField()
    what = long_text(
        "What happened to which data", "The organization reads it at once. Name no person.", rows=5
    )
    aware_on = forms.DateField(
        label="Known since, day", widget=DateParts, help_text="For example: 12 31 2027"
    )
    aware_time = forms.TimeField(label="Known since, time", help_text="In UTC. For example: 14:30")

    @property
    def aware_at(self) -> datetime:
        """The moment."""
        given = self.cleaned_data
        return datetime.combine(given["aware_on"], given["aware_time"], UTC)


class StepForm(PlainForm):
    """One step after a breach."""

    step = forms.ChoiceField(label="Step", widget=HintedRadios)
    note = long_text(
        "What was done, when and by whom", "The organization reads it. Name no person concerned."
    )
    needless = forms.BooleanField(
        label="It is not needed, as the assessment found",
        required=False,
        help_text="Only telling the authority or the people can be needless.",
    )

    def __init__(self, left: Iterable[BreachStep], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["step"].choices = [(one.value, one.label) for one in left]  # type: ignore[attr-defined]
