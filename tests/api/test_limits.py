"""Calls of a key are counted; what is left stands in every answer."""

import pytest

from portal.tenancy import rates
from tests.api.conftest import Program, new_gallery, problem


@pytest.fixture
def few(settings, monkeypatch):
    settings.REST_CALLS_PER_MINUTE = {"read": 3, "write": 1, "upload": 2}
    monkeypatch.setattr(rates, "WINDOW_SECONDS", 10**12)  # no minute ends while a test counts


def test_every_answer_says_what_is_left(alice, few):
    left = [alice.get("standing/")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]


def test_past_the_limit_a_call_waits(alice, few):
    alice.post("galleries/", new_gallery())
    answer = alice.post("galleries/", new_gallery())
    problem(answer, 429, "throttled")
    assert int(answer["Retry-After"]) > 0
    assert answer["RateLimit-Remaining"] == "0"


def test_reads_writes_and_uploads_are_counted_apart(alice, few):
    assert alice.post("galleries/", new_gallery()).status_code == 201
    assert [alice.upload().status_code for _ in range(3)] == [201, 201, 429]
    assert alice.get("galleries/").status_code == 200


def test_one_key_does_not_use_up_anothers_calls(alice, world, few):
    alice.post("galleries/", new_gallery())
    other = Program(world.alice, world.alice.new_key().bearer)
    assert other.post("galleries/", new_gallery()).status_code == 201


def test_calls_go_on_while_the_counter_is_away(alice, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    answer = alice.get("standing/")
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer
