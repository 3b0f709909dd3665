"""Simulates over generated rulings; bench/simulation.py runs this on a database of its own."""

import json
import resource
import sys
import time
from dataclasses import replace

import django

django.setup()

from django.db import connection  # noqa: E402 - needs settings, as what follows

from compliance import simulation  # noqa: E402
from compliance.actions import gate  # noqa: E402
from compliance.models import RulingRecord  # noqa: E402
from compliance.policy.packs import DEFAULT_PACK, load_pack  # noqa: E402
from compliance.policy.rules import Condition, Effect, Kind, PolicyVersion  # noqa: E402
from compliance.policy.vocabulary import Gate  # noqa: E402
from portal.tenancy.actor import Actor  # noqa: E402
from portal.tenancy.scope import officer_scope, tenant_scope  # noqa: E402
from tests.compliance.conftest import Tenant, determine, new_tenant, search_for_a_child  # noqa: E402

ORGANIZATIONS = 20

# Copies of one ruling, spread over 89 days; `every` of them are on the same request.
_COPIES = """
INSERT INTO compliance_rulingrecord ({columns})
SELECT {values} FROM compliance_rulingrecord ruling CROSS JOIN generate_series(1, %(count)s) number
WHERE ruling.organization_id = %(organization)s
"""
_CHANGED = {
    "id": "uuidv7(make_interval(secs => number - %(count)s))",
    "subject": "'job_' || (number / %(every)s)",
    "facts": "jsonb_set(ruling.facts, '{case_reference}', to_jsonb('CASE-' || (number / %(every)s)))",
    "facts_sha256": "encode(sha256(convert_to(%(organization)s || (number / %(every)s), 'UTF8')), 'hex')",
    "made_at": "now() - number * interval '89 days' / %(count)s",
    "at": "now() - number * interval '89 days' / %(count)s",
    "open": "number <= %(open)s",
}


def main() -> None:
    """Generate, simulate, and print what it took as JSON."""
    rulings, every = map(int, sys.argv[1:])
    for number in range(ORGANIZATIONS):
        _generate(_cleared(f"Harbor Light {number}"), rulings // ORGANIZATIONS, every)
    version = _without_search()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with officer_scope():
        result = simulation.simulate(version).to_json()
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "rulings": result["rulings"],
        "flipped": result["flipped"],
        "held": result["held_count"],
        "organizations hit": result["organizations_hit"],
        "seconds": round(seconds, 1),
        "processor seconds": round(after.ru_utime - before.ru_utime, 1),
        "peak memory before, MB": round(before.ru_maxrss / 1e3),
        "peak memory after, MB": round(after.ru_maxrss / 1e3),
        "bytes of the result": len(json.dumps(result)),
    }
    print(json.dumps(found))


def _cleared(name: str) -> Tenant:
    """Return an organization with one ruling."""
    tenant = new_tenant(name)
    determine(tenant, "find_missing_child")
    stated = search_for_a_child(tenant.itself)
    gate.rule(
        stated, gate=Gate.SHARD, subject="job_0", by=Actor.system("bench"), organization=tenant.organization
    )
    return tenant


def _generate(tenant: Tenant, count: int, every: int) -> None:
    columns = [field.column for field in RulingRecord._meta.concrete_fields]
    with tenant_scope(tenant.organization) as organization, connection.cursor() as cursor:
        values = [_CHANGED.get(name, f'ruling."{name}"') for name in columns]
        statement = _COPIES.format(
            columns=", ".join(f'"{name}"' for name in columns), values=", ".join(values)
        )
        given = {"count": count - 1, "organization": str(organization), "every": every, "open": every * 50}
        cursor.execute(statement, given)


def _without_search() -> PolicyVersion:
    """Return a version under which nobody searches."""
    newest = load_pack(DEFAULT_PACK).versions[-1]
    stop = replace(
        newest.rules[0],
        id="no-search-today",
        kind=Kind.MORATORIUM,
        effect=Effect.REFUSE,
        scope=(Condition("operation", frozenset({"search"})),),
    )
    return replace(newest, number=newest.number + 1, rules=(*newest.rules, stop))


main()
