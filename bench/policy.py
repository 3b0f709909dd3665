"""How long one evaluation takes: 50 rules, and the platform's own, on facts that are new each time."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from bench.clock import Taken, medians, taken
from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Facts
from compliance.policy.packs import DEFAULT_PACK, load_pack
from compliance.policy.platform import FIRST, LAST
from compliance.policy.rules import Condition, Lineage, PolicyVersion
from compliance.policy.ruling import Ruling
from compliance.policy.shorthand import shorten
from compliance.policy.vocabulary import Purpose
from tests.compliance.policy.builders import NOW, child_search, police_search, trafficking_lead

RULES = 50
EVALUATIONS = 600  # a round


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    lineage = Lineage((_of_fifty_rules(),))
    works: dict[str, Callable[[Facts], object]] = {
        "evaluate": lambda facts: _ruling(facts, lineage),
        "and hash the facts": lambda facts: _ruling(facts, lineage).facts_sha256,
        "and shorten for storing": lambda facts: shorten(_ruling(facts, lineage)),
        "and write out every rule": lambda facts: _ruling(facts, lineage).to_json(),
    }
    requests = _requests()
    for work in works.values():
        work(next(requests))
    times: dict[str, list[Taken]] = {name: [] for name in works}
    for name, work in list(works.items()) * (rounds * EVALUATIONS):
        facts = next(requests)
        times[name].append(taken(partial(work, facts)))
    found = {name: medians(values, scale=1e6, digits=1) for name, values in times.items()}
    _print(found)
    return {"rules": RULES, "platform_rules": len(FIRST) + len(LAST), "microseconds": found}


def _ruling(facts: Facts, lineage: Lineage) -> Ruling:
    return evaluate(facts, lineage, at=NOW, known_at=NOW)


def _of_fifty_rules() -> PolicyVersion:
    """Return the newest default version with as many more baselines as make it fifty rules."""
    newest = load_pack(DEFAULT_PACK).versions[-1]
    baseline = newest.rules[-1]
    purposes = itertools.cycle(Purpose)
    more = [
        replace(
            baseline,
            id=f"another-{number}",
            scope=(Condition("purpose", frozenset({next(purposes)})), *baseline.scope[1:]),
        )
        for number in range(RULES - len(newest.rules))
    ]
    return replace(newest, rules=(*newest.rules, *more))


def _requests() -> Iterator[Facts]:
    """Yield facts that were never seen before, so that nothing about them is known beforehand."""
    kinds = itertools.cycle([child_search(), trafficking_lead(), police_search()])
    for number, facts in enumerate(kinds):
        yield replace(facts, gallery_size=number)


def _print(found: dict[str, dict[str, float]]) -> None:
    print(f"\nOne evaluation under {RULES} rules, median microseconds:{'clock':>12}{'processor':>12}")
    for name, microseconds in found.items():
        print(f"  {name:54}{microseconds['wall']:>12.1f}{microseconds['cpu']:>12.1f}")
