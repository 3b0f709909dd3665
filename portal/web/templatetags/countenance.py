"""Filters that turn stored values into words for people: statuses, numbers, moments, sizes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Status(NamedTuple):
    """A status as people read it: its word, and the tone (`good`, `warn`, `bad`, `info`, `neutral`)."""

    word: str
    tone: str


def _tones(tone: str, values: str) -> dict[str, Status]:
    return {value: Status(_sentence(value), tone) for value in values.split()}


def _sentence(value: str) -> str:
    text = value.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


# A lead is not an identification, and a candidate is not a lead: neither is ever shown as good.
STATUSES: Final[dict[str, Status]] = {
    **_tones(
        "good",
        "active allow cleared released done granted exempt verified in_force delivered passed open_ended",
    ),
    **_tones(
        "info",
        "submitted queued running in_review under_review triaged assigned new received reopened candidate",
    ),
    **_tones(
        "info",
        "lead recommended scheduled simulated approved ready requested renewed decided confirmed allow_with",
    ),
    **_tones(
        "warn", "referred refer held partial awaiting_approval awaiting_review awaiting_tenant info_requested"
    ),
    **_tones(
        "warn",
        "awaiting_countersign returned third_vote restricted conditional recertification_due inconclusive",
    ),
    **_tones("warn", "undetermined retrying unreviewed attention"),
    **_tones(
        "bad", "refused refuse suspended revoked rejected failed covered terminated recalled missing overdue"
    ),
    **_tones(
        "neutral",
        "draft closed closing withdrawn lapsed expired cancelled purged superseded archived pending",
    ),
    **_tones("neutral", "not_covered ruled_out unknown erased not_started blocked skipped duplicate"),
    "in_force_unratified": Status("In force, not yet ratified", "warn"),
    "in_force (unratified)": Status("In force, not yet ratified", "warn"),
    "not_covered": Status("Not covered by a moratorium", "neutral"),
    "covered": Status("Covered by a moratorium", "bad"),
    "conditional": Status("Allowed with conditions", "warn"),
    "confirmed": Status("Confirmed by other means", "info"),
    "recertification_due": Status("Recertification due", "warn"),
    "awaiting_tenant": Status("Waiting for the organization", "warn"),
    "third_vote": Status("Waiting for a third vote", "warn"),
    "not_started": Status("Not started yet", "neutral"),
    "blocked": Status("Cannot start yet", "neutral"),
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
    """`find_missing_child` -> `Find missing child`."""
    return _sentence(str(value))


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
    utc = value.astimezone(UTC)
    text = f"{utc:%B} {utc.day}, {utc:%Y, %H:%M} UTC"
    return format_html('<time datetime="{}">{}</time>', utc.isoformat(timespec="seconds"), text)


@register.filter
def day(value: Any) -> SafeString | str:
    """Write the day of a date or moment: `June 10, 2020`."""
    if value is None:
        return "not set"
    text = f"{value:%B} {value.day}, {value:%Y}"
    return format_html('<time datetime="{}">{}</time>', f"{value:%Y-%m-%d}", text)


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
    amount = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            return f"{amount:.0f} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError


@register.filter
def cell_text(cell: Any) -> str:
    """Return the text of a table cell, which is a mapping with `text` or the text itself."""
    text = cell.get("text", "") if isinstance(cell, Mapping) else cell
    return "" if text is None else number(text)


@register.filter
def focus_target(field: BoundField) -> str:
    """Return the id of the first control of a form field, where an error summary sends people."""
    return str(field.id_for_label or f"{field.auto_id}_0")
