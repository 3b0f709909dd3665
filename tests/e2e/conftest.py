"""A real browser on a real server. Without Chromium these tests are named as skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, sync_playwright

from portal.tenancy.models import User

PASSWORD = "seven quiet lanterns"
FLAGS = ["--no-sandbox", "--disable-gpu"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the system's Chromium is; nothing is downloaded."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("E2E_REQUIRED") == "1":
        pytest.fail("Chromium is not installed, and E2E_REQUIRED=1 asks for it.")
    pytest.skip("Chromium is not installed; browser tests did not run.")


@pytest.fixture(scope="module", autouse=True)
def queries_beside_the_browser() -> Iterator[None]:
    """Playwright keeps an event loop in this thread, which Django takes for asynchronous code of ours."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def address(database: None) -> Iterator[str]:
    """Where the portal answers, on this process's database."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


def give_password(user: User) -> str:
    """Let a user sign in with a password; returns their address."""
    user.set_password(PASSWORD)
    user.save()
    return user.email


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
