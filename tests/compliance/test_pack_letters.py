"""Organizations are told of another pack by letter: once each, with what it changes and from when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import choices, policy_letters
from compliance.models import Letter, PackChoice
from compliance.sweeps import SWEEPS
from portal.audit.models import Event
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import determine, new_officer, new_tenant
from tests.compliance.drafting import tightened

OTHER = "us-police-2020-service-terms"


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


@pytest.fixture
def charity(officers):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "find_missing_child")
    return tenant


def letters():
    with officer_scope():
        return list(Letter.objects.filter(kind="pack_chosen").select_related("organization"))


def approved(officers):
    choice = choices.propose(pack=OTHER, by=officers[0], reasons="The narrower wording")
    return choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1])


def test_an_active_organization_is_told_once_of_a_choice_before_it_counts(officers, charity):
    choice = approved(officers)
    assert [policy_letters.tell_of_choices() for _ in range(2)] == [1, 0]
    [letter] = letters()
    assert (letter.organization, letter.about) == (charity.organization, choice.public_id)
    assert "will apply" in letter.subject
    assert f"{choice.counts_from:%B %-d, %Y, %H:%M} UTC" in letter.body
    assert "The narrower wording" in letter.body


def test_what_a_choice_changes_nothing_for_is_told_that(officers, charity):
    approved(officers)
    policy_letters.tell_of_choices()
    assert "it changes nothing" in letters()[0].body


def test_a_grant_that_another_pack_frees_or_refuses_is_named_with_its_rule(officers, charity):
    tightened(officers[0])
    approved(officers)
    policy_letters.tell_of_choices()
    body = letters()[0].body
    assert "Find a missing child, for Harbor Light:" in body
    assert "refused before, cleared then." in body


def test_nobody_is_told_again_when_it_is_carried_out(officers, charity):
    choice = approved(officers)
    policy_letters.tell_of_choices()
    PackChoice.objects.filter(pk=choice.pk).update(counts_from=timezone.now() - timedelta(seconds=1))
    assert choices.carry_out_due() == 1
    assert (policy_letters.tell_of_choices(), len(letters())) == (0, 1)


def test_whoever_is_not_active_and_choices_nobody_approved_bring_no_letter(officers):
    new_tenant("Still applying", status="draft")
    choice = choices.propose(pack=OTHER, by=officers[0])
    assert policy_letters.tell_of_choices() == 0
    choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1])
    assert (policy_letters.tell_of_choices(), letters()) == (0, [])


def test_more_organizations_than_one_sweep_looks_at_are_told_one_after_another(
    officers, charity, monkeypatch
):
    new_tenant("Second")
    monkeypatch.setattr(policy_letters, "AT_ONCE", 1)
    choice = approved(officers)
    assert [policy_letters.tell_of_choices() for _ in range(3)] == [1, 1, 0]
    assert {one.organization.name for one in letters()} == {"Harbor Light", "Second"}
    told = Event.objects.about(choice.public_id).filter(verb="pack.told")
    assert [one.payload["letters"] for one in told] == [1, 1]


def test_a_choice_withdrawn_is_told_to_nobody(officers, charity):
    choices.withdraw(choice=approved(officers), by=officers[0])
    assert (policy_letters.tell_of_choices(), letters()) == (0, [])


def test_the_sweep_tells_of_choices(officers):
    assert policy_letters.tell_of_choices in SWEEPS
