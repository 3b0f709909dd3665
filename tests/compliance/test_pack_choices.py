"""Another pack in force: two officers with their own sign-ins, and a day in view where it loosens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import choices
from compliance.models import PackChoice, PolicyEpoch
from portal.audit.models import Event
from portal.common.errors import Conflict, NotFound, Refused
from tests.compliance.conftest import new_officer, new_tenant
from tests.compliance.drafting import tightened

OTHER, USUAL = "us-police-2020-service-terms", "countenance-default"


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


def in_force():
    return PolicyEpoch.objects.get().pack


def approved(officers):
    choice = choices.propose(pack=OTHER, by=officers[0], reasons="The narrower wording")
    return choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1])


def come(choice):
    """Let the day of a choice have come."""
    PackChoice.objects.filter(pk=choice.pk).update(counts_from=timezone.now() - timedelta(seconds=1))


def test_another_pack_takes_two_officers_and_a_day(officers):
    before = PolicyEpoch.objects.get().epoch
    choice = approved(officers)
    assert (choice.status, in_force(), choices.carry_out_due()) == ("scheduled", USUAL, 0)
    assert choice.counts_from > timezone.now() + timedelta(hours=23)
    come(choice)
    assert choices.carry_out_due() == 1
    assert (in_force(), PolicyEpoch.objects.get().epoch) == (OTHER, before + 1)
    verbs = [event.verb for event in Event.objects.about(choice.public_id)]
    assert verbs == ["pack.proposed", "pack.approved", "policy.pack_chosen"]


def test_one_officer_cannot_choose_a_pack(officers):
    choice = choices.propose(pack=OTHER, by=officers[0])
    with pytest.raises(Refused, match="second_officer"):
        choices.countersign(choice=choice, sha256=choice.sha256, by=officers[0])
    with pytest.raises(Refused, match="second_officer"):
        choices.refuse(choice=choice, by=officers[0])
    assert in_force() == USUAL


def test_a_shell_signs_nothing(officers):
    choice = choices.propose(pack=OTHER, by=officers[0], signed=False)
    assert choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1]).status == "waiting"
    with pytest.raises(Refused, match="second_officer"):
        choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1])
    assert choices.countersign(choice=choice, sha256=choice.sha256, by=officers[0]).status == "scheduled"


def test_a_pack_without_a_version_or_in_force_already_is_no_choice(officers):
    with pytest.raises(Conflict, match="no_version"):
        choices.propose(pack="nowhere", by=officers[0])
    with pytest.raises(Conflict, match="chosen"):
        choices.propose(pack=USUAL, by=officers[0])


def test_one_choice_at_a_time_is_open(officers):
    choice = choices.propose(pack=OTHER, by=officers[0])
    with pytest.raises(Conflict, match="proposed_already"):
        choices.propose(pack=OTHER, by=officers[1])
    assert choices.refuse(choice=choice, by=officers[1]).status == "refused"
    with pytest.raises(Conflict, match="decided"):
        choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1])
    assert choices.propose(pack=OTHER, by=officers[1]).status == "waiting"


def test_a_choice_is_withdrawn_by_one_officer_before_it_counts(officers):
    choice = approved(officers)
    assert choices.withdraw(choice=choice, by=officers[0]).status == "withdrawn"
    come(choice)
    assert (choices.carry_out_due(), in_force()) == (0, USUAL)
    with pytest.raises(Conflict):
        choices.withdraw(choice=choice, by=officers[1])


def test_a_moratorium_published_meanwhile_is_not_undone_by_a_choice(officers):
    choice = approved(officers)
    tightened(officers[0])
    come(choice)
    assert choices.carry_out_due() == 1
    choice.refresh_from_db()
    assert (choice.status, in_force()) == ("withdrawn", USUAL)


def test_the_second_officer_signs_the_version_that_was_read(officers):
    choice = choices.propose(pack=OTHER, by=officers[0])
    with pytest.raises(Refused, match="other_document"):
        choices.countersign(choice=choice, sha256="0" * 64, by=officers[1])


def test_only_officers_choose(officers):
    with pytest.raises(NotFound):
        choices.propose(pack=OTHER, by=new_tenant("Harbor Light").actor)
