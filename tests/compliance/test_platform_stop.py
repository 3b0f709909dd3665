"""The stop of the whole platform: at once by one officer, lifted by two, replayed for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance import documents, versions
from compliance.actions import choices, gate, policies, proposals, stops
from compliance.models import PolicyEpoch, PolicyProposal, PolicyVersionRecord
from compliance.policy.evaluate import evaluate
from compliance.policy.vocabulary import Gate
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import ledger, runner
from recognition.models import FoundFace
from tests.compliance.conftest import determine, new_officer, new_tenant, search_for_a_child
from tests.compliance.drafting import head, scheduled, tighter
from tests.support.jobs import ANNA, Meanwhile, new_desk, photo, work_off

PACK = "countenance-default"


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


@pytest.fixture
def charity(officers):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "find_missing_child")
    return tenant


def ruling_on(tenant):
    return gate.rule(
        search_for_a_child(tenant.itself),
        gate=Gate.SHARD,
        subject="job_1",
        by=Actor.system("tests"),
        organization=tenant.organization,
    )


def stopped(officer):
    return stops.declare(reasons="Keys were stolen.", by=officer)


def lift(officers):
    proposal = stops.propose_lift(reasons="They were changed.", by=officers[0])
    return proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1])


def test_one_officer_stops_everything_at_once(officers, charity):
    cleared = ruling_on(charity)
    record = stopped(officers[0])
    assert not gate.still_stands(cleared, gate.current_epochs(charity.organization))
    ruling = ruling_on(charity)
    assert (ruling.outcome, ruling.rule) == ("refused", "platform-stop")
    assert "two officers" in ruling.remedy
    assert [event.verb for event in Event.objects.about(record.public_id)] == [
        "policy.published",
        "policy.stopped",
    ]


def test_whatever_a_request_states_the_stop_refuses_it(officers):
    stopped(officers[0])
    undecided = ruling_on(new_tenant("Nobody decided yet"))
    listed = {one["rule_id"]: one["result"] for one in undecided.looked_at}
    assert (undecided.outcome, listed["platform-stop"]) == ("refused", "applies")


def test_two_officers_let_it_go_on_at_once(officers, charity):
    before = versions.version_in_force(timezone.now()).rules
    stopped(officers[0])
    lifted = lift(officers)
    assert (lifted.status, lifted.published.published_at <= timezone.now()) == ("published", True)
    assert versions.version_in_force(timezone.now()).rules == before
    assert ruling_on(charity).outcome == "cleared"


def test_one_officer_cannot_lift_the_stop(officers, charity):
    stopped(officers[0])
    proposal = stops.propose_lift(reasons="All is well.", by=officers[1])
    with pytest.raises(Refused, match="second_officer"):
        proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1])
    with pytest.raises(Conflict, match="proposed_already"):
        stops.propose_lift(reasons="All is well.", by=officers[1])
    assert ruling_on(charity).rule == "platform-stop"


def test_a_ruling_made_while_stopped_gives_itself_for_ever(officers, charity):
    stopped(officers[0])
    ruling = ruling_on(charity)
    lift(officers)
    again = evaluate(
        ruling.stated, PolicyVersionRecord.objects.lineage(PACK), at=ruling.at, known_at=ruling.known_at
    )
    assert (again.outcome, again.rule_id, again.version_sha256) == (
        "refused",
        "platform-stop",
        ruling.version_sha256,
    )


def test_the_stop_is_ratified_like_any_tightening(officers):
    record = stopped(officers[0])
    told = versions.unratified(versions.chapters(PACK, timezone.now()))
    assert (told.record, told.simulation_due_at) == (record, None)
    with pytest.raises(Refused, match="second_officer"):
        policies.ratify(record=record, by=officers[0])
    assert policies.ratify(record=record, by=officers[1]).ratified_at


def test_stopping_withdraws_what_waits_to_count(officers):
    waiting = scheduled(officers)
    record = stopped(officers[1])
    waiting.refresh_from_db()
    assert waiting.withdrawn_at
    assert versions.version_in_force(timezone.now() + timedelta(days=2)).number == record.number


def test_a_document_neither_declares_changes_nor_lifts_a_stop_beside_other_changes(officers):
    forged = tighter(name="platform-stop")
    with pytest.raises(Refused, match="page of its own"):
        proposals.propose(document=forged, by=officers[0])
    stopped(officers[0])
    both = head() + 'removed = ["platform-stop", "live-off"]\n'
    with pytest.raises(Refused, match="page of its own"):
        proposals.propose(document=both, by=officers[0])
    assert PolicyProposal.objects.filter(status="waiting").count() == 0


def test_a_tightening_meanwhile_keeps_the_stop(officers):
    stopped(officers[0])
    record = proposals.propose(document=tighter(), by=officers[1]).published
    assert versions.stop_of(record.version)
    assert not versions.stop_declared_by(record)
    assert documents.difference(record.version, lift(officers).published.version).removed == (
        versions.stop_of(record.version),
    )


def test_no_other_pack_lifts_the_stop(officers):
    choice = choices.propose(pack="us-police-2020-service-terms", by=officers[0])
    stopped(officers[0])
    with pytest.raises(Refused, match="stopped"):
        choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1])
    choices.withdraw(choice=choice, by=officers[1])
    with pytest.raises(Refused, match="stopped"):
        choices.propose(pack="us-police-2020-service-terms", by=officers[0])
    assert PolicyEpoch.objects.get().pack == PACK


def test_a_stop_says_why_and_stands_once(officers):
    with pytest.raises(InvalidInput, match="reasons_missing"):
        stops.declare(reasons=" ", by=officers[0])
    with pytest.raises(Conflict, match="not_stopped"):
        stops.propose_lift(reasons="Why not.", by=officers[0])
    stopped(officers[0])
    with pytest.raises(Conflict, match="stopped"):
        stopped(officers[1])


def test_only_officers_stop_the_platform(officers):
    with pytest.raises(NotFound):
        stopped(new_tenant("Harbor Light").actor)
    assert versions.stop_of(versions.version_in_force(timezone.now())) is None


def test_a_running_job_writes_no_row_after_the_stop(officers):
    desk = new_desk("Quayside Aid")
    job = desk.submit("search", [("a.png", photo(ANNA))])
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: stopped(officers[0])))
    work_off()
    with tenant_scope(desk.tenant.organization):
        rows = FoundFace.objects.filter(item__job=job).count()
    held = desk.reload(job)
    assert (held.state, held.refused_by, rows) == ("held:policy", "platform-stop", 0)
