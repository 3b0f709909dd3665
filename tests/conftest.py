"""Services, databases and rules for every test.

| fixture | the test gets |
|---|---|
| `db` (pytest-django) | a transaction that is rolled back; nothing commits |
| `database` | this process's database; what the test does commits and stays |
| `fresh_database` | a pristine clone for this test alone |

The services start, and the environment that settings read is set, when this file is imported: Django must
find its database before the first test module imports a model.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator

import django
import hypothesis
import pytest
import redis
from _pytest.nodeid import coerce_node_id
from django.conf import settings

from tests.support import network, services

if settings.configured:
    raise pytest.UsageError(
        "Unset DJANGO_SETTINGS_MODULE: settings must load after the services have started."
    )
# As many processes as processors run tests; threads of linear algebra on top only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
run = services.join()
os.environ.update(run.environment())
(run.home / "static").mkdir(parents=True, exist_ok=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # inherited, it would make pytest-django load settings too early

from django.db import connection  # noqa: E402 - needs settings

from tests.support import database as databases  # noqa: E402

# Chance draws no second look here unless a test asks for it: whoever is drawn is kept from the case.
settings.SECOND_LOOK_ONE_IN = 10**9
# Every client of a test loads the middleware anew; it need not list all static files each time.
settings.WHITENOISE_AUTOREFRESH = True

# `make proof` runs the same properties at full size.
hypothesis.settings.register_profile("part", max_examples=40, deadline=None)
hypothesis.settings.register_profile("full", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("PROOF", "part"))


def pytest_configure() -> None:
    network.stay_inside()
    if run.locks:  # the controller: a polite kill must not leave services behind
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def pytest_collection_finish() -> None:
    gc.freeze()  # modules and tests stay to the end: nobody need look through them for garbage


def pytest_unconfigure() -> None:
    services.leave(run)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: insert-only tables cannot be flushed; use `database`.")
        if hasattr(config, "workerinput"):
            _name_group(item)


def _name_group(item: pytest.Item) -> None:
    """Keep the tests of a group in one worker: it makes once what they share.

    Those marked `engine` are one, for they share an engine worker; so are those of a module that share its
    fixture. xdist 3.8 reads the group behind an @ in the node's id, but writes it where pytest 9.2 no
    longer looks.
    """
    marker = item.get_closest_marker("xdist_group")
    group = marker.args[0] if marker else "engine" if item.get_closest_marker("engine") else _module(item)
    if group and "@" not in item.nodeid:
        item._id = coerce_node_id(f"{item.nodeid}@{group}")


def _module(item: pytest.Item) -> str | None:
    """Return the module of a test that shares one of its fixtures with others, else None."""
    definitions = item._fixtureinfo.name2fixturedefs.values()
    return item.module.__name__ if any(found[-1].scope == "module" for found in definitions) else None


@pytest.fixture(scope="session")
def template_database() -> str:
    """Name of the migrated database that all others are cloned from."""
    return databases.template(run)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest, template_database: str) -> Iterator[None]:
    """This process's own database, in place of the one that pytest-django would make."""
    redis.from_url(settings.REDIS_URL).flushdb()
    with databases.clone(run, template_database, run.database):
        yield
        with django_db_blocker.unblock():
            databases.close_connections()


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Open this process's database; what the test does commits and stays."""
    with django_db_blocker.unblock():
        yield
        assert not connection.in_atomic_block, "the test left a transaction open"
        databases.close_connections()


@pytest.fixture
def fresh_database(
    template_database: str, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[dict[str, str]]:
    """Open a pristine clone for this test alone; its value leads child processes there."""
    with (
        databases.clone(run, template_database, databases.fresh_name(run)) as name,
        django_db_blocker.unblock(),
    ):
        with databases.switched(name):
            yield dict(os.environ) | run.environment(name)
