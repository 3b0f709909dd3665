"""Forms about galleries."""

from __future__ import annotations

from typing import Any

from django import forms

from compliance.policy.errors import PolicyError
from compliance.policy.places import place
from compliance.policy.vocabulary import ImageSource, Purpose
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import HintedRadios
from recognition.actions.galleries import LONGEST_RETENTION
from recognition.models import Gallery, RekeyReason


class GalleryChangeForm(PlainForm):
    """What of a gallery can be changed later."""

    name = forms.CharField(max_length=200, label="Name", help_text="As your colleagues know it.")
    legal_basis = forms.CharField(
        max_length=200,
        label="Legal basis",
        help_text="Why you may hold these faces: a law, a mandate, consent. With its reference.",
    )
    owner = forms.CharField(
        max_length=200, label="Owner", help_text="Who answers for it: a person or a team with a name."
    )
    retention_days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_RETENTION,
        initial=365,
        label="Retention, in days",
        help_text="Faces are destroyed when it ends, or earlier when the purpose is met.",
        widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-5"}),
    )


class GalleryForm(GalleryChangeForm):
    """A new gallery: everything that makes it lawful, asked once."""

    purpose = forms.ChoiceField(
        label="Purpose",
        help_text="It never changes. A search reaches this gallery only for this purpose.",
        widget=forms.Select,
    )
    image_source = forms.ChoiceField(
        label="Where its photos come from",
        choices=[(word.value, word.label) for word in ImageSource],
        widget=forms.Select,
    )
    jurisdictions = forms.CharField(
        required=False,
        label="Where the people in it live",
        help_text="Codes with commas between, such as US-WA, DE. Empty: as your determination says.",
    )
    field_order = (
        "name",
        "purpose",
        "legal_basis",
        "owner",
        "retention_days",
        "image_source",
        "jurisdictions",
    )

    def __init__(self, *args: Any, granted: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {word.value: word.label for word in Purpose}
        own = [(purpose, words[purpose]) for purpose in dict.fromkeys(granted)]
        others = [(value, label) for value, label in words.items() if value not in granted]
        named = [("Granted to your organization", own)] if own else []
        choices: Any = [("", "Choose a purpose"), *named, ("Not granted: would be refused", others)]
        self.fields["purpose"].choices = choices  # type: ignore[attr-defined]

    def clean_jurisdictions(self) -> list[str]:
        """Split the codes."""
        codes = [code.strip().upper() for code in self.cleaned_data["jurisdictions"].split(",")]
        codes = [code for code in codes if code]
        try:
            return [place(code) for code in codes]
        except PolicyError as error:
            raise forms.ValidationError(error.sentence) from error


class TypedConfirmation(PlainForm):
    """Typing a name before something is destroyed: a click alone happens by accident."""

    typed = forms.CharField(max_length=200, label="Name")

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["typed"].label = f"Type {expected} to confirm"
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        """Take the name only as it stands, but for blanks around it."""
        typed = str(self.cleaned_data["typed"]).strip()
        if typed != self.expected.strip():
            raise forms.ValidationError("This is not the name. Nothing was erased.")
        return typed


class RekeyForm(PlainForm):
    """Why a gallery gets a new key."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[choice for choice in RekeyReason.choices if choice[0] != RekeyReason.FIRST],
        widget=HintedRadios(hints={"theft": "Re-key every gallery that may have been copied."}),
    )


class ReembedForm(PlainForm):
    """Which model a gallery goes to."""

    pipeline = forms.ChoiceField(label="Model", help_text="Those that running workers have loaded.")

    def __init__(self, *args: Any, pipelines: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pipeline"].choices = [(name, name) for name in pipelines]  # type: ignore[attr-defined]


class GrantForm(PlainForm):
    """Which member may use a gallery from now on."""

    member = forms.ChoiceField(label="Member")

    def __init__(self, *args: Any, members: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].choices = members  # type: ignore[attr-defined]


def change_initial(gallery: Gallery) -> dict[str, Any]:
    """Return a gallery's values for `GalleryChangeForm`."""
    return {name: getattr(gallery, name) for name in ("name", "legal_basis", "owner", "retention_days")}
