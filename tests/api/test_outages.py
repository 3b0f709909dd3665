"""A database that goes away under a call, and a Redis that cannot count."""

from django.test import Client

from portal.common import outages
from tests.api.conftest import Program, new_gallery, problem
from tests.support.database import as_superuser
from tests.support.world import new_world

NAME = {"Idempotency-Key": "order-1"}
# The connection is ended in the words of a server that shuts down.
FALL = """
CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER fall BEFORE INSERT ON recognition_gallery FOR EACH ROW EXECUTE FUNCTION fall()
"""


def test_a_call_that_the_database_went_away_under_can_be_sent_again_at_once(fresh_database):
    alice, body = Program(new_world().alice), new_gallery()
    as_superuser(FALL)
    told = alice.post("galleries/", body, **NAME)
    problem(told, 503, outages.DATABASE)
    assert int(told["Retry-After"]) > 0
    as_superuser("DROP TRIGGER fall ON recognition_gallery")
    assert alice.post("galleries/", body, **NAME).status_code == 201
    assert len(alice.get("galleries/").json()["items"]) == 1


def test_nobody_signs_in_while_attempts_cannot_be_counted(world, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    client = Client(raise_request_exception=False)
    given = {"login": world.alice.person.email, "password": "wrong, and counted"}
    answer = client.post("/accounts/login/", given)
    assert (answer.status_code, outages.REDIS in answer.content.decode()) == (503, True)
    assert "sessionid" not in client.cookies
