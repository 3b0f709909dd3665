"""Rulings as pages: what was decided, by which rule, on which facts, and every rule that was looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from compliance.models import PolicyVersionRecord, RulingRecord
from compliance.policy.dimensions import DIMENSIONS, FACT_LABELS
from compliance.policy.platform import FIRST, LAST, SOURCE
from compliance.policy.rules import Rule
from portal.common.moments import day_in_words
from portal.tenancy.access import get_or_404
from portal.web.guards import MemberRequest, member_view
from portal.web.names import name_of
from portal.web.templatetags.countenance import words as in_words

PLATFORM = "platform"
STOPPED = "organization-stopped"
# What helps against these stands with the organization's application and cases.
_AGAINST = frozenset({STOPPED, "grant-expired", "exemption-expired", "not-granted", "covered"})
# How a rule's result reads beside its effect: only a rule that applies does what it says.
_NOT_MET = "not_applicable"
_UNSTATED = {"missing", "undetermined"}


@member_view()
def ruling(request: MemberRequest, ruling_id: str) -> HttpResponse:
    """Show one ruling, rule by rule."""
    found = get_or_404(RulingRecord, request.actor, ruling_id)
    context = (
        refusal_of(found)
        | split_of(found)
        | {
            "ruling": found,
            "made_for": name_of(found.made_for, request.organization),
            "facts": stated_rows(found.facts),
            "conditions": sorted(found.demands.conditions),
        }
    )
    return render(request, "tenant/ruling.html", context)


def refusal_of(found: RulingRecord) -> dict[str, Any]:
    """Return the context of `_components/refusal.html` for a ruling. In scope."""
    deciding = next((one for one in found.looked_at if one["rule_id"] == found.rule), None)
    return {
        "sentence": found.sentence,
        "rule": found.rule,
        "version": found.version or PLATFORM,
        "source": f"{found.source['document']}, {day_in_words(date.fromisoformat(found.source['dated_on']))}",
        "source_url": _link(found.source["address"]),
        "fact": _looked_at(deciding) if deciding else "",
        "remedy": found.remedy,
        "remedy_url": reverse("onboarding") if found.rule in _AGAINST else "",
        "decision": found.public_id,
        "at": found.at,
        "status": found.outcome,
    }


def evaluations(looked_at: list[dict[str, Any]], version: str) -> list[dict[str, Any]]:
    """Return what rules looked at, rule by rule, as `_components/rule_table.html` takes it. In scope."""
    rules = _rules(version)
    return [_line(one, rules.get(one["rule_id"])) for one in looked_at]


def split_of(found: RulingRecord) -> dict[str, Any]:
    """Return the rules that count in a ruling apart from those that do not bear on its facts. In scope."""
    lines = evaluations(found.looked_at, found.version)
    return {
        "evaluations": [line for line in lines if line["result"] != _NOT_MET],
        "others": [line for line in lines if line["result"] == _NOT_MET],
    }


def stated_rows(facts: dict[str, Any]) -> list[dict[str, str]]:
    """Return the facts of a ruling as rows for people."""
    rows = [{"key": "Organization type", "value": _value(facts["organization"]["type"])}]
    for name, label in FACT_LABELS.items():
        if name in facts and name not in {"grants", "organization"}:
            title = label.removeprefix("the ")
            value = facts.get(name)
            text = value if name == "case_reference" and isinstance(value, str) else _value(value)
            rows.append({"key": title[:1].upper() + title[1:], "value": text})
    return rows


def ruling_in(request: HttpRequest, public_id: str) -> RulingRecord:
    """Return a ruling of the organization that the request acts for."""
    found: RulingRecord = get_or_404(RulingRecord, request.actor, public_id)  # type: ignore[attr-defined]
    return found


def _line(one: dict[str, Any], rule: Rule | None) -> dict[str, Any]:
    source = rule.source if rule else SOURCE
    return {
        "rule": one["rule_id"],
        "text": one["sentence"],
        "version": one["version"].rpartition("@")[2] if "@" in one["version"] else "",
        "source": source.document,
        "source_url": _link(source.address),
        "input": _looked_at(one),
        "result": _result(one),
        "missing": _missing(one),
    }


def _result(one: dict[str, Any]) -> str:
    if one["result"] == "lifted":
        return "lifted"
    counts = {"refused": "refuse", "referred": "refer", "cleared": "allow"}
    if one["counts_as"]:
        return counts[one["counts_as"]]
    return str(one["effect"]) if one["result"] == "applies" else _NOT_MET


def _looked_at(one: dict[str, Any]) -> str:
    text = "; ".join(filter(None, (_look(look) for look in one["looked_at"])))
    return text[:1].upper() + text[1:]


def _look(look: dict[str, Any]) -> str:
    told: dict[str, list[str]] = {}
    for entry in look["seen"]:
        told.setdefault(_seen(entry["words"]), []).append(FACT_LABELS.get(entry["fact"], entry["fact"]))
    told.pop("", None)
    # Where a rule looks at several parties, people have to see which of them it is about.
    named = len(look["seen"]) > 1
    parts = [f"{text} ({', '.join(who)})" if named else text for text, who in told.items()]
    label = DIMENSIONS[look["dimension"]].label if look["dimension"] in DIMENSIONS else look["dimension"]
    return f"{label}: {', '.join(parts) or 'none'}"


def _seen(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(in_words(word) if word.islower() else word for word in value)
    return "not stated" if isinstance(value, dict) and value.get("missing") else _value(value)


def _missing(one: dict[str, Any]) -> str:
    if one["result"] not in _UNSTATED:
        return ""
    names = [
        entry["fact"]
        for look in one["looked_at"]
        for entry in look["seen"]
        if not isinstance(entry["words"], list)
    ]
    return ", ".join(dict.fromkeys(FACT_LABELS.get(name, name) for name in names))


def _value(value: Any) -> str:
    """Return a stored fact in words."""
    if isinstance(value, dict):
        if value.get("missing"):
            return "Not stated"
        return str(value.get("name") or value.get("reason") or value.get("reference") or "")
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value) or "None"
    if value is None:
        return "None"
    if isinstance(value, float):
        return f"{value:g}"
    return in_words(value) if isinstance(value, str) and value.islower() and "-" not in value else str(value)


def _rules(version: str) -> dict[str, Rule]:
    """Return the rules of a version and of the platform, by id."""
    pack, _, number = version.partition("@")
    found = PolicyVersionRecord.objects.filter(pack=pack, number=int(number or 0)).first()
    own = found.version.rules if found else ()
    return {rule.id: rule for rule in (*FIRST, *LAST, *own)}


def _link(address: str) -> str:
    """Return an address that a browser can open; ours are paths of documents."""
    return address if address.startswith("https://") else ""
