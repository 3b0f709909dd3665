"""What the service's own model, as botocore carries it, says of an answer: types, ranges, patterns, words."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

# Errors that every service of AWS may answer with; its model names none of them.
COMMON = frozenset(
    {
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "RequestTimeoutException",
    }
)
_KINDS: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "blob": str,
}
# Python's expressions know no classes of Unicode.
_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": r"\s"}


@cache
def service() -> ServiceModel:
    """The model of Rekognition."""
    session = botocore.session.Session()
    return session.get_service_model("rekognition")


def of(operation: str) -> OperationModel:
    """The model of one operation."""
    return service().operation_model(operation)


def conforms(operation: str, body: bytes, parsed: dict[str, Any] | None = None) -> None:
    """Assert that an answer is one that the operation's model knows, as it was sent and as it was read."""
    shape = of(operation).output_shape
    _check(shape, json.loads(body), operation)
    if parsed is not None:
        values = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        report = ParamValidator().validate(values, shape)
        assert not report.has_errors(), report.generate_report()


def is_error_of(operation: str, name: str) -> bool:
    """Tell whether an operation, or any call, may end with an error of this name."""
    known = operation in service().operation_names
    return name in COMMON or (known and name in {shape.name for shape in of(operation).error_shapes})


def _check(shape: Any, value: Any, at: str) -> None:
    kind = shape.type_name
    assert isinstance(value, _KINDS[kind]), f"{at}: {value!r} is no {kind}"
    assert kind == "boolean" or not isinstance(value, bool), f"{at}: {value!r} is no {kind}"
    _check_range(shape, value, at)
    if kind == "string":
        _check_text(shape, value, at)
    elif kind == "list":
        for number, one in enumerate(value):
            _check(shape.member, one, f"{at}[{number}]")
    elif kind == "map":
        for name, one in value.items():
            _check(shape.key, name, f"{at}.{name}")
            _check(shape.value, one, f"{at}.{name}")
    elif kind == "structure":
        _check_members(shape, value, at)


def _check_range(shape: Any, value: Any, at: str) -> None:
    size = len(value) if isinstance(value, str | list | dict) else value
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    assert least is None or size >= least, f"{at}: {size} is less than {least}"
    assert most is None or size <= most, f"{at}: {size} is more than {most}"


def _check_text(shape: Any, value: str, at: str) -> None:
    words, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    assert not words or value in words, f"{at}: {value!r} is none of {words}"
    if pattern:
        for unknown, known in _CLASSES.items():
            pattern = pattern.replace(unknown, known)
        assert re.fullmatch(pattern, value), f"{at}: {value!r} does not match {pattern}"


def _check_members(shape: Any, value: dict[str, Any], at: str) -> None:
    unknown = value.keys() - shape.members.keys()
    missing = set(shape.metadata.get("required", ())) - value.keys()
    assert not unknown, f"{at}: {unknown} is not in the model"
    assert not missing, f"{at}: {missing} is missing"
    for name, one in value.items():
        _check(shape.members[name], one, f"{at}.{name}")
