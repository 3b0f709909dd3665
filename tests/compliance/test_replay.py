"""Every stored ruling comes out again as it was made, and one that was tampered with does not."""

import json
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from compliance import replay as replays
from compliance.actions import gate, policies, proposals, simulations
from compliance.models import PolicyVersionRecord
from compliance.policy.evaluate import evaluator_hash
from compliance.policy.vocabulary import Gate
from portal.audit.models import Event
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import determine, new_officer, new_tenant, search_for_a_child
from tests.compliance.test_policies import LOOSER, TIGHTER
from tests.conftest import run
from tests.support import services


@pytest.fixture
def tenant(fresh_database):
    return new_tenant("Harbor Light")


def ruled(tenant, **facts):
    return gate.rule(
        search_for_a_child(tenant.itself, **facts),
        gate=Gate.SUBMIT,
        subject="job_1",
        by=Actor.system("tests"),
        organization=tenant.organization,
    )


def replayed():
    with officer_scope():
        return replays.replay()


def output_of(*arguments):
    out = StringIO()
    call_command("policies", "replay", *arguments, stdout=out)
    return out.getvalue()


def tamper(ruling, assignment):
    """Change a ruling as the database's superuser could, past row-level security and with triggers off."""
    name = connection.get_connection_params()["dbname"]
    with psycopg.connect(services.renamed(run.services.superuser_url, name)) as superuser:
        superuser.execute("ALTER TABLE compliance_rulingrecord DISABLE TRIGGER USER")
        update = f"UPDATE compliance_rulingrecord SET {assignment} WHERE id = %s"  # noqa: S608 - ours
        superuser.execute(update, [ruling.pk])


def differences():
    return {one.ruling: one.columns for one in replayed().differences}


def test_rulings_of_all_kinds_and_organizations_come_out_again(tenant):
    police = new_tenant("Eastbrook Police", "law_enforcement_local")
    determine(police, "criminal_investigation_lead", moratorium_status="covered")
    ruled(police, purpose="criminal_investigation_lead", subject_class="suspect")
    ruled(tenant)
    determine(tenant, "find_missing_child", conditions={"min_similarity": 95.5, "gallery_faces": 10})
    for facts in ({}, {"faces_after": 11}, {"subjects": "unknown: an advertisement"}, {"threshold": 92.5}):
        ruled(tenant, **facts)
    found = replayed()
    assert (found.total.rulings, found.total.identical, found.differences) == (6, 6, [])
    assert set(found.by_program) == {evaluator_hash()}
    assert output_of() == "6 of 6 rulings come out identical\n"


def test_rulings_under_successive_versions_come_out_again(tenant):
    determine(tenant, "find_missing_child")
    officers = [new_officer("Ada"), new_officer("Ben")]
    ruled(tenant)
    proposals.propose(document=TIGHTER, by=officers[0])
    assert ruled(tenant).rule == "no-search-today"
    found = replayed()
    assert (found.total.rulings, found.differing) == (2, 0)


def test_a_ruling_that_ends_with_a_scheduled_version_comes_out_again_though_it_was_withdrawn(tenant):
    determine(tenant, "find_missing_child")
    officers = [new_officer("Ada"), new_officer("Ben")]
    pending = scheduled(officers)
    ending = ruled(tenant)
    policies.withdraw(record=pending, by=officers[0])
    assert ending.valid_until == pending.published_at
    assert ruled(tenant).valid_until != pending.published_at
    assert replayed().differing == 0


def scheduled(officers):
    simulated = simulations.simulate(document=LOOSER, by=officers[0])
    proposal = proposals.propose(document=LOOSER, by=officers[0], simulated=simulated)
    return proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=officers[1]).published


