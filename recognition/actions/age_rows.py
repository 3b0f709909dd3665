"""What the calendar says about two photos, as data."""

from __future__ import annotations

from typing import Any

from recognition.ages import Comparison, Pictured, Years

AGE_COLUMNS = ("age_gap", "age_in_probe", "age_enrolled", "caution")


def age_row(compared: Comparison) -> dict[str, Any]:
    """Return the years between two photos, and the ages in each under the names the comparison gives them."""
    one, other = compared.names
    return {
        "gap_years": _range(compared.gap),
        "gap": compared.gap_in_words,
        one: _pictured_row(compared.probe),
        other: _pictured_row(compared.enrolled),
        "cautions": list(compared.cautions),
    }


def age_columns(row: dict[str, Any], names: tuple[str, str] = ("probe", "enrolled")) -> dict[str, str]:
    """Return what the calendar says, in single cells; empty where nobody is sought.

    Args:
        row: Of a candidate or pair.
        names: Of both photos, as in the row.
    """
    age = row["age"]
    if age is None:
        return dict.fromkeys(AGE_COLUMNS, "")
    told = (age["gap"], *(age[name]["age"] for name in names), " ".join(age["cautions"]))
    return dict(zip(AGE_COLUMNS, told, strict=True))


def _pictured_row(pictured: Pictured) -> dict[str, Any]:
    return {
        "taken": str(pictured.taken) if pictured.taken else None,
        "age_years": _range(pictured.age),
        "age": str(pictured.age) if pictured.age else "unknown",
        "edited": pictured.edited,
        "age_progressed": pictured.age_progressed,
    }


def _range(years: Years | None) -> list[int] | None:
    return [years.low, years.high] if years else None
