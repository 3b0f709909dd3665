"""Keys of independent testers: made where tests were granted, and good for nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import testers
from compliance.policy.vocabulary import Operation, Purpose
from portal.audit.models import Event
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, KeyKind
from portal.tenancy.roles import Permission
from tests.support.testers import key_for_tests, new_tester
from tests.support.world import new_side


@pytest.fixture
def tester(database):
    return new_tester()


def test_a_key_for_tests_may_test_and_nothing_else(tester):
    actor = Actor.for_key(tester.key.key)
    assert actor.permissions == {Permission.TEST_ACCURACY}


def test_no_other_key_may_test_whatever_its_scopes(tester):
    for scopes in ([], ["test_accuracy"], ["test_accuracy", "submit_jobs"]):
        actor = Actor.for_key(tester.new_key(scopes=scopes).key)
        assert not actor.may(Permission.TEST_ACCURACY)


def test_it_is_recorded_what_kind_of_key_was_made(tester):
    event = Event.objects.get(verb="key.created", target=tester.key.key.public_id)
    assert event.payload["kind"] == "accuracy"


def test_who_may_only_look_for_children_gets_no_key_for_tests(database):
    with pytest.raises(InvalidInput, match="no_test_grant"):
        key_for_tests(new_side("Harbor Light"))


@pytest.mark.parametrize(
    "line",
    [
        {"operations": frozenset({Operation.COMPARE})},
        {"purpose": Purpose.SECURITY_TESTING},
        {"starts_at": timezone.now() + timedelta(days=2)},
    ],
    ids=["another operation", "another purpose", "not begun"],
)
def test_a_line_that_does_not_allow_tests_now_gives_no_key(database, line):
    with pytest.raises(InvalidInput, match="no_test_grant"):
        new_tester("Northgate Institute", **line)
    assert not ApiKey.objects.filter(kind=KeyKind.ACCURACY, organization__name="Northgate Institute").exists()


def test_for_another_end_user_than_the_granted_one_there_is_no_key(tester):
    other = new_tester("Lakeside University")
    with pytest.raises(InvalidInput, match="no_test_grant"):
        key_for_tests(tester, end_user_id=other.end_user.pk)


def test_a_key_for_tests_takes_no_scopes(tester):
    with pytest.raises(InvalidInput, match="scopes"):
        keys.create(
            organization=tester.organization,
            name="Wide",
            purpose="bias_audit",
            end_user_id=tester.end_user.pk,
            expires_at=timezone.now() + timedelta(days=1),
            by=tester.actor,
            scopes=["submit_jobs"],
            kind=KeyKind.ACCURACY,
        )


def test_a_key_makes_no_key(tester):
    with pytest.raises(Refused, match="permission"):
        testers.create_key(
            organization=tester.organization,
            name="Child",
            purpose="bias_audit",
            end_user_id=tester.end_user.pk,
            expires_at=timezone.now() + timedelta(days=1),
            by=Actor.for_key(tester.key.key),
        )
