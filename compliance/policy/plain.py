"""Plain data: values to JSON and back, strictly, in one canonical form."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import rfc8785

from compliance.policy.errors import PolicyError

T = TypeVar("T")
Reader = Callable[[Any], T]


class Missing(Enum):
    """Marks a fact that nobody was asked for."""

    MISSING = "missing"


MISSING = Missing.MISSING

LEAP_SECOND_SAYS = (
    "Second 60 is a leap second, which no clock here keeps: write second 59, or 00:00:00Z of the day after."
)
_LEAP_SECOND = re.compile(r"\d[T ]\d{2}:?\d{2}:?60(?!\d)", re.IGNORECASE)
_DATE = len("2020-06-10")
_LARGEST = 2**53  # beyond it JSON numbers are not exact


_ALWAYS = object()
_AS_IT_IS = frozenset({str, int, float, bool, type(None)})  # most of what is encoded, hence looked at first

# Marks a field that was added when data without it was stored already: while it holds its default it is left
# out of the JSON, so that what was stored before keeps its hash.
LATER: Mapping[str, bool] = {"later": True}


def encode(value: Any) -> Any:
    """Return a value of this package as JSON data; sets come out sorted, moments in UTC."""
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, str | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, frozenset):
        return sorted(encode(item) for item in value)
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if names := _field_names(value.__class__):
        return {
            name: encode(held) for name, default in names if (held := getattr(value, name)) is not default
        }
    return _encode_moment(value)


@cache
def _field_names(kind: type) -> tuple[tuple[str, Any], ...]:
    """Return the names of a record, each with the default under which it is left out."""
    if not is_dataclass(kind):
        return ()
    return tuple((one.name, one.default if one.metadata.get("later") else _ALWAYS) for one in fields(kind))


def _encode_moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"missing": True} if value is MISSING else value.isoformat()


def canonical(data: Any) -> bytes:
    """Return JSON data in the canonical form of RFC 8785: equal data gives equal bytes."""
    return bytes(rfc8785.dumps(data))


def sha256(data: Any) -> str:
    """Return the SHA-256 of JSON data in canonical form, in hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


def text(value: Any) -> str:
    """Read a text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise PolicyError("not_text", f"{value!r} should be a text.")
    return value


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise PolicyError("not_flag", f"{value!r} should be true or false.")
    return value


def number(value: Any) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyError("not_number", f"{value!r} should be a number.")
    if not -_LARGEST <= value <= _LARGEST:  # not-a-number is in no range
        raise PolicyError("number_range", "A number lies between -2^53 and 2^53, where it is kept exactly.")
    return float(value)


def whole(value: Any) -> int:
    """Read a whole number."""
    if number(value) != int(value):
        raise PolicyError("not_whole", f"{value!r} should be a whole number.")
    return int(value)


def moment(value: Any) -> datetime:
    """Read a moment: date, hour and zone, as text or as TOML's own type.

    The zone is Z or an offset such as -04:00. A zone's name would not do: where clocks change, an hour of the
    year comes twice and another never.
    """
    if isinstance(value, str):
        value = _moment_of(value)
    if not isinstance(value, datetime):
        raise PolicyError("bare_date", f"{value} needs an hour and a zone, such as {value}T00:00:00Z.")
    if value.tzinfo is None:
        raise PolicyError(
            "no_zone",
            f"{value.isoformat()} needs a zone: Z, or the offset then in use, such as "
            f"{value.isoformat()}-04:00. Where clocks change, a local time may come twice or never.",
        )
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise PolicyError("moment_range", f"{value.isoformat()} lies outside the calendar.") from error


def is_leap_second(text: str) -> bool:
    """Whether a text tells a moment in second 60."""
    return bool(_LEAP_SECOND.search(text))


def _moment_of(text: str) -> datetime | date:
    if is_leap_second(text):
        raise PolicyError("leap_second", LEAP_SECOND_SAYS)
    try:
        return date.fromisoformat(text) if len(text) <= _DATE else datetime.fromisoformat(text)
    except ValueError as error:
        raise PolicyError(
            "not_moment",
            f"{text!r} is no date and time: write 2020-06-10T00:00:00Z, or with an offset such as -04:00.",
        ) from error


def word(kind: type[T]) -> Reader[T]:
    """Return a reader of the words of one closed list."""

    def read(value: Any) -> T:
        try:
            return kind(value)  # type: ignore[call-arg]
        except ValueError as error:
            raise PolicyError("unknown_word", f"{value!r} is no word of {kind.__name__}.") from error

    return read


def optional(reader: Reader[T]) -> Reader[T | None]:
    """Return a reader that also takes nothing."""
    return lambda value: None if value is None else reader(value)


def many(reader: Reader[T]) -> Reader[frozenset[T]]:
    """Return a reader of a list whose order says nothing."""
    return lambda value: frozenset(reader(item) for item in _list(value))


def row(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    """Return a reader of a list whose order counts."""
    return lambda value: tuple(reader(item) for item in _list(value))


def record(make: Callable[..., T], readers: Mapping[str, Reader[Any]]) -> Reader[T]:
    """Return a reader of an object with exactly known names; what is left out keeps its default."""

    def read(value: Any) -> T:
        if not isinstance(value, dict):
            raise PolicyError("not_object", f"{value!r} should be an object.")
        if unknown := set(value) - set(readers):
            raise PolicyError("unknown_name", f"{_names(unknown)}: not known here. Known: {_names(readers)}.")
        read_values = {name: readers[name](item) for name, item in value.items()}
        try:
            return make(**read_values)
        except TypeError as error:
            raise PolicyError(
                "missing_name", f"Something is left out of {_names(value)}: {error}."
            ) from error

    return read


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise PolicyError("not_list", f"{value!r} should be a list.")
    return value


def _names(names: Any) -> str:
    return ", ".join(sorted(map(str, names)))
