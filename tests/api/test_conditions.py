"""What a program has already is not sent again; what somebody else changed is not overwritten unseen."""

import pytest

from tests.api.conftest import problem


def test_an_answer_that_is_known_is_not_sent_again(alice):
    gallery = alice.gallery()
    first = alice.get(f"galleries/{gallery}/")
    again = alice.get(f"galleries/{gallery}/", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "no-store"


def test_a_changed_answer_is_sent(alice):
    gallery = alice.gallery()
    first = alice.get(f"galleries/{gallery}/")
    alice.call("PATCH", f"galleries/{gallery}/", {"owner": "Night shift"})
    again = alice.get(f"galleries/{gallery}/", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.json()["owner"]) == (200, "Night shift")


def test_a_photo_that_is_known_is_not_opened_again(alice):
    image = alice.image()
    first = alice.get(f"images/{image}/content/")
    again = alice.get(f"images/{image}/content/", **{"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert b"".join(first.streaming_content)


def test_a_change_of_what_was_read_goes_through(alice):
    gallery = alice.gallery()
    tag = alice.get(f"galleries/{gallery}/")["ETag"]
    answer = alice.call("PATCH", f"galleries/{gallery}/", {"owner": "Night shift"}, **{"If-Match": tag})
    assert answer.status_code == 200


@pytest.mark.parametrize("tag", ['"old"', 'W/"old"'])
def test_a_change_of_something_else_is_refused(alice, tag):
    gallery = alice.gallery()
    answer = alice.call("PATCH", f"galleries/{gallery}/", {"owner": "Night shift"}, **{"If-Match": tag})
    problem(answer, 412, "changed_meanwhile")
    assert alice.get(f"galleries/{gallery}/").json()["owner"] == "Case team"


def test_a_query_parameter_nobody_asked_for_is_refused(alice):
    body = problem(alice.get("galleries/?lmit=5"), 422, "unknown_parameter")
    assert body["errors"] == [{"field": "lmit", "code": "unknown_parameter", "detail": body["detail"]}]
    assert "cursor, limit" in body["detail"]


def test_every_method_is_told_without_a_body(alice):
    answer = alice.call("OPTIONS", "galleries/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_the_head_of_an_answer_has_its_tag(alice):
    assert alice.call("HEAD", "galleries/")["ETag"] == alice.get("galleries/")["ETag"]
