"""The same call twice is done once."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from rest_framework.response import Response

from portal.api import idempotency
from portal.api.models import KeptCall
from portal.common.clock import database_now
from portal.tenancy.scope import tenant_scope
from tests.api.conftest import Program, new_gallery, problem
from tests.support.world import jpeg

NAME = {"Idempotency-Key": "order-1"}


def kept(side) -> KeptCall:
    with tenant_scope(side.organization):
        return KeptCall.objects.get()


def change(side, **values) -> None:
    with tenant_scope(side.organization):
        KeptCall.objects.update(**values)


def test_the_same_call_is_done_once_and_answered_twice(alice):
    body = new_gallery()
    first, second = (alice.post("galleries/", body, **NAME) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    assert len(alice.get("galleries/").json()["items"]) == 1


def test_without_the_header_a_call_is_done_each_time(alice):
    body = new_gallery()
    assert alice.post("galleries/", body).status_code == 201
    problem(alice.post("galleries/", body), 409, "name_taken")


def test_another_body_under_the_same_key_is_refused(alice):
    alice.post("galleries/", new_gallery(), **NAME)
    problem(alice.post("galleries/", new_gallery(), **NAME), 422, "idempotency_mismatch")
    assert len(alice.get("galleries/").json()["items"]) == 1


def test_another_address_under_the_same_key_is_refused(alice):
    alice.post("galleries/", new_gallery(), **NAME)
    problem(alice.post("jobs/", {"kind": "detect"}, **NAME), 422, "idempotency_mismatch")


def test_the_order_of_names_in_json_makes_no_other_call(alice):
    body = new_gallery()
    first = alice.post("galleries/", body, **NAME)
    assert alice.post("galleries/", dict(reversed(body.items())), **NAME).json() == first.json()


def test_an_upload_is_known_again_by_its_bytes(alice):
    photo, other = jpeg(), jpeg()
    first, second = (
        alice.post("images/", {"file": SimpleUploadedFile("a.jpg", photo)}, **NAME) for _ in range(2)
    )
    assert first.json()["id"] == second.json()["id"]
    answer = alice.post("images/", {"file": SimpleUploadedFile("a.jpg", other)}, **NAME)
    problem(answer, 422, "idempotency_mismatch")


def test_a_refusal_is_answered_again_and_ruled_on_once(bob):
    gallery, image = bob.gallery(), bob.image()
    body = {"kind": "search", "gallery": gallery, "images": [image], "subject_class": "suspect"}
    first, second = (bob.post("jobs/", body, **NAME) for _ in range(2))
    assert problem(first, 403, "us-police-2020") == problem(second, 403, "us-police-2020")
    assert len(bob.get("jobs/").json()["items"]) == 1


def test_a_call_in_flight_is_told_so(alice, world):
    body = new_gallery()
    alice.post("galleries/", body, **NAME)
    change(world.alice, status=None)
    problem(alice.post("galleries/", body, **NAME), 409, "idempotency_in_flight")


def test_a_call_lost_before_it_made_anything_can_be_sent_again(alice, world):
    body = new_gallery()
    alice.post("galleries/", body, **NAME)
    change(world.alice, status=None, made=[], started_at=database_now() - idempotency.IN_FLIGHT)
    problem(alice.post("galleries/", body, **NAME), 409, "name_taken")


def test_an_answer_is_kept_for_a_day(alice, world):
    body = new_gallery()
    alice.post("galleries/", body, **NAME)
    assert kept(world.alice).expires_at - kept(world.alice).started_at == timedelta(hours=24)
    change(world.alice, expires_at=database_now())
    problem(alice.post("galleries/", body, **NAME), 409, "name_taken")


def test_two_keys_use_the_same_name_for_calls_of_their_own(alice, charlie, world):
    successor = Program(world.alice, world.alice.new_key().bearer)
    ids = {one.post("galleries/", new_gallery(), **NAME).json()["id"] for one in (alice, charlie, successor)}
    assert len(ids) == 3


def test_an_error_of_ours_is_not_kept(alice, world):
    alice.post("galleries/", new_gallery(), **NAME)
    change(world.alice, made=[])
    idempotency.finish(kept(world.alice), Response({}, status=500))
    with tenant_scope(world.alice.organization):
        assert not KeptCall.objects.exists()


def test_secrets_are_not_kept(alice, world):
    alice.post("galleries/", new_gallery(), **NAME)
    answer = Response({"id": "x", "secret": "once"}, status=201)
    idempotency.finish(kept(world.alice), answer, secrets=["secret"])
    assert kept(world.alice).answer == '{"id":"x"}'


@pytest.mark.parametrize("name", ["", "a" * 256, "é", "a\x00b"])
def test_a_name_that_cannot_be_kept_is_refused(alice, name):
    headers = {"Idempotency-Key": name}
    problem(alice.post("galleries/", new_gallery(), **headers), 422, "idempotency_key")


def test_two_at_once_are_done_once(alice):
    body, answers = new_gallery(), []

    def send() -> None:
        answers.append(Program(alice.side).post("galleries/", body, **NAME))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(alice.get("galleries/").json()["items"]) == 1


def test_kept_calls_stay_behind_row_level_security(alice, world):
    alice.post("galleries/", new_gallery(), **NAME)
    with tenant_scope(world.charlie.organization), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_api_keptcall")
        assert cursor.fetchone() == (0,)
