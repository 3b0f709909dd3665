"""Forms of the urgent path: filing a request, being on call, voting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from compliance.policy.vocabulary import PEOPLE_FINDING, OrganizationType, Purpose, RequestedBy
from compliance.urgency import Urgency
from portal.web.forms.base import PlainForm
from portal.web.forms.special import long_text
from portal.web.forms.widgets import HintedRadios
from portal.web.forms.wording import grouped

HOURS = ((4, "4 hours"), (8, "8 hours"), (12, "12 hours"), (24, "24 hours"))
GRANT_HOURS = ((6, "6 hours"), (12, "12 hours"), (24, "24 hours"), (48, "48 hours"), (72, "72 hours"))
_ANOTHER = "another"


class ShiftForm(PlainForm):
    """How long an officer is on call."""

    hours = forms.TypedChoiceField(label="For how long", coerce=int, choices=HOURS, widget=HintedRadios)


class UrgentVoteForm(PlainForm):
    """An officer's own decision about an urgent request."""

    decision = forms.ChoiceField(
        label="What you decide",
        widget=HintedRadios(hints={"grant": "For this one case reference. The shorter of two times counts."}),
        choices=[("grant", "Grant"), ("refuse", "Refuse")],
    )
    hours = forms.TypedChoiceField(
        label="If you grant, for how long", coerce=int, choices=GRANT_HOURS, initial=24
    )
    reasons = long_text("Your reasons", "Written before you see the other officer's.", rows=3)

    @property
    def vote(self) -> dict[str, Any]:
        """What the action takes."""
        grants = self.cleaned_data["decision"] == "grant"
        hours = self.cleaned_data["hours"]
        return {
            "grants": grants,
            "hours": hours if grants else 0,
            "reasons": self.cleaned_data["reasons"],
        }


class UrgentForm(PlainForm):
    """A request that cannot wait."""

    purpose = forms.ChoiceField(
        label="What has to be done",
        choices=[(one.value, one.label) for one in Purpose if one in PEOPLE_FINDING],
        widget=HintedRadios,
    )
    requested_by = forms.ChoiceField(
        label="Who asks", choices=[(one.value, one.label) for one in RequestedBy]
    )
    authority = forms.CharField(
        label="Authority to which it was reported",
        max_length=200,
        help_text="The unit itself. A family's request needs it too.",
    )
    authority_reference = forms.CharField(label="Its reference", max_length=100)
    case_reference = forms.CharField(
        label="Your case reference",
        max_length=100,
        help_text="The grant is for this case only; state exactly this with each request.",
    )
    end_user = forms.ChoiceField(label="For whom")
    body_name = forms.CharField(
        label="Or a body that is not in the list", required=False, max_length=200, help_text="Its full name."
    )
    body_type = forms.ChoiceField(
        label="What that body is", required=False, choices=[("", "Choose"), *grouped(OrganizationType)]
    )
    story = long_text("What happened, and why it cannot wait", "No names and no photos.", rows=5)

    def __init__(self, end_users: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["end_user"].choices = [*end_users, (_ANOTHER, "Another body, named below")]  # type: ignore[attr-defined]

    @property
    def urgency(self) -> Urgency:
        """What the action takes."""
        given = self.cleaned_data
        return Urgency(**given | ({"end_user": ""} if given["end_user"] == _ANOTHER else {}))
