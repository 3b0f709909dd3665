"""The portal as `make run` serves it, a real engine worker, and real clients over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from portal.env import ROOT
from tests.support import database as databases
from tests.support import services
from tests.support.accounts import Account, answers, provisioned
from tests.support.web import serving
from tests.support.workers import REAL, wait_for, workers

LFW = ROOT.parent / "shared" / "data" / "lfw_dev"
MORE = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "REST_READS_PER_MINUTE": "100000",  # the limit has a test of its own
    "REST_WRITES_PER_MINUTE": "100000",
}


@pytest.fixture(scope="package")
def installation(template_database: str, django_db_setup: None) -> Iterator[dict[str, str]]:
    """A pristine database; the value leads child processes there."""
    run = services.join()
    with databases.clone(run, template_database, databases.fresh_name(run)) as name:
        yield dict(os.environ) | run.environment(name) | MORE


@pytest.fixture(scope="package")
def address(installation: dict[str, str]) -> Iterator[str]:
    """Where the portal answers."""
    with serving(installation, threads=4) as found:
        yield found


@pytest.fixture(scope="package")
def engine(installation: dict[str, str], address: str) -> Iterator[None]:
    """A real engine worker that has loaded its model, and a light one."""
    with workers(installation, engine=REAL):
        wait_for(lambda: answers(f"{address}/readyz"), seconds=180, every=0.5)
        yield


@pytest.fixture(scope="package")
def account(installation: dict[str, str], address: str) -> Account:
    """A child protection organization that is cleared to search for missing children."""
    return provisioned(installation, address, "Harbor Light")


@pytest.fixture(scope="package")
def stranger(installation: dict[str, str], address: str) -> Account:
    """Another organization with the same clearance."""
    return provisioned(installation, address, "Quayside Aid")


@pytest.fixture(scope="package")
def barred(installation: dict[str, str], address: str) -> Account:
    """A police department under the moratorium."""
    return provisioned(
        installation,
        address,
        "Eastbrook Police",
        type="law_enforcement_local",
        moratorium_status="covered",
        purpose="criminal_investigation_lead",
    )


@pytest.fixture(scope="package")
def photos() -> dict[str, list[bytes]]:
    """Press photos by person; skipped by name where they are not on this machine."""
    if not LFW.is_dir():
        pytest.skip("lfw_dev: the press photos for the conformance tests are not on this machine")
    people = ("Halle_Berry", "Paul_Bremer", "Joschka_Fischer")
    return {name: [path.read_bytes() for path in sorted((LFW / name).iterdir())[:4]] for name in people}
