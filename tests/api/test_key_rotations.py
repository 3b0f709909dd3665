"""A program replaces its own key over REST; its secrets are told once."""

import pytest

from portal.api.models import KeptCall
from portal.tenancy.models import ApiKey
from portal.tenancy.scope import tenant_scope
from tests.api.conftest import Program, problem

DAY = {"overlap_hours": 24}
NAME = {"Idempotency-Key": "rotate-1"}


@pytest.fixture
def own(world):
    made = world.alice.new_key(scopes=["rotate_keys", "view_results"])
    return Program(world.alice, made.bearer), made.key


def test_a_program_goes_on_with_its_new_key(own, world):
    program, key = own
    made = program.post(f"keys/{key.public_id}/rotate/", DAY)
    successor = Program(world.alice, made.json()["bearer"])
    assert made.status_code == 201
    told = successor.get("standing/").json()["key"]
    assert (told["scopes"], told["replaces"]) == (key.scopes, key.public_id)
    assert program.get("standing/").status_code == 200


def test_its_end_stays_what_an_administrator_made_it(own):
    program, key = own
    assert program.post(f"keys/{key.public_id}/rotate/", DAY).status_code == 201
    assert ApiKey.objects.get(replaces=key).expires_at == key.expires_at


def test_a_repeated_answer_has_no_secrets(own, world):
    program, key = own
    first, again = (program.post(f"keys/{key.public_id}/rotate/", DAY, **NAME) for _ in range(2))
    assert again.status_code == 201
    assert first.json() == again.json() | {
        name: first.json()[name] for name in ("bearer", "secret_access_key")
    }
    with tenant_scope(world.alice.organization):
        kept = KeptCall.objects.get().answer
    assert first.json()["bearer"] not in kept
    assert first.json()["secret_access_key"] not in kept


def test_a_program_that_lost_the_answer_rotates_once_more_and_needs_nobody(own, world):
    program, key = own
    path = f"keys/{key.public_id}/rotate/"
    lost, repeated = program.post(path, DAY, **NAME), program.post(path, DAY, **NAME)
    assert "bearer" not in repeated.json()
    again = program.post(path, DAY, **{"Idempotency-Key": "rotate-2"})
    assert Program(world.alice, again.json()["bearer"]).get("standing/").status_code == 200
    problem(Program(world.alice, lost.json()["bearer"]).get("standing/"), 401, "key_invalid")
    problem(program.post(path, DAY), 409, "rotated_already")


def test_keys_are_listed_with_their_last_use(own, world):
    program, key = own
    rows = {row["id"]: row for row in program.get("keys/").json()["items"]}
    assert rows[key.public_id]["last_used_at"]
    assert rows[world.alice.key.key.public_id]["last_used_at"] is None
    assert not {"secret_hash", "bearer", "signing_secret"} & set(rows[key.public_id])


def test_another_key_is_not_rotated(own, world):
    program, _ = own
    problem(program.post(f"keys/{world.alice.key.key.public_id}/rotate/", DAY), 403, "other_key")


def test_without_the_scope_nothing_is_told(alice, world):
    problem(alice.get("keys/"), 403, "scope")
    problem(alice.post(f"keys/{world.alice.key.key.public_id}/rotate/", DAY), 403, "scope")
