"""Publishing policy on a database of its own, since a policy holds for everybody."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from compliance.actions import gate, policies, proposals, simulations
from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.errors import PolicyError
from compliance.policy.packs import load_pack
from compliance.policy.vocabulary import Gate
from portal.audit.models import Event
from portal.common.errors import Conflict, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import User
from tests.compliance.conftest import determine, new_officer, new_tenant, search_for_a_child
from tests.support.workers import wait_for

SYSTEM = Actor.system("tests")
TIGHTER = """
pack = "countenance-default"
number = 4
published_at = 2020-01-01T00:00:00Z
based_on = "countenance-default@3"

[[rules]]
id = "no-search-today"
kind = "moratorium"
effect = "refuse"
period = { starts_at = 2020-01-01T00:00:00Z }
source = { document = "Order of the office", dated_on = 2020-01-01, address = "https://example.org/order" }
source_says = "No search."
our_reading = "No search by anybody."
sentence = "Nobody searches today."
remedy = "Wait."
[rules.scope]
operation = ["search"]
"""
LOOSER = TIGHTER.split("[[rules]]", maxsplit=1)[0] + 'removed = ["live-off"]\n'


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


def epoch():
    return PolicyEpoch.objects.get().epoch


def ruling_on(tenant):
    return gate.rule(
        search_for_a_child(tenant.itself),
        gate=Gate.SHARD,
        subject="job_1",
        by=SYSTEM,
        organization=tenant.organization,
    )


def test_shipped_versions_are_entered_once(fresh_database):
    before = epoch()
    assert policies.load_shipped(by=SYSTEM) == []
    assert (PolicyVersionRecord.objects.count(), epoch()) == (4, before)


def test_stored_versions_are_those_that_ship(fresh_database):
    for record in PolicyVersionRecord.objects.of_pack("countenance-default"):
        shipped = load_pack("countenance-default").versions[record.number - 1]
        assert (record.version, record.sha256) == (shipped, shipped.sha256)


def test_a_tightening_stops_what_runs_at_once(officers):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "find_missing_child")
    cleared = ruling_on(tenant)
    proposal = proposals.propose(document=TIGHTER, by=officers[0])
    assert (cleared.outcome, proposal.status, proposal.published.ratified_at) == (
        "cleared",
        "published",
        None,
    )
    assert not gate.still_stands(cleared, gate.current_epochs(tenant.organization))
    stopped = ruling_on(tenant)
    assert (stopped.outcome, stopped.rule) == ("refused", "no-search-today")


def test_a_version_counts_from_its_publication_and_not_from_the_day_it_says(officers):
    before = timezone.now()
    record = proposals.propose(document=TIGHTER, by=officers[0]).published
    assert record.published_at >= before
    assert Event.objects.about(record.public_id).get().payload["epoch"] == epoch()


def loosened(officers):
    simulated = simulations.simulate(document=LOOSER, by=officers[0])
    return proposals.propose(document=LOOSER, by=officers[0], simulated=simulated)


def test_a_loosening_is_simulated_first(officers):
    other = simulations.simulate(document=TIGHTER, by=officers[0])
    for simulated in (None, other):
        with pytest.raises(Refused, match="simulation_missing"):
            proposals.propose(document=LOOSER, by=officers[0], simulated=simulated)


def test_a_loosening_takes_a_second_officer_and_a_day(officers):
    proposal = loosened(officers)
    assert (proposal.status, proposal.loosenings) == ("waiting", ["live-off is removed."])
    assert PolicyVersionRecord.objects.count() == 4
    signed = proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1])
    assert signed.published.published_at > timezone.now() + timedelta(hours=23)
    in_force = PolicyVersionRecord.objects.lineage("countenance-default").known_at(timezone.now())
    assert in_force.number == 3


def test_a_ruling_ends_when_the_next_version_begins_to_count(officers):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "find_missing_child")
    proposal = loosened(officers)
    signed = proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1])
    assert ruling_on(tenant).valid_until == signed.published.published_at


def test_the_second_officer_is_somebody_else_and_read_the_same_document(officers):
    proposal = loosened(officers)
    with pytest.raises(Refused, match="second_officer"):
        proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[0])
    with pytest.raises(Refused, match="other_document"):
        proposals.countersign(proposal=proposal, sha256="0" * 64, by=officers[1])
    assert PolicyVersionRecord.objects.count() == 4


def test_a_second_officer_can_refuse(officers):
    proposal = proposals.refuse(proposal=loosened(officers), by=officers[1])
    assert proposal.status == "refused"
    with pytest.raises(Conflict, match="decided"):
        proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1])


def test_a_tightening_does_not_wait_behind_a_loosening(officers):
    proposal = loosened(officers)
    pending = proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1]).published
    fifth = TIGHTER.replace("number = 4", "number = 5")
    with pytest.raises(Conflict, match="pending"):
        proposals.propose(document=fifth, by=officers[0])
    policies.withdraw(record=pending, by=officers[0])
    assert proposals.propose(document=fifth, by=officers[0]).published.number == 5
    with pytest.raises(Conflict, match="in_force"):
        policies.withdraw(record=PolicyVersionRecord.objects.get(number=5), by=officers[0])


def test_only_officers_publish(officers):
    tenant = new_tenant("Harbor Light")
    with pytest.raises(NotFound):
        proposals.propose(document=TIGHTER, by=tenant.actor)


def test_a_number_is_used_once(officers):
    proposals.propose(document=TIGHTER, by=officers[0])
    with pytest.raises(Conflict, match="number_taken"):
        proposals.propose(document=TIGHTER, by=officers[0])


def test_a_wrong_document_publishes_nothing(officers):
    before = epoch()
    with pytest.raises(PolicyError):
        proposals.propose(document=TIGHTER.replace('"search"', '"browse"'), by=officers[0])
    assert (PolicyVersionRecord.objects.count(), epoch()) == (4, before)


def test_a_tightening_is_ratified_by_another_officer(officers):
    record = proposals.propose(document=TIGHTER, by=officers[0]).published
    with pytest.raises(Refused, match="second_officer"):
        policies.ratify(record=record, by=officers[0])
    assert policies.ratify(record=record, by=officers[1]).countersigned_by == officers[1].id
    with pytest.raises(Conflict, match="ratified"):
        policies.ratify(record=record, by=officers[1])


def test_a_published_version_is_never_changed(fresh_database):
    record = PolicyVersionRecord.objects.first()
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        PolicyVersionRecord.objects.filter(pk=record.pk).update(content={})


def test_a_publication_waits_for_results_being_written(fresh_database):
    tenant = new_tenant("Harbor Light")
    with transaction.atomic(), psycopg.connect(**own_connection()) as other:
        gate.lock_epochs_for_share(tenant.organization)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT * FROM compliance_policyepoch FOR UPDATE NOWAIT")
        other.rollback()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT * FROM tenancy_organization FOR UPDATE NOWAIT")


@pytest.mark.parametrize("table", ["compliance_policyepoch", "tenancy_organization"])
def test_results_that_waited_for_a_stop_see_it(fresh_database, table):
    organization = new_tenant("Harbor Light").organization
    before = gate.current_epochs(organization)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(**own_connection()) as other:
        other.execute(f"UPDATE {table} SET epoch = epoch + 1")  # noqa: S608
        held = pool.submit(in_a_thread, lambda: held_epochs(organization))
        wait_for(lambda: other.execute(WAITING).fetchone()[0], 20, every=0.05)
        other.commit()
        assert held.result(timeout=20) == gate.current_epochs(organization) != before


# Of pg_stat_activity a transaction sees one moment; of locks, each time the present.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def held_epochs(organization):
    with transaction.atomic():
        return gate.lock_epochs_for_share(organization)


def in_a_thread(work):
    try:
        return work()
    finally:
        connection.close()


def own_connection():
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if name in given}


def output_of(*arguments):
    out = StringIO()
    call_command("policies", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_and_shows_versions(fresh_database):
    rows = json.loads(output_of("list", "--json"))
    assert {row["version"] for row in rows if row["chosen"]} == {
        f"countenance-default@{n}" for n in (1, 2, 3)
    }
    assert "countenance-default@2" in output_of("list")
    shown = output_of("show", "countenance-default@2")
    assert "until further notice, no face is looked at by or for police" in shown
    assert json.loads(output_of("show", "countenance-default@1", "--json"))["number"] == 1
    assert "0 versions entered" in output_of("load")


def test_the_command_says_what_is_wrong(officers, tmp_path):
    file = tmp_path / "next.toml"
    file.write_text(TIGHTER.replace('"search"', '"browse"'))
    by = User.objects.get(pk=officers[0].user_id).email
    with pytest.raises(CommandError, match="no version"):
        output_of("show", "nowhere@1")
    with pytest.raises(CommandError, match="browse"):
        output_of("simulate", str(file), "--by", by)
    with pytest.raises(CommandError, match="no account"):
        output_of("simulate", str(file), "--by", "nobody@example.org")


def test_the_command_simulates_and_proposes(officers, tmp_path):
    file, by = tmp_path / "next.toml", User.objects.get(pk=officers[0].user_id).email
    file.write_text(LOOSER)
    assert "0 would come out differently" in output_of("simulate", str(file), "--by", by)
    simulated = json.loads(output_of("simulate", str(file), "--by", by, "--json"))["simulation"]
    made = json.loads(output_of("propose", str(file), "--by", by, "--simulation", simulated, "--json"))
    assert (made["status"], made["version"]) == ("waiting", None)
    file.write_text(TIGHTER)
    assert "countenance-default@4" in output_of("propose", str(file), "--by", by)


def test_publishing_at_once_by_command_needs_the_switch(officers, tmp_path, settings):
    file, by = tmp_path / "next.toml", User.objects.get(pk=officers[0].user_id).email
    file.write_text(LOOSER)
    with pytest.raises(CommandError, match="COUNTENANCE_ALLOW_PROVISION"):
        output_of("propose", str(file), "--by", by, "--ratified")
    settings.ALLOW_PROVISION = True
    assert json.loads(output_of("propose", str(file), "--by", by, "--ratified", "--json"))["synthetic"]
    assert PolicyVersionRecord.objects.get(number=4).synthetic


def test_a_shell_only_proposes_a_pack(officers):
    by = User.objects.get(pk=officers[0].user_id).email
    made = json.loads(output_of("choose", "us-police-2020-service-terms", "--by", by, "--json"))
    assert made["status"] == "waiting"
    assert PolicyEpoch.objects.get().pack == "countenance-default"
    with pytest.raises(CommandError, match="No version of nowhere"):
        output_of("choose", "nowhere", "--by", by)


def test_what_ships_later_does_not_undo_what_officers_published(officers, monkeypatch):
    proposals.propose(document=TIGHTER, by=officers[0])
    monkeypatch.setattr(policies, "pack_names", lambda: ["countenance-default"])
    assert policies.load_shipped(by=SYSTEM) == []


def test_a_moratorium_that_another_pack_knows_as_another_rule_is_refused(officers):
    before = epoch()
    document = TIGHTER.replace('id = "no-search-today"', 'id = "us-police-2020-service-terms"')
    document = document.replace('operation = ["search"]', 'operation = ["search", "compare"]')
    with pytest.raises(PolicyError, match="other_pack") as error:
        proposals.propose(document=document, by=officers[0])
    assert "us-police-2020-service-terms@1" in error.value.sentence
    assert (PolicyVersionRecord.objects.count(), epoch()) == (4, before)
