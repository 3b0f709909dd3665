"""Drafts: saved, changed rule by rule, simulated, proposed through the same action as a command's."""

from dataclasses import replace

import pytest

from compliance.actions import drafts, policies, proposals, simulations
from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.errors import PolicyError
from portal.audit.models import Event
from portal.common.errors import Conflict, NotFound, Refused
from tests.compliance.conftest import new_officer, new_tenant
from tests.compliance.drafting import head, looser, scheduled, tightened, tighter


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


@pytest.fixture
def draft(officers):
    return drafts.start(by=officers[0], reasons="Winter review")


def following():
    return policies.next_of(PolicyEpoch.objects.get().pack)


def version_of(draft):
    return drafts.read(draft, following())


def rule(name):
    return next(one for one in following().base.rules if one.id == name)


def verbs(draft):
    return [event.verb for event in Event.objects.about(draft.public_id)]


def test_a_draft_begins_with_the_rules_in_force(draft):
    assert version_of(draft).rules == following().base.rules
    assert (draft.status, draft.based_on) == ("draft", following().base.label)
    assert drafts.loosens(draft, following()) == []


def test_a_rule_is_changed_and_put_back(draft, officers):
    changed = replace(rule("live-off"), sentence="Never in live video.")
    row = drafts.put_rule(draft=draft, rule=changed, replaces="live-off", seen=draft.sha256, by=officers[0])
    assert changed in version_of(row).rules
    row = drafts.restore_rule(draft=row, rule_id="live-off", seen=row.sha256, by=officers[0])
    assert version_of(row).rules == following().base.rules
    assert verbs(row) == ["policy.drafted", "policy.draft_saved", "policy.draft_saved"]


def test_a_rule_is_left_out_and_that_loosens(draft, officers):
    row = drafts.drop_rule(draft=draft, rule_id="live-off", seen=draft.sha256, by=officers[0])
    assert drafts.loosens(row, following()) == ["live-off is removed."]
    row = drafts.restore_rule(draft=row, rule_id="live-off", seen=row.sha256, by=officers[0])
    assert drafts.loosens(row, following()) == []


def test_an_added_rule_is_taken_out_again(draft, officers):
    added = replace(rule("live-off"), id="live-off-again")
    row = drafts.put_rule(draft=draft, rule=added, replaces="", seen=draft.sha256, by=officers[0])
    row = drafts.restore_rule(draft=row, rule_id="live-off-again", seen=row.sha256, by=officers[0])
    assert version_of(row).rules == following().base.rules


def test_a_wrong_document_is_not_saved_and_says_what_to_mend(draft, officers):
    wrong = tighter(starts_at="2020-01-01")
    with pytest.raises(PolicyError, match="needs an hour and a zone"):
        drafts.save_document(draft=draft, document=wrong, seen=draft.sha256, by=officers[0])
    draft.refresh_from_db()
    assert version_of(draft).rules == following().base.rules


def test_nothing_is_overwritten_unseen(draft, officers):
    drafts.save_document(draft=draft, document=tighter(), seen=draft.sha256, by=officers[0])
    with pytest.raises(Conflict, match="changed"):
        drafts.drop_rule(draft=draft, rule_id="live-off", seen=draft.sha256, by=officers[0])


def test_a_draft_is_changed_by_its_officer_only_and_copied_by_others(draft, officers):
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    with pytest.raises(Refused, match="not_yours"):
        drafts.discard(draft=row, by=officers[1])
    own = drafts.copy(proposal=row, by=officers[1])
    assert (own.proposed_by, version_of(own).rules) == (officers[1].id, version_of(row).rules)


def test_the_office_does_not_exist_to_a_member(draft):
    member = new_tenant("Harbor Light").actor
    with pytest.raises(NotFound):
        drafts.start(by=member)
    with pytest.raises(NotFound):
        drafts.discard(draft=draft, by=member)


def test_a_change_after_the_simulation_makes_it_a_draft_again(draft, officers):
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    simulations.run(simulations.request(draft=row, by=officers[0]))
    row.refresh_from_db()
    assert row.status == "simulated"
    row = drafts.drop_rule(draft=row, rule_id="monitoring-off", seen=row.sha256, by=officers[0])
    assert row.status == "draft"
    with pytest.raises(Refused, match="simulation_missing"):
        proposals.submit(proposal=row, sha256=row.sha256, by=officers[0])
    row.refresh_from_db()
    assert (row.status, row.signed_by, row.proposed_at) == ("draft", "", None)


def test_a_draft_changed_while_it_is_simulated_is_not_marked(draft, officers):
    asked = simulations.request(draft=draft, by=officers[0])
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    assert simulations.run(asked).status == "done"
    row.refresh_from_db()
    assert row.status == "draft"


