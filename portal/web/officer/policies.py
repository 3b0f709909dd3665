"""Policy versions on a time line, and their rules as source and reading."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance import documents, duties, versions
from compliance.actions import policies, simulations
from compliance.models import PolicyEpoch, PolicyProposal, PolicyVersionRecord
from compliance.policy.rules import Effect
from compliance.versions import Chapter, Life
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.web import policy_words
from portal.web.officer import casefile, choices, drafts, proposals
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from recognition import client

_WHERE = {"countersign": "officer_proposal", "choose": "officer_choice"}


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """Show what is to be done, every version of every pack on a time line, and the moratoria as a drawing."""
    epoch, now = PolicyEpoch.objects.get(), database_now()
    told = versions.chapters(epoch.pack, now)
    chapter = versions.in_force(told)
    names = sorted(set(PolicyVersionRecord.objects.values_list("pack", flat=True)) - {epoch.pack})
    context = {
        "epoch": epoch,
        "now": now,
        "stop": versions.stop_of(chapter.record.version) if chapter else None,
        "duties": [row for row in duty_rows() if row["duty"].kind not in _WHERE],
        "ended": _ended(chapter),
        "proposals": proposals.waiting(request),
        "choices": choices.open_rows(),
        "drafts": drafts.rows(request),
        "versions": [_row(one) for one in reversed(told)],
        "periods": policy_words.periods(told),
        "others": [_pack(name) for name in names],
    }
    return office_page(request, "officer/policies.html", context)


@officer_view()
def shown(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Show one version: its life, its rules by kind, source and reading apart."""
    record, now = find(policy_id), database_now()
    told = versions.chapters(record.pack, now)
    chapter = next(one for one in told if one.record.pk == record.pk)
    proposal = PolicyProposal.objects.filter(published=record).first()
    names = casefile.people({record.recorded_by.removeprefix("shell:"), record.countersigned_by})
    earlier = PolicyVersionRecord.objects.of_pack(record.pack).filter(number__lt=record.number).last()
    current = record.pack == PolicyEpoch.objects.get().pack
    context = {
        "record": record,
        "version": policy_words.life_row(chapter, names),
        "status": str(chapter.life) if current else "",
        "proposal": proposal,
        "can_ratify": _can_ratify(chapter, proposal, request),
        "unratified": _unratified(told, record, now),
        "can_withdraw": chapter.life is Life.SCHEDULED,
        "groups": policy_words.grouped(record.version),
        "changes": policy_words.changes(earlier.version if earlier else None, record.version),
    }
    return office_page(request, "officer/policy.html", context)


@officer_view(methods=("POST",))
def ratify(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Ratify a tightening that another officer published."""
    record = policies.ratify(record=find(policy_id), by=request.actor)
    said = f"{record} was ratified." if record.ratified_at else "Signed. Another officer ratifies it now."
    messages.success(request, said)
    return redirect("officer_policy", policy_id)


@officer_view(methods=("POST",))
def withdraw(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Withdraw a version before it counts."""
    record = policies.withdraw(record=find(policy_id), by=request.actor)
    messages.success(request, f"{record} was withdrawn. Things stay as they are.")
    return redirect("officer_policies")


@officer_view(methods=("POST",))
def simulate(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Ask for the simulation of a version that was put in force without one."""
    asked = simulations.request_published(record=find(policy_id), by=request.actor)
    client.wake_simulations()
    return redirect("officer_simulation", asked.public_id)


@officer_view()
def download(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Send a version as a document that stands by itself."""
    record = find(policy_id)
    headers = {"Content-Disposition": f'attachment; filename="{record.pack}-{record.number}.toml"'}
    text = documents.write(record.version, None)
    return HttpResponse(text, content_type="application/toml", headers=headers)


def find(policy_id: str) -> PolicyVersionRecord:
    """Return a version.

    Raises:
        NotFound: There is no such one.
    """
    key = parse_public_id(PolicyVersionRecord.PREFIX, policy_id)
    record: PolicyVersionRecord | None = PolicyVersionRecord.objects.filter(pk=key).first()
    if record is None:
        raise NotFound()
    return record


def duty_rows() -> list[dict[str, Any]]:
    """Return what is to be done about the policy, each with the page where it is done."""
    return [{"duty": duty, "url": _url(duty)} for duty in duties.open_duties(database_now())]


def _url(duty: duties.Duty) -> str:
    if duty.kind in {"rule_ends", "rule_ended"}:
        return reverse("officer_policies")
    return reverse(_WHERE.get(duty.kind, "officer_policy"), args=[duty.about])


def _ended(chapter: Chapter | None) -> list[str]:
    """Return the refusals whose end two officers can confirm."""
    if chapter is None:
        return []
    found = duties.ending(chapter.record.version, database_now())
    return [rule.id for rule in found if rule.effect is Effect.REFUSE and _is_over(rule.period.ends_at)]


def _is_over(ends_at: Any) -> bool:
    return ends_at is not None and ends_at <= database_now()


def _row(chapter: Chapter) -> dict[str, Any]:
    url = reverse("officer_policy", args=[chapter.record.public_id])
    return {**policy_words.life_row(chapter), "url": url, "status": str(chapter.life)}


def _pack(name: str) -> dict[str, Any]:
    rows = [_row(one) for one in versions.chapters(name, database_now())]
    return {"name": name, "versions": list(reversed(rows))}


def _can_ratify(chapter: Chapter, proposal: PolicyProposal | None, request: OfficerRequest) -> bool:
    signed = proposal.signed_by if proposal else chapter.record.recorded_by
    return chapter.life is Life.IN_FORCE_UNRATIFIED and signed != request.actor.id


def _unratified(told: list[Chapter], record: PolicyVersionRecord, now: Any) -> dict[str, Any] | None:
    found = versions.unratified(told)
    if found is None or found.record.pk != record.pk:
        return None
    return {"told": found, "late": found.is_late(now), "simulation_late": found.simulation_is_late(now)}
