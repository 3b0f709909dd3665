"""The answer to a question about a request."""

from django import forms

from compliance.actions.samples import LONGEST_REFERENCE
from portal.web.forms.base import PlainForm


class AnswerForm(PlainForm):
    """Which case a request belongs to."""

    case_reference = forms.CharField(
        label="Case reference",
        help_text="As your records or the authority's report name it.",
        max_length=LONGEST_REFERENCE,
    )
    explanation = forms.CharField(
        label="Who asked for it, and why?",
        help_text="A sentence or two, without names or photos of the person.",
        widget=forms.Textarea({"rows": 4}),
    )
