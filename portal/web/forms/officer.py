"""Forms of the compliance office."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from compliance.actions.decisions import APPROVE, REFUSE, RETURN
from compliance.models.cases import CaseKind, CaseStatus
from compliance.models.fields import choices
from compliance.policy.vocabulary import MoratoriumStatus, OrganizationType
from compliance.risk import Level
from portal.audit.verbs import VERBS
from portal.tenancy.models import OrganizationStatus
from portal.web.forms.base import PlainForm
from portal.web.forms.onboarding import end_of
from portal.web.forms.widgets import DateParts, HintedRadios
from portal.web.forms.wording import grouped


class QueueForm(PlainForm):
    """What the queue shows."""

    all_optional = True  # a filter: no field need say so

    kind = forms.ChoiceField(label="Type", required=False, choices=[("", "All"), *CaseKind.choices])
    status = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[("open", "Open"), ("overdue", "Overdue"), ("all", "All"), *CaseStatus.choices],
    )
    risk = forms.ChoiceField(
        label="Risk",
        required=False,
        choices=[("", "All"), (Level.HIGH, "High"), (Level.RAISED, "Raised"), (Level.USUAL, "Usual")],
    )
    who = forms.ChoiceField(
        label="Officer",
        required=False,
        choices=[("", "Anybody"), ("mine", "Only mine"), ("nobody", "Nobody yet")],
    )
    organization = forms.CharField(label="Organization", required=False, max_length=100)


class ViewForm(PlainForm):
    """A name for the filter that the queue shows now."""

    name = forms.CharField(label="Keep this filter as", max_length=60, help_text="Only you see your views.")
    query = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)


class RenameForm(PlainForm):
    """Another name for a view."""

    name = forms.CharField(label="Name", max_length=60)


class SecondLookForm(PlainForm):
    """What one would decide, without knowing what was decided."""

    outcome = forms.ChoiceField(
        label="What you would decide",
        widget=HintedRadios,
        choices=[("granted", "Grant what is asked for, with conditions"), ("rejected", "Reject it")],
    )
    moratorium_status = forms.ChoiceField(
        label="How a moratorium bears on it",
        help_text="Of several lines the strictest.",
        widget=HintedRadios,
        choices=[pair for pair in choices(MoratoriumStatus) if pair[0] != MoratoriumStatus.UNKNOWN],
    )
    reasons = forms.CharField(
        label="Your reasons",
        max_length=5000,
        widget=forms.Textarea({"rows": 5}),
        help_text="Officers only. They are compared with the decision once you have answered.",
    )


class MessageForm(PlainForm):
    """A question to the organization, or a note among officers."""

    body = forms.CharField(label="Text", max_length=5000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, label: str, help_text: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].label = label
        self.fields["body"].help_text = help_text


class RecuseForm(MessageForm):
    """Why an officer steps back from a case, or from everything about its organization."""

    whole_organization = forms.BooleanField(
        label="It holds for the whole organization",
        required=False,
        help_text="You step back from all of its cases and are drawn for none until another officer "
        "withdraws this.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        hint = "Officers only. Another officer is drawn in your place, and you read no further."
        super().__init__("Conflict of interest", hint, *args, **kwargs)


class WithdrawRecusalForm(PlainForm):
    """Why another officer's conflict about an organization is one no longer."""

    reasons = forms.CharField(
        label="Reasons",
        max_length=5000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Officers only. From the cases they stepped back from they stay out.",
    )


class ReopenForm(MessageForm):
    """Why a decided case is opened again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        hint = "Officers only. What was determined stays in force until another takes its place."
        super().__init__("Reasons", hint, *args, **kwargs)


class VerifyForm(PlainForm):
    """That a document is genuine, and until when."""

    expires_on = forms.DateField(
        label="Valid until",
        required=False,
        widget=DateParts,
        help_text="As the document says. For example: 12 31 2027",
    )

    @property
    def expires_at(self) -> datetime | None:
        """The end of the last day on which the document is valid."""
        return end_of(self.cleaned_data["expires_on"])


class RejectForm(PlainForm):
    """Why a document does not show what it should."""

    reason = forms.CharField(
        label="Why it is rejected", max_length=500, help_text="The organization reads it."
    )


class RegisterForm(PlainForm):
    """One named end user, as it is entered in the register."""

    name = forms.CharField(label="Name", max_length=200)
    organization_type = forms.ChoiceField(
        label="Type", choices=[("", "Choose what kind of body it is"), *grouped(OrganizationType)]
    )
    jurisdiction = forms.CharField(label="Where it is", required=False, max_length=16)


class RegisterSearchForm(PlainForm):
    """Which end users are listed."""

    all_optional = True

    q = forms.CharField(label="Name or jurisdiction", required=False, max_length=200)
    type = forms.ChoiceField(label="Type", required=False, choices=[("", "All"), *grouped(OrganizationType)])


class VoteForm(PlainForm):
    """The second officer's own vote."""

    vote = forms.ChoiceField(
        label="Your vote",
        widget=HintedRadios(
            hints={
                APPROVE: "It is recorded with both names.",
                RETURN: "The first officer looks at it again.",
                REFUSE: "A third officer is drawn.",
            }
        ),
        choices=[(APPROVE, "Approve"), (RETURN, "Return to the first officer"), (REFUSE, "Refuse")],
    )
    reasons = forms.CharField(
        label="Your reasons",
        max_length=5000,
        widget=forms.Textarea({"rows": 5}),
        help_text="Written before you see those of the first officer.",
    )


class ReferralForm(PlainForm):
    """Decision on one referred request."""

    decision = forms.ChoiceField(
        label="Decision",
        widget=HintedRadios,
        choices=[(APPROVE, "Let this request go ahead"), (REFUSE, "Refuse this request")],
    )
    reasons = forms.CharField(label="Reasons", max_length=5000, widget=forms.Textarea({"rows": 4}))


class DirectoryForm(PlainForm):
    """Which organizations are listed."""

    all_optional = True

    name = forms.CharField(label="Name", required=False, max_length=200)
    status = forms.ChoiceField(
        label="Status", required=False, choices=[("", "All"), *OrganizationStatus.choices]
    )


class TrailForm(PlainForm):
    """Which events are listed."""

    all_optional = True

    verb = forms.ChoiceField(
        label="What happened",
        required=False,
        choices=[
            ("", "Everything"),
            *sorted(((name, verb.sentence) for name, verb in VERBS.items()), key=lambda pair: pair[1]),
        ],
    )
    target = forms.CharField(
        label="About", required=False, max_length=96, help_text="A public id, such as cas_… or job_…"
    )
    actor = forms.CharField(label="By", required=False, max_length=96, help_text="usr_…, key_… or system:…")


class GlassForm(PlainForm):
    """Which items two officers have to see, and why."""

    items = forms.CharField(
        label="Items",
        max_length=2000,
        widget=forms.Textarea({"rows": 4, "class": "mono"}),
        help_text="Their ids (itm_…), one a line, at most 20. Nothing else can be seen.",
    )
    reasons = forms.CharField(
        label="Why they have to be seen",
        max_length=5000,
        widget=forms.Textarea({"rows": 5}),
        help_text="The organization reads it, in a letter and in its portal.",
    )

    def clean_items(self) -> list[str]:
        """Split the ids, each once."""
        return list(dict.fromkeys(self.cleaned_data["items"].replace(",", " ").split()))
