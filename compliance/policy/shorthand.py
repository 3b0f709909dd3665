"""The list of all a ruling looked at, in the short form in which it is stored, and back.

Written out, the list repeats with every ruling what the policy version says already: some 50 KB. Stored are
what each dimension saw, whether each condition of each rule was met, and the results of those rules that bear
on the facts. The version, which never changes, gives the rest. The platform's own rules are program text and
may change, so their words are stored along.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from compliance.policy.compiled import Verdict
from compliance.policy.judge import tell
from compliance.policy.plain import encode
from compliance.policy.platform import FIRST, LAST, PLATFORM
from compliance.policy.results import Result, RuleResult
from compliance.policy.rules import PolicyVersion, Rule
from compliance.policy.ruling import Ruling
from compliance.policy.seeing import Truth

# What of a judged rule is told; source, remedy and period are told by the version itself.
TOLD = (
    "rule_id",
    "version",
    "kind",
    "effect",
    "looked_at",
    "result",
    "counts_as",
    "sentence",
    "lifted_by",
)
_LETTERS = {Truth.MET: "m", Truth.NOT_MET: "n", Truth.MISSING: "x", Truth.UNDETERMINED: "u"}
_TRUTHS = {letter: truth.value for truth, letter in _LETTERS.items()}
_REWORDED = {Result.MISSING, Result.LAPSED, Result.LIFTED}


def written_out(results: Iterable[RuleResult]) -> list[dict[str, Any]]:
    """Return what rules looked at as JSON data."""
    return [{name: encode(getattr(result, name)) for name in TOLD} for result in results]


def shorten(ruling: Ruling) -> dict[str, Any]:
    """Return what a ruling looked at, in short, as JSON data."""
    view = ruling.view
    letters = [_LETTERS[truth] for truth in view.truths]
    return {
        "before": written_out(ruling.before),
        "first": _words(FIRST),
        "last": _words(LAST),
        "after": written_out(ruling.after),
        "seen": {
            name: [[one.fact, encode(one.words)] for one in sight.seen] for name, sight in view.sights.items()
        },
        "truths": "".join([letters[number] for number in view.program.every_condition]),
        "bearing": [
            [number, *_short(verdict, ruling)]
            for number, verdict in enumerate(ruling.verdicts)
            if verdict.result is not Result.NOT_MET
        ],
    }


def expand(short: Mapping[str, Any], version: PolicyVersion | None) -> list[dict[str, Any]]:
    """Return what `written_out` gave of the ruling that was shortened.

    Args:
        short: What `shorten` returned.
        version: The version the ruling names; None where it names none.
    """
    rules = [*short["first"], *_rules_of(version), *short["last"]]
    bearing = {number: found for number, *found in short["bearing"]}
    truths = iter(short["truths"])
    told = [
        _expanded(rule, short["seen"], truths, bearing.get(number, [Result.NOT_MET.value, None, None, None]))
        for number, rule in enumerate(rules)
    ]
    return [*short["before"], *told, *short["after"]]


def _short(verdict: Verdict, ruling: Ruling) -> tuple[str, str | None, str | None, str | None]:
    sentence = None
    if verdict.result in _REWORDED:
        told = tell(verdict, ruling.view).sentence
        sentence = told if told != verdict.rule.sentence else None
    counts_as = verdict.counts_as.value if verdict.counts_as else None
    return verdict.result.value, counts_as, verdict.lifted_by, sentence


def _expanded(
    rule: Mapping[str, Any], seen: Mapping[str, Any], truths: Iterator[str], found: Sequence[str | None]
) -> dict[str, Any]:
    result, counts_as, lifted_by, sentence = found
    return {
        "rule_id": rule["rule_id"],
        "version": rule["version"],
        "kind": rule["kind"],
        "effect": rule["effect"],
        "looked_at": [
            {
                "dimension": dimension,
                "wanted": wanted,
                "seen": [{"fact": fact, "words": words} for fact, words in seen[dimension]],
                "truth": _TRUTHS[next(truths)],
            }
            for dimension, wanted in rule["scope"]
        ],
        "result": result,
        "counts_as": counts_as,
        "sentence": sentence or rule["sentence"],
        "lifted_by": lifted_by,
    }


@cache
def _words(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """Return the platform's own rules as they are stored."""
    return [_word_for_word(rule, PLATFORM) for rule in rules]


def _rules_of(version: PolicyVersion | None) -> list[dict[str, Any]]:
    return [_word_for_word(rule, version.label) for rule in version.rules] if version else []


def _word_for_word(rule: Rule, version: str) -> dict[str, Any]:
    return {
        "rule_id": rule.id,
        "version": version,
        "kind": rule.kind.value,
        "effect": rule.effect.value,
        "sentence": rule.sentence,
        "scope": [[one.dimension, sorted(one.words)] for one in rule.scope],
    }
