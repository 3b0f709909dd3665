"""Widgets that Django does not have: choices with a hint each, and a date in three fields."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.forms.widgets import ChoiceWidget


class _Hinted(ChoiceWidget):
    """Adds a hint to choices by value; meant to be mixed into a widget that lists its choices."""

    def __init__(self, *args: Any, hints: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hints = hints or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        hint = self.hints.get(str(value))
        if hint and "id" in option["attrs"]:
            option["hint"] = hint
            option["attrs"]["aria-describedby"] = f"{option['attrs']['id']}_hint"
        return option


class HintedRadios(_Hinted, forms.RadioSelect):
    """Radio buttons; `hints` maps a value to the sentence shown below its label."""


class HintedCheckboxes(_Hinted, forms.CheckboxSelectMultiple):
    """Checkboxes; `hints` maps a value to the sentence shown below its label."""


class DateParts(forms.MultiWidget):
    """A date typed as month, day and year; for `forms.DateField`."""

    template_name = "django/forms/widgets/date_parts.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        parts: dict[str, forms.Widget | type[forms.Widget]] = {
            name: forms.TextInput({"inputmode": "numeric"}) for name in ("month", "day", "year")
        }
        super().__init__(parts, attrs)

    def decompress(self, value: date | str | None) -> list[Any]:
        """Split a date, or the text `value_from_datadict` made of what was typed, into its parts."""
        if isinstance(value, date):
            return [value.month, value.day, value.year]
        year, month, day = (value or "--").split("-", 2)
        return [month, day, year]

    # A MultiWidget usually pairs with a MultiValueField and returns a list; DateField reads one text.
    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:  # type: ignore[override]
        """Join the parts to `YYYY-MM-DD`, empty when nothing was typed."""
        month, day, year = (part or "" for part in super().value_from_datadict(data, files, name))
        return f"{year.strip()}-{month.strip()}-{day.strip()}" if any((month, day, year)) else ""
