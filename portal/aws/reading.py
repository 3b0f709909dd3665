"""Reading what a client sent: JSON into checked values, or the error that the service's model has for it."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from portal.aws.errors import WireError
from portal.aws.shapes import Shape

INVALID = "InvalidParameterException"
UNREADABLE = "SerializationException"
_KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
_LARGEST_INTEGER = 2**31 - 1
# Zs, Zl and Zp of Unicode, which the standard library's expressions have no name for.
_SEPARATORS = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def read_body(shape: Shape, body: str) -> dict[str, Any]:
    """Return the input of an operation; members that it does not know are left out, as by the service.

    Args:
        shape: A structure.
        body: Text of JSON.

    Raises:
        WireError: `SerializationException` for what is no such JSON, `InvalidParameterException` or the
            error of the shape for what its constraints do not allow.
    """
    found: dict[str, Any] = read(shape, _parsed(body), "")
    return found


def read(shape: Shape, value: Any, at: str) -> Any:
    """Return a value as checked; `at` is where it stands, for the error.

    Raises:
        WireError: As for `read_body`.
    """
    return _READERS[shape.kind](shape, value, at)


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """Return the expression of a pattern of the model; it has to match a whole text."""
    for unknown, known in ((r"\p{L}", r"\w"), (r"\p{N}", r"\w"), (r"\p{Z}", _SEPARATORS)):
        pattern = pattern.replace(unknown, known)
    return re.compile(pattern)


def _parsed(body: str) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise WireError(UNREADABLE, "The body is not JSON that can be read.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _structure(shape: Shape, value: Any, at: str) -> dict[str, Any]:
    given = _of_type(dict, value, at)
    found = {
        name: read(inner, given[name], f"{at}.{name}" if at else name)
        for name, inner in shape.members.items()
        if given.get(name) is not None
    }
    if missing := sorted(shape.required - found.keys()):
        _invalid(f"{at}.{missing[0]}" if at else missing[0], "is required")
    return found


def _list(shape: Shape, value: Any, at: str) -> list[Any]:
    given = _of_type(list, value, at)
    _size(shape, len(given), at, "entries")
    return [read(_inner(shape.of), one, f"{at}[{place}]") for place, one in enumerate(given)]


def _map(shape: Shape, value: Any, at: str) -> dict[str, Any]:
    given = _of_type(dict, value, at)
    _size(shape, len(given), at, "entries")
    return {
        read(_inner(shape.keys), name, f"a key of {at}"): read(_inner(shape.of), one, f"{at}[{name}]")
        for name, one in given.items()
    }


def _string(shape: Shape, value: Any, at: str) -> str:
    given: str = _of_type(str, value, at)
    if not given.isascii() and not _is_unicode(given):
        raise WireError(UNREADABLE, f"{_named(at)} holds half a character.")
    _size(shape, len(given), at, "characters")
    if shape.words and given not in shape.words:
        _invalid(at, f"is one of {', '.join(shape.words)}")
    if shape.pattern and not expression(shape.pattern).fullmatch(given):
        _invalid(at, f"matches {shape.pattern}")
    return given


def _blob(shape: Shape, value: Any, at: str) -> bytes:
    given: str = _of_type(str, value, at)
    if shape.most is not None and len(given) > 4 * (shape.most // 3 + 1):
        raise WireError(shape.too_much, f"{_named(at)} has more than {shape.most:,} bytes.")
    try:
        found = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise WireError(UNREADABLE, f"{_named(at)} is not base64.") from None
    _size(shape, len(found), at, "bytes")
    return found


def _integer(shape: Shape, value: Any, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST_INTEGER:
        raise WireError(UNREADABLE, f"{_named(at)} has to be an integer.")
    _range(shape, value, at)
    return value


def _float(shape: Shape, value: Any, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(UNREADABLE, f"{_named(at)} has to be a number.")
    _range(shape, value, at)
    if not math.isfinite(value):
        _invalid(at, "is a finite number")
    return float(value)


_READERS: dict[str, Callable[[Shape, Any, str], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _blob,
    "integer": _integer,
    "float": _float,
}


def _of_type(kind: type, value: Any, at: str) -> Any:
    if not isinstance(value, kind):
        raise WireError(UNREADABLE, f"{_named(at)} has to be {_KINDS[kind]}.")
    return value


def _size(shape: Shape, size: int, at: str, unit: str) -> None:
    if shape.least is not None and size < shape.least:
        _invalid(at, f"has at least {shape.least:,} {unit}")
    if shape.most is not None and size > shape.most:
        raise WireError(shape.too_much, f"{_named(at)} has at most {shape.most:,} {unit}.")


def _range(shape: Shape, value: float, at: str) -> None:
    if shape.least is not None and value < shape.least:
        _invalid(at, f"is at least {shape.least:,}")
    if shape.most is not None and value > shape.most:
        _invalid(at, f"is at most {shape.most:,}")


def _inner(shape: Shape | None) -> Shape:
    if shape is None:
        raise TypeError("A list or map without a shape of its values.")
    return shape


def _is_unicode(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def _named(at: str) -> str:
    """Say where, and no more of it than a line holds: keys of maps are the caller's own text."""
    return ascii(at)[1:-1][:80] if at else "The body"


def _invalid(at: str, rule: str) -> NoReturn:
    raise WireError(INVALID, f"{_named(at)} {rule}.")
