"""A program's side of the REST API, over HTTP."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.support.world import Side, World, jpeg, new_world

_numbers = itertools.count()


@dataclass
class Program:
    """Calls the API with one key."""

    side: Side
    bearer: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __post_init__(self) -> None:
        self.bearer = self.bearer or self.side.key.bearer

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send JSON, or a form where `body` holds a file."""
        headers = {"Authorization": f"Bearer {self.bearer}", **headers}
        is_form = isinstance(body, dict) and any(hasattr(value, "read") for value in body.values())
        address = path if path.startswith("/") else f"/api/v1/{path}"
        send = getattr(self.client, method.lower())
        if is_form:
            return send(address, body, headers=headers)
        if body is None and method == "POST":
            return send(address, content_type="application/json", headers=headers)
        if body is None:
            return send(address, headers=headers)
        return send(address, body, content_type="application/json", headers=headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def upload(self, data: bytes | None = None, name: str = "anna.jpg") -> Any:
        return self.post("images/", {"file": SimpleUploadedFile(name, jpeg() if data is None else data)})

    def image(self, color: tuple[int, int, int] = (200, 30, 30), name: str = "anna.jpg") -> str:
        return self.upload(jpeg(color), name).json()["id"]

    def gallery(self, **changes: Any) -> str:
        answer = self.post("galleries/", new_gallery(purpose=self.side.purpose, **changes))
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]


def new_gallery(**changes: Any) -> dict[str, Any]:
    return {
        "name": f"Missing children {next(_numbers)}",
        "purpose": "find_missing_child",
        "legal_basis": "Guardians' consent",
        "owner": "Case team",
        "retention_days": 365,
        "image_source": "guardian",
    } | changes


def file_of(data: bytes, name: str = "photos.zip") -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is this problem, in the right form, and return it."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["status"]) == (code, status)
    assert body["detail"]
    assert "Traceback" not in answer.content.decode()
    return body


@pytest.fixture
def world(database: None) -> World:
    return new_world()


@pytest.fixture
def alice(world: World) -> Program:
    return Program(world.alice)


@pytest.fixture
def bob(world: World) -> Program:
    return Program(world.bob)


@pytest.fixture
def charlie(world: World) -> Program:
    return Program(world.charlie)
