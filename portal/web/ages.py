"""What the calendar says about a candidate or a photo, as pages show it."""

from __future__ import annotations

from typing import Any

from recognition.ages import Comparison, Pictured, Span, age_at
from recognition.details import PhotoDetails

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def written(span: Span | None) -> str:
    """Write a day or a year as people do; nothing where it is not known."""
    if span is None:
        return ""
    if not span.is_day:
        return str(span.first.year)
    return f"{MONTHS[span.first.month - 1]} {span.first.day}, {span.first.year}"


def beside(compared: Comparison | None) -> dict[str, Any]:
    """Return what stands beside a candidate: the years between, both ages, and what to bear in mind."""
    if compared is None:
        return {"facts": [], "cautions": ()}
    gap = compared.gap_in_words
    is_pair = compared.names == ("first", "second")
    first, second = ("first photo", "second photo") if is_pair else ("probe", "gallery")
    facts = [
        {"key": "Age gap", "value": gap[:1].upper() + gap[1:]},
        {"key": f"Age in the {first}", "value": _age(compared.probe)},
        {"key": f"Age in the {second}", "value": _age(compared.enrolled)},
    ]
    return {"facts": facts, "cautions": compared.cautions}


def of_photo(known: PhotoDetails, born: Span | None) -> dict[str, str]:
    """Return when a photo was taken and how old the person is in it."""
    taken = known.taken_span
    age = age_at(born, taken) if born and taken else None
    return {"taken": written(taken), "age": str(age) if age else ""}


def _age(pictured: Pictured) -> str:
    age = str(pictured.age) if pictured.age else "Unknown"
    taken = f"photo of {written(pictured.taken)}" if pictured.taken else "no date of the photo"
    return f"{age}, {taken}"
