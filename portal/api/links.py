"""Which operation goes on where another one ends: OpenAPI links from what was made to its further use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# Operations that make something: status of the answer, place of its id in other addresses.
_MAKERS = {
    "galleries_create": ("201", "gallery"),
    "subjects_create": ("201", "subject"),
    "images_upload": ("201", "image"),
    "cases_open": ("201", "case"),
    "case_photos_add": ("201", "photo"),
    "jobs_submit": ("201", "job"),
    "webhooks_create": ("201", "webhook"),
    "accuracy_begin": ("201", "test"),
}
_RULING = {"operationId": "rulings_read", "parameters": {"ruling": "$response.body#/ruling/id"}}


def add_links(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the links: a hook of the schema's generator."""
    operations = list(_operations(result))
    for path, operation in operations:
        if made := _MAKERS.get(operation["operationId"]):
            status, place = made
            own = {name: f"$request.path.{name}" for name in _places(path)}
            known = own | {place: "$response.body#/id"}
            operation["responses"][status]["links"] = _links(operations, known, place)
        if operation["operationId"] == "jobs_submit":
            operation["responses"]["201"]["links"]["rulings_read"] = _RULING
    return result


def _links(operations: list[tuple[str, dict[str, Any]]], known: dict[str, str], place: str) -> dict[str, Any]:
    """Return links to every operation on the thing whose other places in the address are known, too."""
    return {
        operation["operationId"]: {
            "operationId": operation["operationId"],
            "parameters": {name: known[name] for name in _places(path)},
        }
        for path, operation in operations
        if place in _places(path) and set(_places(path)) <= set(known)
    }


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in result["paths"].items():
        for operation in methods.values():
            yield path, operation


def _places(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)
