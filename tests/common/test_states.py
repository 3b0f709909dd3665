import pytest

from portal.common.errors import Conflict
from portal.common.states import Transitions, move
from portal.tenancy.models import ORGANIZATION_TRANSITIONS, Organization, OrganizationStatus
from recognition.models import JobStatus
from recognition.states import JOB
from tests.support.jobs import new_desk


def test_a_step_that_is_not_in_the_table_is_refused(database):
    organization = new_desk().tenant.organization
    with pytest.raises(Conflict, match="transition_not_allowed"):
        move(organization, "draft", table=ORGANIZATION_TRANSITIONS)


def test_whoever_moves_second_is_told(database):
    organization = new_desk().tenant.organization
    Organization.objects.filter(pk=organization.pk).update(status="restricted")
    with pytest.raises(Conflict, match="state_changed"):
        move(organization, "suspended", table=ORGANIZATION_TRANSITIONS)


def test_the_tables_speak_of_known_words_only():
    for table, words in ((JOB, JobStatus.values), (ORGANIZATION_TRANSITIONS, OrganizationStatus.values)):
        assert {word for pair in table.pairs() for word in pair} <= set(words)


def test_an_end_state_leads_nowhere():
    table = Transitions({"open": ["closed"]})
    assert table.following("closed") == frozenset()
    assert not table.allows("closed", "open")
