"""What every form of the portal says when a field is empty or wrong: what to mend, in our words."""

from __future__ import annotations

from typing import Any, Final

from django import forms

# By the most particular class first; a field that has its own words keeps them.
_WORDS: Final[tuple[tuple[type[forms.Field], dict[str, str]], ...]] = (
    (forms.MultipleChoiceField, {"required": "Choose at least one."}),
    (forms.ChoiceField, {"required": "Choose one."}),
    (
        forms.FileField,
        {
            "required": "Choose a file.",
            "empty": "This file is empty. Choose another.",
            "max_length": "The name of the file is too long. Rename it to at most %(max)d letters.",
        },
    ),
    (forms.BooleanField, {"required": "Tick this to go on."}),
    (
        forms.DateField,
        {
            "required": "Give month, day and year.",
            "invalid": "This is no date. Give month, day and year, for example 12 31 2027.",
        },
    ),
    (
        forms.EmailField,
        {
            "required": "Enter an email address.",
            "invalid": "This is no email address. For example: name@example.org",
        },
    ),
    (forms.IntegerField, {"required": "Enter a number.", "invalid": "Enter a number in digits."}),
    (forms.Field, {"required": "Fill this in."}),
)
_EVERYWHERE: Final = {
    "invalid_choice": "Choose from what is shown.",
    "max_length": "Write at most %(limit_value)d characters; this has %(show_value)d.",
    "null_characters_not_allowed": "This holds a character that cannot be kept. Type it anew.",
}


class PlainForm(forms.Form):
    """A form that says what to mend in words of our own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            say_plainly(field)


def say_plainly(field: forms.Field) -> None:
    """Put our words in the place of Django's, and leave those that were written for this field."""
    ours = next(words for kind, words in _WORDS if isinstance(field, kind))
    for code, words in (_EVERYWHERE | ours).items():
        if field.error_messages.get(code, "") in _of_django(field, code):
            field.error_messages[code] = words


def _of_django(field: forms.Field, code: str) -> tuple[Any, ...]:
    defaults = (getattr(kind, "default_error_messages", {}).get(code) for kind in type(field).__mro__)
    return ("", *(words for words in defaults if words))
