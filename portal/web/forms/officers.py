"""Forms about officers."""

from django import forms

from portal.web.forms.base import PlainForm


class AppointForm(PlainForm):
    """Whom to propose as an officer."""

    email = forms.EmailField(
        label="Email address",
        help_text="No account here may have it yet. After two approvals the link to the account goes there.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
