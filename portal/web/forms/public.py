"""Forms for everybody: reporting misuse, and asking about oneself."""

from __future__ import annotations

from django import forms

from compliance.actions.intakes import LONGEST
from compliance.models.intake import Wish
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedRadios


class ReportForm(PlainForm):
    """A report of misuse, with or without an address."""

    named = forms.CharField(
        label="Which organization is it about?",
        required=False,
        max_length=200,
        help_text="Its name as you know it. Leave it empty if you do not know.",
    )
    body = forms.CharField(
        label="What happened?",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 8}),
        help_text="What you saw or heard, when, and how you know. Do not send photos.",
    )
    contact = forms.EmailField(
        label="Your email address",
        required=False,
        help_text="Only if we may ask you back. You can report without it.",
    )


class RequestForm(PlainForm):
    """A request of a person about themselves."""

    wish = forms.ChoiceField(label="What do you ask for?", choices=Wish.choices, widget=HintedRadios)
    named = forms.CharField(
        label="Which organization may hold data about you?",
        required=False,
        max_length=200,
        help_text="Its name as you know it. Without it we can look for nobody: we cannot see any face.",
    )
    body = forms.CharField(
        label="What should we know?",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 6}),
        help_text="Say when and where it could have got a photo of you. Do not send photos or papers.",
    )
    contact = forms.EmailField(
        label="Your email address", help_text="The answer goes there. The organization gets it too."
    )