@pytest.mark.parametrize(
    ("assignment", "columns"),
    [
        ("outcome = 'cleared'", ("outcome",)),
        ("rule = 'baseline-find_missing_child'", ("rule",)),
        ("sentence = 'All is well.'", ("sentence",)),
        ("valid_until = valid_until + interval '1 second'", ("valid_until",)),
        ("valid_until = NULL", ("valid_until",)),
        ("recorded_status = 'exempt'", ("recorded_status",)),
        ("computed_status = 'covered'", ("computed_status",)),
        ("obligations = jsonb_set(obligations, '{min_similarity}', '80')", ("obligations",)),
        ("findings = jsonb_set(findings, '{truths}', to_jsonb(translate(findings->>'truths', 'n', 'm')))",
         ("findings",)),
        ("findings = jsonb_set(findings, '{seen,party,0,1}', '[\"education\"]')", ("findings",)),
        ("findings = '[]'", ("findings",)),
        ("facts = jsonb_set(facts, '{case_reference}', '\"CASE-2\"')", ("facts_sha256",)),
        ("facts = '{}'", ("facts",)),
        ("version_sha256 = repeat('0', 64)", ("version",)),
        ("version = 'countenance-default@99'", ("version",)),
        ("version = 'nonsense'", ("version",)),
    ],
)  # fmt: skip
def test_a_tampered_ruling_is_found(tenant, assignment, columns):
    determine(tenant, "find_missing_child")
    ruled(tenant)
    other = ruled(tenant, subject_class="suspect")
    tamper(other, assignment)
    assert differences() == {other.public_id: columns}


def test_facts_and_hash_tampered_together_are_found_by_what_follows_from_them(tenant):
    determine(tenant, "find_missing_child")
    refused = ruled(tenant, subject_class="suspect")
    innocent = ruled(tenant)
    tamper(refused, f"facts_sha256 = '{innocent.facts_sha256}', facts = facts || '{{\"subject_class\": "
                    "\"missing_child\"}'")  # fmt: skip
    assert "outcome" in differences()[refused.public_id]


def test_an_older_version_put_in_place_of_the_one_in_force_is_found(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruled(tenant)
    first = PolicyVersionRecord.objects.get(pack="countenance-default", number=1)
    tamper(ruling, f"version = '{first}', version_sha256 = '{first.sha256}', known_at = known_at + '1 hour'")
    assert "version" in differences()[ruling.public_id]


def test_a_ruling_by_another_program_text_is_compared_and_told_apart(tenant):
    determine(tenant, "find_missing_child")
    kept, changed = ruled(tenant), ruled(tenant)
    for ruling in (kept, changed):
        tamper(ruling, "evaluator_hash = repeat('a', 64)")
    assert replayed().differing == 0
    assert f"by other program text {'a' * 16}: 2 of 2 identical" in output_of()
    tamper(changed, "outcome = 'refused'")
    [difference] = replayed().differences
    assert (difference.ruling, difference.same_program) == (changed.public_id, False)


def test_the_command_names_what_differs_and_fails(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruled(tenant)
    tamper(ruling, "outcome = 'refused'")
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1 rulings"):
        call_command("policies", "replay", stdout=out)
    assert f"{ruling.public_id} of {tenant.organization.pk} differs in outcome" in out.getvalue()


def test_the_command_tells_a_program_too(tenant):
    ruled(tenant)
    found = json.loads(output_of("--json"))
    assert (found["rulings"], found["identical"], found["differing"]) == (1, 1, 0)
    assert found["by_program"] == {evaluator_hash(): {"rulings": 1, "identical": 1}}


def test_differences_are_named_up_to_a_number_and_all_counted(tenant, monkeypatch):
    monkeypatch.setattr(replays, "LISTED", 1)
    for _ in range(2):
        tamper(ruled(tenant), "rule = 'none'")
    found = replayed()
    assert (len(found.differences), found.differing) == (1, 2)


def test_replaying_stores_nothing(tenant):
    ruled(tenant)
    before = Event.objects.count()
    assert replayed().total.rulings == replayed().total.rulings == 1
    assert Event.objects.count() == before
