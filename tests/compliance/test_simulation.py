"""What a version would change, on a database of its own, since a policy holds for everybody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance import simulation
from compliance.actions import gate, simulations
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import determine, new_officer, new_tenant, search_for_a_child

HEAD = """
pack = "countenance-default"
number = 4
published_at = 2020-01-01T00:00:00Z
based_on = "countenance-default@3"
"""
NO_SEARCH = """
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


@pytest.fixture
def officer(fresh_database):
    return new_officer("Ada")


def charity(name="Harbor Light", **line):
    tenant = new_tenant(name)
    determine(tenant, "find_missing_child", **line)
    return tenant


def ruled(tenant, subject="job_1", **facts):
    return gate.rule(
        search_for_a_child(tenant.itself, **facts),
        gate=Gate.SHARD,
        subject=subject,
        by=Actor.system("tests"),
        organization=tenant.organization,
    )


def simulated(officer, document=HEAD + NO_SEARCH):
    return simulations.simulate(document=document, by=officer).result


def test_a_simulation_names_what_would_flip_and_what_would_be_held(officer):
    tenant = charity()
    running = ruled(tenant)
    result = simulated(officer)
    assert (result["rulings"], result["held"], result["held_count"]) == (1, ["job_1"], 1)
    assert result["flips"][0] | {"ruling": running.public_id, "after": "refused"} == result["flips"][0]
    assert ruled(tenant).outcome == "cleared"


def test_a_simulation_of_the_same_rules_flips_nothing(officer):
    ruled(charity())
    result = simulated(officer, HEAD)
    assert (result["flips"], result["flipped"], result["by_organization"]) == ([], 0, [])
    assert result["before"] == result["after"] == {"cleared": 1, "referred": 0, "refused": 0}


def test_a_simulation_counts_before_and_after_for_each_organization(officer):
    hit, spared = charity("Harbor Light"), charity("Lighthouse")
    for number in range(3):
        ruled(hit, f"job_{number}")
    ruled(spared, operation="enroll", probe_source=None)
    result = simulated(officer)
    assert (result["organizations_hit"], result["organizations"]) == (1, [str(hit.organization.pk)])
    assert result["by_organization"] == [
        {
            "organization": str(hit.organization.pk),
            "rulings": 3,
            "flipped": 3,
            "held": 3,
            "before": {"cleared": 3, "referred": 0, "refused": 0},
            "after": {"cleared": 0, "referred": 0, "refused": 3},
        }
    ]


def test_what_was_refused_and_stays_so_is_no_flip(officer):
    ruled(new_tenant("Nobody decided yet"))
    assert (simulated(officer)["rulings"], simulated(officer)["flipped"]) == (1, 0)


def test_what_has_ended_is_judged_at_its_own_time_and_nothing_is_held(officer):
    tenant = charity()
    ruled(tenant)
    with tenant_scope(tenant.organization):
        gate.close("job_1", organization=tenant.organization)
    result = simulated(officer)
    assert (result["flipped"], result["held"]) == (1, [])


def test_what_ends_by_itself_is_not_laid_at_the_versions_door(officer):
    tenant = charity(expires_at=timezone.now() + timedelta(seconds=0.5))
    while ruled(tenant).is_cleared:
        pass
    result = simulated(officer, HEAD)
    assert result["before"]["cleared"] == result["flipped"] == 0


def test_a_result_names_the_first_and_counts_all(officer, monkeypatch):
    monkeypatch.setattr(simulation, "LISTED", 2)
    tenant = charity()
    for number in range(3):
        ruled(tenant, f"job_{number}")
    result = simulated(officer)
    assert (len(result["flips"]), result["flipped"]) == (2, 3)
    assert (result["held"], result["held_count"]) == (["job_0", "job_1"], 3)


def test_the_same_request_is_read_and_judged_once_and_counted_each_time(officer):
    tenant = charity()
    for number in range(5):
        ruled(tenant, f"job_{number}")
    with tenant_scope(tenant.organization):
        assert RulingRecord.objects.values("facts_sha256").distinct().count() == 1
    assert simulated(officer)["flipped"] == 5
