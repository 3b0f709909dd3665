"""Filters that turn stored values into words for people: statuses, numbers, moments, sizes."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.policy.vocabulary import OrganizationType, Purpose
from portal.common.moments import day_in_words, moment_in_words
from portal.tenancy import training

register = template.Library()

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
KILOBYTE: Final = 1024
SIZE_UNITS: Final = ("KB", "MB", "GB", "TB")


class Status(NamedTuple):
    """A status as people read it: its word, and the tone (`good`, `warn`, `bad`, `info`, `neutral`)."""

    word: str
    tone: str


# Short forms that people write in capitals or with a sign.
SHORT_FORMS: Final = {
    "ngo": "NGO",
    "csam": "CSAM",
    "cctv": "CCTV",
    "kyc": "KYC",
    "1to1": "1:1",
    "1toN": "1:N",
}


LABELS: Final = {word.value: word.label for words in (OrganizationType, Purpose) for word in words} | {
    "sha256": "SHA-256"
}


def _sentence(value: str) -> str:
    text = " ".join(SHORT_FORMS.get(word, word) for word in value.split("_"))
    return text[:1].upper() + text[1:]


# A lead is not an identification, and a candidate is not a lead: neither is ever shown as good.
TONES: Final = {
    "good": """
        active cleared completed delivered done exempt granted in_force mailed passed ready released seen
        sent told verified
        """,
    "info": """
        approved assigned candidate decided in_progress in_review lead leased new queued received recommended
        renewed reopened requested running scheduled simulated submitted triaged under_review
        """,
    "warn": """
        awaiting_approval awaiting_countersign awaiting_review held inconclusive info_requested partial
        referred restricted retrying returned undetermined unreviewed
        """,
    "bad": """
        failed given_up missing overdue recalled refused rejected revoked suspended terminated
        """,
    "neutral": """
        cancelled closed closing draft duplicate erased expired lapsed not_applicable pending purged ruled_out
        skipped superseded unknown withdrawn
        """,
}

# Statuses whose own name would not tell a newcomer enough.
SPELLED_OUT: Final = {
    "allow": Status("Allows", "good"),
    "allow_with": Status("Allows with conditions", "info"),
    "refer": Status("Refers to an officer", "warn"),
    "refuse": Status("Refuses", "bad"),
    "not_covered": Status("Not covered by a moratorium", "neutral"),
    "covered": Status("Covered by a moratorium", "bad"),
    "conditional": Status("Allowed with conditions", "warn"),
    "in_force_unratified": Status("In force, not yet ratified", "warn"),
    "confirmed": Status("Confirmed by other means", "info"),
    "to_tell": Status("Not told yet", "warn"),
    "letter_waiting": Status("Letter on its way", "info"),
    "recertification_due": Status("Recertification due", "warn"),
    "awaiting_tenant": Status("Waiting for the organization", "warn"),
    "lacking": Status("Not shown", "bad"),
    "to_be_mailed": Status("To be mailed", "neutral"),
    "high_risk": Status("High risk", "bad"),
    "raised_risk": Status("Raised risk", "warn"),
    "usual_risk": Status("Usual risk", "neutral"),
    "third_vote": Status("Waiting for a third vote", "warn"),
    "not_started": Status("Not started yet", "neutral"),
    "blocked": Status("Cannot start yet", "neutral"),
    "unratified": Status("In force, not yet ratified", "warn"),
    "ratified": Status("In force, ratified", "info"),
    "objected": Status("In force, a second officer objects", "bad"),
    "lifted": Status("Lifted", "neutral"),
    "changed": Status("Changed", "warn"),
    "confirmed_again": Status("Confirmed", "neutral"),
    "given_up": Status("Given up", "neutral"),
    "switched_off": Status("Switched off", "neutral"),
    "failing": Status("Failing", "bad"),
}

STATUSES: Final = {
    **{name: Status(_sentence(name), tone) for tone, names in TONES.items() for name in names.split()},
    **SPELLED_OUT,
}


def status_of(value: Any) -> Status:
    """Return word and tone of a status, a ruling, a verdict or `held:policy`; unlisted values are neutral."""
    name, _, cause = str(value).partition(":")
    known = STATUSES.get(name, Status(_sentence(name), "neutral"))
    return Status(f"{known.word} ({cause})", known.tone) if cause else known


@register.filter
def status_word(value: Any) -> str:
    """`awaiting_review` -> `Awaiting review`."""
    return status_of(value).word


@register.filter
def status_tone(value: Any) -> str:
    """`awaiting_review` -> `warn`."""
    return status_of(value).tone


@register.filter
def words(value: Any) -> str:
    """Write a purpose or type by its name, anything else as its own words: `case_file` -> `Case file`."""
    return str(LABELS.get(str(value), _sentence(str(value))))


@register.filter
def number(value: Any) -> str:
    """Group thousands: `12400` -> `12,400`; what is no number is returned as it is."""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


@register.filter
def percent(share: float, digits: int = 1) -> str:
    """Write a share of 0..1 as percent: `0.043` -> `4.3 %`."""
    return f"{share * 100:.{digits}f} %"


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Write a moment in UTC, readable by people and programs."""
    if value is None:
        return "not set"
    machine = value.astimezone(UTC).isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', machine, moment_in_words(value))


