"""A key is replaced by a new one that is bound alike, while the old one goes on for a while."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actions import keys, rotations
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, KeyKind
from tests.support.threads import together
from tests.support.world import new_world

WEEK = timedelta(days=7)


@pytest.fixture
def side(database):
    return new_world().alice


def rotated(side, overlap=WEEK, **options):
    return rotations.rotate(key=side.key.key, overlap=overlap, by=side.actor, **options)


def test_the_new_key_is_bound_like_the_old_one(side):
    old, new = side.key.key, rotated(side).key
    same = ("name", "kind", "purpose", "end_user_id", "scopes", "defaults", "organization_id", "expires_at")
    assert {name: getattr(old, name) for name in same} == {name: getattr(new, name) for name in same}
    assert (new.replaces_id, new.kind) == (old.pk, KeyKind.PROGRAM)


def test_both_work_until_the_overlap_is_over(side):
    new = rotated(side)
    assert keys.authenticate(side.key.bearer) == side.key.key
    assert keys.authenticate(new.bearer) == new.key
    old = ApiKey.objects.get(pk=side.key.key.pk)
    assert old.expires_at < timezone.now() + WEEK + timedelta(minutes=1)


def test_without_an_overlap_the_old_key_ends_at_once(side):
    rotated(side, overlap=timedelta())
    with pytest.raises(Refused, match="key_invalid"):
        keys.authenticate(side.key.bearer)
    assert keys.ended(side.key.key.public_id) == "key-expired"


def test_the_old_key_never_works_longer_than_it_would_have(side):
    soon = timezone.now() + timedelta(hours=1)
    ApiKey.objects.filter(pk=side.key.key.pk).update(expires_at=soon)
    rotated(side)
    assert ApiKey.objects.get(pk=side.key.key.pk).expires_at == soon


def test_the_trail_names_both(side):
    new = rotated(side)
    event = Event.objects.about(side.key.key.public_id).get(verb="key.rotated")
    assert event.payload["successor"] == new.key.public_id
    assert Event.objects.about(new.key.public_id).filter(verb="key.created").count() == 1


def test_running_jobs_pass_their_gate_again(side):
    before = side.organization.epoch
    rotated(side)
    side.organization.refresh_from_db()
    assert side.organization.epoch == before + 1


def test_of_two_rotations_at_the_same_instant_one_new_key_is_left(side):
    made = together(lambda: rotated(side), lambda: rotated(side))
    in_force = ApiKey.objects.filter(pk__in=[one.key.pk for one in made], revoked_at=None)
    assert in_force.count() == 1
    assert ApiKey.objects.filter(replaces=side.key.key).count() == 1


def test_a_key_that_ended_is_not_rotated(side):
    keys.revoke(key=side.key.key, by=side.actor)
    with pytest.raises(Conflict, match="key_ended"):
        rotated(side)


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_has_its_bounds(side, overlap):
    with pytest.raises(InvalidInput, match="overlap"):
        rotated(side, overlap=overlap)


def test_a_new_end_has_its_bounds(side):
    with pytest.raises(InvalidInput, match="expiry"):
        rotated(side, expires_at=timezone.now() + timedelta(days=400))


def test_a_program_needs_the_scope_by_name(side):
    with pytest.raises(Refused, match="permission"):
        rotations.rotate(key=side.key.key, overlap=WEEK, by=Actor.for_key(side.key.key))


def test_a_program_rotates_no_other_key(side):
    own = side.new_key(scopes=["rotate_keys"]).key
    with pytest.raises(Refused, match="other_key"):
        rotations.rotate(key=side.key.key, overlap=WEEK, by=Actor.for_key(own))


# An answer that was lost


def own_rotation(side, key, overlap=WEEK):
    """What a program does with its own key."""
    row = ApiKey.objects.get(pk=key.pk)
    return rotations.rotate(key=row, overlap=overlap, by=Actor.for_key(row))


@pytest.fixture
def rotating(side):
    """A key that may rotate itself."""
    return side.new_key(scopes=["rotate_keys"]).key


def test_whoever_lost_the_answer_rotates_the_old_key_again(side, rotating):
    lost = own_rotation(side, rotating)
    found = own_rotation(side, rotating)
    assert keys.authenticate(found.bearer) == found.key
    with pytest.raises(Refused, match="key_invalid"):
        keys.authenticate(lost.bearer)
    assert found.key.expires_at == lost.key.expires_at == rotating.expires_at
    assert Event.objects.about(lost.key.public_id).filter(verb="key.revoked").count() == 1


def test_rotating_again_never_makes_the_old_key_last_longer(side, rotating):
    own_rotation(side, rotating, timedelta(hours=1))
    soon = ApiKey.objects.get(pk=rotating.pk).expires_at
    own_rotation(side, rotating, WEEK)
    assert ApiKey.objects.get(pk=rotating.pk).expires_at == soon


def test_an_answer_that_is_lost_twice_is_asked_for_a_third_time(side, rotating):
    made = [own_rotation(side, rotating) for _ in range(3)]
    in_force = ApiKey.objects.filter(pk__in=[one.key.pk for one in made], revoked_at=None)
    assert [key.pk for key in in_force] == [made[-1].key.pk]


def test_once_the_new_key_was_used_the_old_one_is_not_rotated_again(side, rotating):
    made = own_rotation(side, rotating)
    keys.authenticate(made.bearer)
    with pytest.raises(Conflict, match="rotated_already"):
        own_rotation(side, rotating)
    assert keys.authenticate(made.bearer) == made.key


def test_a_key_that_was_used_and_revoked_is_not_made_anew_by_the_old_one(side, rotating):
    made = own_rotation(side, rotating)
    keys.authenticate(made.bearer)
    keys.revoke(key=made.key, by=side.actor)
    with pytest.raises(Conflict, match="rotated_already"):
        own_rotation(side, rotating)


def test_a_program_takes_nothing_from_the_key_that_an_administrator_made(side, rotating):
    later = timezone.now() + timedelta(days=360)
    made = rotations.rotate(key=rotating, overlap=WEEK, by=side.actor, expires_at=later)
    with pytest.raises(Conflict, match="rotated_already: An administrator"):
        own_rotation(side, rotating)
    assert keys.authenticate(made.bearer) == made.key


def test_a_program_always_keeps_its_old_key_for_an_hour(side, rotating):
    with pytest.raises(InvalidInput, match="overlap: A program's old key"):
        own_rotation(side, rotating, timedelta(minutes=59))
    assert keys.authenticate(own_rotation(side, rotating, timedelta(hours=1)).bearer)
