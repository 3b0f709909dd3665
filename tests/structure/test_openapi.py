"""Every operation of the REST API shows what is sent and every kind of answer, and its examples are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

SCHEMA = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS = [(path, method) for path, methods in SCHEMA["paths"].items() for method in methods]
CHOSEN = {"pair"}  # places for names that callers choose
NO_BODY = {"204", "304"}
TEXT = {"text/csv", "application/x-ndjson", "image/jpeg", "image/png", "image/webp"}


def plain(node: Any) -> Any:
    """JSON Schema of a part: OpenAPI 3.0 says `nullable` where JSON Schema says `null`."""
    if isinstance(node, list):
        return [plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    own = {key: plain(value) for key, value in node.items()}
    return {"anyOf": [own, {"type": "null"}]} if own.pop("nullable", False) is True else own


COMPONENTS = plain({"schemas": SCHEMA["components"]["schemas"]})


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the description, where it refers to a component."""
    found = part
    for name in part.get("$ref", "#").split("/")[1:]:
        found = SCHEMA[name] if found is part else found[name]
    return found


def bodies(path: str, method: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield what is sent and answered: status or `request`, media type, description."""
    operation = SCHEMA["paths"][path][method]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", kind, content
    for status, response in operation["responses"].items():
        for kind, content in resolved(response).get("content", {}).items():
            yield status, kind, content


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_body_has_an_example_that_its_schema_takes(path, method):
    for status, kind, content in bodies(path, method):
        examples = content.get("examples", {})
        assert examples, f"{method.upper()} {path}: no example of {status} {kind}"
        if kind not in TEXT:
            for example in examples.values():
                jsonschema.validate(example["value"], plain(content["schema"]) | {"components": COMPONENTS})


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_shows_every_kind_of_answer(path, method):
    operation = SCHEMA["paths"][path][method]
    told = set(operation["responses"])
    assert told >= {"401", "403", "422", "429", "500"}
    assert told >= ({"404", "409"} if "{" in path else set())
    for status in told - NO_BODY:
        assert list(bodies(path, method)), f"{status} has no body"
    assert any(status.startswith("2") for status in told)


def test_every_place_in_an_address_says_what_an_id_looks_like():
    places = {
        (path, one["name"]): one["schema"].get("pattern", "")
        for path, method in OPERATIONS
        for one in SCHEMA["paths"][path][method].get("parameters", [])
        if one["in"] == "path"
    }
    assert {name for (_, name), pattern in places.items() if not pattern} == CHOSEN
