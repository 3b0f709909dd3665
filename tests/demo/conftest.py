"""A database, a worker with the fake engine and colored people, shared by the tests of one module."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from portal.web.demo.photos import Album, Person, Photo
from recognition import client
from tests.support import database as databases
from tests.support import services
from tests.support.workers import wait_for, workers

COLORS = {"anna": (200, 30, 30), "boris": (30, 200, 30), "clara": (30, 30, 200)}


def photo(color: tuple[int, int, int], size: int = 200) -> bytes:
    """A photo of the person of this color; another size is another photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), color).save(buffer, "JPEG")
    return buffer.getvalue()


def person(name: str, photos: int, *, alterable: bool = True) -> Person:
    made = (Photo(f"{name}-{number}.jpg", photo(COLORS[name], 200 + number)) for number in range(photos))
    return Person(name, tuple(made), alterable)


@pytest.fixture(scope="session")
def album() -> Album:
    return Album((person("anna", 3), person("boris", 2), person("clara", 1)), ("Colors, free to use.",))


@pytest.fixture
def folder(tmp_path: Path, album: Album) -> Path:
    """The album as a folder of folders."""
    for one in album.people:
        (tmp_path / one.name).mkdir()
        for shot in one.photos:
            (tmp_path / one.name / shot.name).write_bytes(shot.data)
    return tmp_path


@pytest.fixture(scope="module")
def installation(
    template_database: str, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[dict[str, str]]:
    """A pristine database for the tests of one module; its value leads child processes there."""
    run = services.join()
    with (
        databases.clone(run, template_database, databases.fresh_name(run)) as name,
        django_db_blocker.unblock(),
        databases.switched(name),
    ):
        yield dict(os.environ) | run.environment(name)


@pytest.fixture(scope="module")
def worker(installation: dict[str, str]) -> Iterator[None]:
    """A live worker with the fake engine."""
    with workers(installation):
        wait_for(client.engine_is_live, seconds=60)
        yield
