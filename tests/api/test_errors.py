"""Whatever goes wrong is a problem document with a code, and tells nothing of the inside."""

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from portal.api.uploads import MOST_OF_JSON
from portal.common.ids import parse_public_id
from tests.api.conftest import new_gallery, problem


def test_broken_json_is_a_parse_error(alice):
    headers = {"Authorization": f"Bearer {alice.bearer}"}
    answer = alice.client.post("/api/v1/jobs/", "{", content_type="application/json", headers=headers)
    problem(answer, 400, "parse_error")


def test_hostile_json_is_a_parse_error(alice):
    headers = {"Authorization": f"Bearer {alice.bearer}"}
    for text in ("[" * 100_000, '{"a":' * 50_000, "9" * 5000, "NaN"):
        answer = alice.client.post("/api/v1/jobs/", text, content_type="application/json", headers=headers)
        problem(answer, 400, "parse_error")


def test_an_id_that_is_none_is_not_found(alice):
    for text in ("x", "gal_", "gal_%00", "gal_" + "z" * 26, "job_" + "0" * 26, "%2e%2e", "é"):
        problem(alice.get(f"galleries/{text}/"), 404, "not_found")


def test_another_content_type_is_named(alice):
    headers = {"Authorization": f"Bearer {alice.bearer}"}
    answer = alice.client.post("/api/v1/jobs/", "<a/>", content_type="text/xml", headers=headers)
    problem(answer, 415, "unsupported_media_type")


def test_every_wrong_field_is_listed(alice):
    body = problem(alice.post("galleries/", {"name": "", "retention_days": 0}), 422, "validation")
    wrong = {one["field"]: one["code"] for one in body["errors"]}
    assert wrong == {
        "name": "blank",
        "retention_days": "min_value",
        "purpose": "required",
        "legal_basis": "required",
        "owner": "required",
    }


def test_a_misspelled_condition_is_not_ignored(alice):
    body = problem(alice.post("galleries/", new_gallery(retention_day=1)), 422, "validation")
    assert [one["field"] for one in body["errors"]] == ["retention_day"]


@pytest.mark.parametrize("body", [[], '"text"', 1, [{"name": "x"}]])
def test_json_that_is_no_object_is_refused(alice, body):
    problem(alice.post("galleries/", body), 422, "validation")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_the_database_cannot_hold_is_refused(alice, text):
    problem(alice.post("galleries/", new_gallery(name=text)), 422, "validation")


def test_another_method_is_named(alice):
    problem(alice.call("PUT", "standing/"), 405, "method_not_allowed")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_an_unknown_address_is_not_found(alice, method):
    problem(alice.call(method, "nowhere/"), 404, "not_found")


def test_a_missing_slash_is_pointed_out(alice):
    assert "slash" in problem(alice.get("standing"), 404, "not_found")["detail"]


def test_a_body_that_is_too_large_is_not_read(alice):
    headers = {"Authorization": f"Bearer {alice.bearer}"}
    big = b'{"name": "' + b"a" * MOST_OF_JSON + b'"}'
    answer = alice.client.post("/api/v1/galleries/", big, content_type="application/json", headers=headers)
    problem(answer, 413, "body_too_large")


def test_a_request_of_many_parts_is_refused(alice):
    fields = {f"field{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    headers = {"Authorization": f"Bearer {alice.bearer}"}
    problem(alice.client.post("/api/v1/images/", fields, headers=headers), 400, "bad_request")


def test_an_error_of_ours_gives_a_reference_and_nothing_else(alice, world):
    image = alice.image()
    path = f"images/{world.alice.organization.pk}/{parse_public_id('img', image)}"
    with default_storage.open(path, "r+b") as file:
        file.write(b"damaged")
    body = problem(alice.get(f"images/{image}/content/"), 500, "internal")
    assert body["reference"] in body["detail"]
    assert set(body) == {"type", "title", "status", "code", "detail", "reference"}


def test_a_photo_whose_file_is_gone_is_not_found(alice, world):
    image = alice.image()
    default_storage.delete(f"images/{world.alice.organization.pk}/{parse_public_id('img', image)}")
    problem(alice.get(f"images/{image}/content/"), 404, "not_found")


def test_the_api_answers_json_whatever_is_accepted(alice):
    answer = alice.get("standing/", Accept="text/html")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
