"""A process that stalls between its last look and its commit: cut off by the database, then made anew."""

import time

import pytest
from django.db import connection

from portal.common.errors import Unavailable
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.fences import COMMIT_TAKES, CutOff, insist, leave_nothing_but_the_commit, telling_of_stalls
from tests.support.world import new_side


@pytest.fixture
def organization(database) -> Organization:
    return new_side("Riverside").organization


class Stalling:
    """A transaction that stalls before its commit, the first times it is made."""

    def __init__(self, organization: Organization, stalls: int) -> None:
        self.organization, self.stalls, self.made = organization, stalls, 0

    def __call__(self) -> str:
        self.made += 1
        with tenant_scope(self.organization):
            Organization.objects.filter(pk=self.organization.pk).update(name=f"Try {self.made}")
            leave_nothing_but_the_commit()
            if self.made <= self.stalls:
                time.sleep(2 * COMMIT_TAKES.total_seconds())
            return f"Try {self.made}"


def name_of(organization: Organization) -> str:
    with tenant_scope(organization):
        return Organization.objects.get(pk=organization.pk).name


def test_a_stall_writes_nothing_and_is_told(organization):
    with pytest.raises(CutOff), telling_of_stalls():
        Stalling(organization, stalls=1)()
    assert name_of(organization) == organization.name


def test_what_was_cut_off_is_made_anew(organization):
    stalling = Stalling(organization, stalls=1)
    told = insist(stalling)
    assert stalling.made > 1  # a loaded machine may stall by itself as well
    assert (told, name_of(organization)) == (f"Try {stalling.made}",) * 2


def test_a_machine_that_always_stalls_says_so_and_writes_nothing(organization):
    with pytest.raises(Unavailable, match="stalled"):
        insist(Stalling(organization, stalls=99))
    assert name_of(organization) == organization.name


def test_what_else_fails_is_not_made_anew(organization):
    def fails() -> None:
        tries.append(1)
        raise ZeroDivisionError

    tries: list[int] = []
    with pytest.raises(ZeroDivisionError):
        insist(fails)
    assert tries == [1]


def test_the_connection_is_whole_after_a_stall(organization):
    insist(Stalling(organization, stalls=1))
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("0",)
