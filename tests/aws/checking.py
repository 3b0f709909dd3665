"""Whether an answer is one that the service's model knows."""

from __future__ import annotations

from typing import Any

from portal.aws.reading import expression
from portal.aws.shapes import Shape

_TYPES = {
    "string": str,
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
    "integer": int,
    "long": int,
    "float": (int, float),
    "timestamp": (int, float),
}


def conforms(shape: Shape, value: Any, at: str = "answer") -> None:
    """Assert that a value has the type, range, pattern and words of its shape, and no member besides."""
    assert isinstance(value, _TYPES[shape.kind]), at
    size = value if isinstance(value, int | float) else len(value)
    counted = value.keys() if shape.kind == "structure" else ()
    if shape.kind not in ("structure", "boolean", "timestamp"):
        assert shape.least is None or size >= shape.least, at
        assert shape.most is None or size <= shape.most, at
    assert set(counted) <= shape.members.keys(), at
    if shape.kind == "string":
        assert not shape.words or value in shape.words, at
        assert not shape.pattern or expression(shape.pattern).fullmatch(value), at
    for name in counted:
        conforms(shape.members[name], value[name], f"{at}.{name}")
    if shape.of is not None:
        for one in value.values() if isinstance(value, dict) else value:
            conforms(shape.of, one, f"{at}[]")
