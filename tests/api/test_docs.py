"""The API's own description: complete, true, and shown offline under the strict policy."""

import shutil
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jsonschema
import pytest
import yaml
from django.core.wsgi import get_wsgi_application

from tests.api.conftest import problem
from tests.api.test_keys import METHODS
from tests.structure.test_openapi import plain

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def schema(django_db_setup, django_db_blocker) -> dict:
    from django.test import Client

    with django_db_blocker.unblock():
        return yaml.safe_load(Client().get("/api/v1/schema/").content)


def of_component(schema: dict, name: str) -> dict:
    """A component as JSON Schema."""
    return plain(schema["components"]["schemas"][name]) | {"components": plain(schema["components"])}


def test_every_operation_is_described(schema):
    described = {
        (path.removeprefix("/api/v1/"), method.upper())
        for path, operations in schema["paths"].items()
        for method in operations
    }
    expected = {
        (route.replace("<str:", "{").replace(">", "}"), method)
        for route, methods in METHODS.items()
        for method in methods
        if method != "HEAD"
    }
    assert described == expected


def test_every_operation_takes_a_key(schema):
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"key": []}]


def test_every_post_takes_an_idempotency_key(schema):
    for path, operations in schema["paths"].items():
        if "post" in operations:
            names = {one["name"] for one in operations["post"]["parameters"]}
            assert "Idempotency-Key" in names, path


def test_answers_are_what_the_schema_says(schema, alice):
    image, gallery = alice.image(), alice.gallery()
    job = alice.post("jobs/", {"kind": "search", "gallery": gallery, "images": [image]}).json()
    answers = {
        "StandingOutput": alice.get("standing/"),
        "ImageOutput": alice.get(f"images/{image}/"),
        "GalleryOutput": alice.get(f"galleries/{gallery}/"),
        "GalleryPage": alice.get("galleries/"),
        "JobBriefPage": alice.get("jobs/"),
        "JobOutput": alice.get(f"jobs/{job['id']}/"),
        "ItemPage": alice.get(f"jobs/{job['id']}/items/"),
        "CasePage": alice.get("cases/"),
        "RulingOutput": alice.get(f"rulings/{job['ruling']['id']}/"),
    }
    jsonschema.validate(job, of_component(schema, "SubmittedOutput"))
    for name, answer in answers.items():
        jsonschema.validate(answer.json(), of_component(schema, name))


def test_problems_are_what_the_schema_says(schema, alice, bob):
    refused = bob.post("jobs/", {"kind": "detect", "images": [bob.image()]})
    unnamed = alice.post("galleries/", {})
    for body in (problem(refused, 403, "us-police-2020"), problem(unnamed, 422, "validation")):
        jsonschema.validate(body, of_component(schema, "Problem"))


def test_the_page_asks_for_no_exception_from_the_policy(database, client):
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    assert b"<style" not in page.content
    assert b"http://" not in page.content
    assert b"https://" not in page.content


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(database):
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.mark.e2e
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_works_under_the_policy(address):
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/api/v1/docs/")
        page.wait_for_selector(".opblock-summary-post")
        page.click(".opblock-summary-post >> nth=0")
        page.wait_for_selector(".try-out")
        operations = sum(len(set(methods) - {"HEAD"}) for methods in METHODS.values())
        assert page.locator(".opblock").count() == operations
        browser.close()
    assert complaints == []