@register.filter
def day(value: Any) -> SafeString | str:
    """Write the day of a date or moment: `June 10, 2020`."""
    if value is None:
        return "not set"
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m-%d}", day_in_words(value))


@register.filter
def training_ends(trained_on: date | None) -> date | None:
    """Return the first day on which a training no longer counts."""
    return training.ends_on(trained_on)


@register.filter
def is_over(day: date) -> bool:
    """Whether a day has come."""
    return day <= datetime.now(UTC).date()


@register.filter
def duration(seconds: float | None) -> str:
    """Write seconds as people say them: `about 4 minutes`, `2 hours 10 minutes`, `3 days`."""
    if seconds is None:
        return "not known yet"
    if seconds < MINUTE:
        return "less than a minute"
    if seconds < HOUR:
        return _count(round(seconds / MINUTE), "minute")
    if seconds < 2 * DAY:
        hours, minutes = divmod(round(seconds / MINUTE), MINUTE)
        return _count(hours, "hour") + (f" {_count(minutes, 'minute')}" if minutes else "")
    return _count(round(seconds / DAY), "day")


def _count(amount: int, unit: str) -> str:
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


@register.filter
def size(count: int) -> str:
    """Write a number of bytes: `1536` -> `1.5 KB`."""
    if count < KILOBYTE:
        return _count(count, "byte")
    power = min(int(math.log(count, KILOBYTE)), len(SIZE_UNITS))
    return f"{count / KILOBYTE**power:.1f} {SIZE_UNITS[power - 1]}"


@register.filter
def cell_text(cell: Any) -> str:
    """Return the text of a table cell, which is a mapping with `text` or the text itself."""
    text = cell.get("text", "") if isinstance(cell, Mapping) else cell
    return "" if text is None else number(text)


@register.filter
def folded(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put neighbors that say the same into one event, the newest, with how often in `times`."""
    runs = groupby(
        events, key=lambda one: [one.get(name) for name in ("title", "actor", "status", "text", "url")]
    )
    together = [list(run) for _, run in runs]
    return [{**run[0], "times": len(run)} for run in together]


@register.filter
def lead_in(label: str) -> str:
    """Close a field's label before its error: `Name:`, but a question keeps its own mark."""
    return label if label.endswith(("?", ".")) else f"{label}:"


@register.filter
def focus_target(field: BoundField) -> str:
    """Return the id of the first control of a form field, where an error summary sends people."""
    return str(field.id_for_label or f"{field.auto_id}_0")