def test_a_simulated_draft_waits_for_the_second_officer(draft, officers):
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    simulations.run(simulations.request(draft=row, by=officers[0]))
    row = proposals.submit(proposal=row, sha256=row.sha256, by=officers[0])
    assert (row.status, row.loosenings) == ("waiting", ["live-off is removed."])
    back = proposals.take_back(proposal=row, by=officers[0])
    assert (back.status, back.signed_by) == ("draft", "")
    with pytest.raises(Conflict, match="decided"):
        proposals.countersign(proposal=row, sha256=row.sha256, by=officers[1])


def test_only_its_officer_takes_a_proposal_back(draft, officers):
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    simulations.run(simulations.request(draft=row, by=officers[0]))
    row = proposals.submit(proposal=row, sha256=row.sha256, by=officers[0])
    with pytest.raises(Refused, match="not_yours"):
        proposals.take_back(proposal=row, by=officers[1])


def test_a_draft_that_was_overtaken_is_brought_up_to_date(draft, officers):
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    newer = tightened(officers[1])
    with pytest.raises(Conflict, match="number_taken"):
        simulations.request(draft=row, by=officers[0])
    row = drafts.rebase(draft=row, by=officers[0])
    assert version_of(row).number == newer.number + 1
    assert {one.id for one in version_of(row).rules} == {one.id for one in newer.version.rules} - {"live-off"}


def test_a_draft_that_was_discarded_is_none(draft, officers):
    assert drafts.discard(draft=draft, by=officers[0]).status == "discarded"
    with pytest.raises(Conflict, match="not_a_draft"):
        proposals.submit(proposal=draft, sha256=draft.sha256, by=officers[0])


def test_a_draft_is_begun_while_a_loosening_waits_and_proposed_after_it(officers):
    waiting = scheduled(officers)
    row = drafts.start(by=officers[0])
    row = drafts.save_document(draft=row, document=tighter(), seen=row.sha256, by=officers[0])
    with pytest.raises(Conflict, match=str(waiting)):
        proposals.submit(proposal=row, sha256=row.sha256, by=officers[0])
    policies.withdraw(record=waiting, by=officers[1])
    assert proposals.submit(proposal=row, sha256=row.sha256, by=officers[0]).status == "published"


def test_confirming_the_end_of_a_refusal_takes_two_officers(officers):
    ended = tightened(officers[0], ends_at="2021-01-01T00:00:00Z")
    row = drafts.start(by=officers[0], ends="no-search-today", reasons="It ended.")
    assert drafts.loosens(row, following()) == ["no-search-today is removed."]
    simulations.run(simulations.request(draft=row, by=officers[0]))
    row.refresh_from_db()
    row = proposals.submit(proposal=row, sha256=row.sha256, by=officers[0])
    with pytest.raises(Refused, match="second_officer"):
        proposals.countersign(proposal=row, sha256=row.sha256, by=officers[0])
    done = proposals.countersign(proposal=row, sha256=row.sha256, by=officers[1]).published
    assert done.number == ended.number + 1
    assert "no-search-today" not in {one.id for one in done.version.rules}


def test_what_a_shell_proposes_takes_two_sign_ins(officers):
    document = looser()
    simulated = simulations.simulate(document=document, by=officers[0])
    row = proposals.propose(document=document, by=officers[0], simulated=simulated, signed=False)
    versions = PolicyVersionRecord.objects.count()
    row = proposals.countersign(proposal=row, sha256=row.sha256, by=officers[1])
    assert (row.status, row.signed_by, PolicyVersionRecord.objects.count()) == (
        "waiting",
        officers[1].id,
        versions,
    )
    with pytest.raises(Refused, match="second_officer"):
        proposals.countersign(proposal=row, sha256=row.sha256, by=officers[1])
    assert proposals.countersign(proposal=row, sha256=row.sha256, by=officers[0]).status == "published"


def test_a_tightening_from_a_shell_is_signed_first_and_then_ratified(officers):
    record = proposals.propose(document=tighter(), by=officers[0], signed=False).published
    assert record.recorded_by == f"shell:{officers[0].id}"
    assert policies.ratify(record=record, by=officers[1]).ratified_at is None
    with pytest.raises(Refused, match="second_officer"):
        policies.ratify(record=record, by=officers[1])
    assert policies.ratify(record=record, by=officers[0]).ratified_at is not None


def test_what_changes_no_rule_is_not_proposed(draft, officers):
    with pytest.raises(Conflict, match="nothing_changed"):
        proposals.submit(proposal=draft, sha256=draft.sha256, by=officers[0])
    with pytest.raises(Conflict, match="nothing_changed"):
        proposals.propose(document=head(), by=officers[0])
    assert not PolicyVersionRecord.objects.filter(recorded_by=officers[0].id).exists()
