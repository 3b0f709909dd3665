"""What is in force, since when, what is scheduled, and what was in force before: for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from compliance import versions
from compliance.models import PackChoice, PolicyEpoch, PolicyProposal
from compliance.models.proposals import ChoiceStatus
from compliance.policy.rules import Kind, PolicyVersion
from compliance.versions import Chapter, Life
from portal.audit import log
from portal.common.clock import database_now
from portal.web.policy_words import changes, life_row, periods, rule_row


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the moratoria in force, what is scheduled or unratified, and the history of the pack."""
    epoch, now = PolicyEpoch.objects.get(), database_now()
    told = versions.chapters(epoch.pack, now)
    chapter = versions.in_force(told)
    version = chapter.record.version if chapter else None
    context = {
        "now": now,
        "policy_version": version.label if version else "",
        "stop": versions.stop_of(version),
        "unratified": _unratified(told, now),
        "scheduled": _scheduled(told),
        "choice": PackChoice.objects.filter(status=ChoiceStatus.SCHEDULED).first(),
        "moratoria": _moratoria(version, now) if version else [],
        "periods": periods(told),
        "history": _history(told),
        "log": _log(request),
    }
    return render(request, "public/transparency.html", context)


def _log(request: HttpRequest) -> dict[str, Any]:
    """Return the newest checkpoint, and what outsiders need to verify the log."""
    newest = log.newest()
    return {
        "size": newest.size if newest else 0,
        "signed_at": newest.signed_at if newest else None,
        "note": newest.note if newest else "",
        "keys": log.verifier_keys(),
        "address": request.build_absolute_uri(reverse("transparency")).rstrip("/"),
    }


def _unratified(told: Sequence[Chapter], now: datetime) -> dict[str, Any] | None:
    """Return what one officer put in force and no second one ratified, and since when."""
    found = versions.unratified(told)
    if found is None:
        return None
    return {
        "label": str(found.record),
        "since": found.since,
        "due_at": found.ratification_due_at,
        "late": found.is_late(now),
        "simulation_late": found.simulation_is_late(now),
    }


def _scheduled(told: Sequence[Chapter]) -> dict[str, Any] | None:
    """Return the version that waits its day in view of all: by which roles, and why; never by whom."""
    chapter = next((one for one in told if one.life is Life.SCHEDULED), None)
    if chapter is None:
        return None
    before = versions.in_force(told)
    proposal = PolicyProposal.objects.filter(published=chapter.record).first()
    return {
        **life_row(chapter),
        "reasons": proposal.reasons if proposal else "",
        "loosenings": proposal.loosenings if proposal else [],
        "changes": changes(before.record.version if before else None, chapter.record.version),
    }


def _moratoria(version: PolicyVersion, now: datetime) -> list[dict[str, Any]]:
    """Return the moratoria that hold now or are still to begin, each with the exemptions that lift it."""
    held = [rule for rule in version.rules if rule.kind is Kind.MORATORIUM]
    return [
        {
            **rule_row(rule),
            "scheduled": now < rule.period.starts_at,
            "lapsed": rule.period.ends_at is not None and rule.period.ends_at <= now,
            "exemptions": [rule_row(one) for one in version.rules if rule.id in one.lifts],
        }
        for rule in held
    ]


def _history(told: Sequence[Chapter]) -> list[dict[str, Any]]:
    """Return the life of every version, the newest first."""
    rows, before = [], None
    for chapter in told:
        version = chapter.record.version
        row = life_row(chapter)
        rows.append({**row, "status": row["life"], "changes": changes(before, version)})
        before = before if chapter.life is Life.WITHDRAWN else version
    return rows[::-1]
