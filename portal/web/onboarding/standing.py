"""Where an organization stands: its type, its grants line by line, and the rules in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance import upcoming
from compliance.actions import grants
from compliance.adverse import adverse
from compliance.answers import end_users_of
from compliance.conditions import conditions, inferred
from compliance.models import Application, Determination
from compliance.models.determinations import DeterminationOutcome
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.policy.rules import Rule
from compliance.policy.vocabulary import Operation
from compliance.standing import LineStanding, Standing, determination_in_force
from compliance.standing import standing as standing_of
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import stops
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding import ends

CHANGES = (
    (ApplicationKind.NEW_PURPOSE, "Ask for another purpose"),
    (ApplicationKind.END_USER_CHANGE, "Ask for another end user"),
    (ApplicationKind.EXEMPTION, "Ask for an exemption"),
    (ApplicationKind.RECERTIFICATION, "Recertify"),
)
AGAIN = ((ApplicationKind.ONBOARDING, "Apply again"),)
_NO_MORE = frozenset({"suspended", "revoked", "closing", "closed"})


def is_determined(organization: Organization) -> bool:
    """Whether the office has decided about the organization. Inside a scope."""
    return determination_in_force(organization) is not None


@member_view(scoped=False)
def shown(request: MemberRequest) -> HttpResponse:
    """Show the standing, also where nothing was decided yet."""
    return show(request)


def show(request: MemberRequest) -> HttpResponse:
    """Render the standing of the member's organization."""
    with tenant_scope(request.organization):
        standing = standing_of(request.organization)
        applications = open_applications()
        context = {
            "standing": standing,
            "ahead": upcoming.ahead(request.organization, standing.at),
            "stopped": stops.notice(request.organization),
            "lines": lines(standing),
            "rules": rule_rows(standing.rules),
            "open_applications": applications,
            "ends": ends.coming(standing, applications),
            "recertification": ends.recertification(standing, applications),
            "may_apply": request.actor.may(Permission.APPLY),
            "appealable": bool(adverse(request.organization)),
            "history": _history(request.organization),
            "changes": _changes(standing) if request.actor.may(Permission.APPLY) else (),
            "applies_again": not standing.is_cleared,
        }
        return render(request, "tenant/onboarding/standing.html", context)


def open_applications() -> list[Application]:
    """Return the applications that wait for somebody, newest first. Inside a scope."""
    now = database_now()
    rows = Application.objects.open().order_by("-started_at")
    return [row for row in rows if row.status_at(now) != ApplicationStatus.LAPSED]


def _changes(standing: Standing) -> tuple[tuple[ApplicationKind, str], ...]:
    if standing.status in _NO_MORE:
        return ()
    return CHANGES if standing.is_cleared else AGAIN


@member_view(methods=("GET", "POST"), permission=Permission.APPLY, scoped=False)
def give_up(request: MemberRequest, end_user_id: str) -> HttpResponse:
    """Ask once more, then end every grant for an end user."""
    with tenant_scope(request.organization):
        served = end_users_of(determination_in_force(request.organization))
    end_user = next((one for one in served if one.public_id == end_user_id), None)
    if end_user is None:
        raise NotFound()
    if request.method != "POST":
        return render(request, "tenant/onboarding/give_up.html", {"end_user": end_user})
    grants.give_up(organization=request.organization, end_user=end_user, by=request.actor)
    messages.success(request, f"What was granted for {end_user} has ended.")
    return redirect("onboarding_standing")


def lines(standing: Standing) -> list[dict[str, Any]]:
    """Return the grants of a standing in words, the ones in force first."""
    ordered = sorted(standing.lines, key=lambda line: not line.in_force)
    return [line_row(line, standing.at) for line in ordered]


def line_row(line: LineStanding, now: datetime) -> dict[str, Any]:
    """Return one grant in words."""
    grant = line.grant
    return {
        "purpose": grant.get_purpose_display(),
        "end_user": line.end_user.name,
        "end_user_type": line.end_user.get_organization_type_display(),
        "operations": ", ".join(Operation(word).label for word in grant.operations),
        "attributes": inferred(grant.line.attributes),
        "status": line.status if line.in_force else idle(line, now),
        "grant_id": grant.public_id,
        "end_user_id": line.end_user.public_id,
        "given_up_at": line.given_up_at,
        "words": line.words,
        "recorded": line.recorded,
        "computed": line.computed,
        "differs": line.differs,
        "conditions": conditions(grant.line.conditions),
        "case_reference": grant.case_reference,
        "exemption": grant.exemption,
        "starts_at": grant.starts_at,
        "expires_at": grant.expires_at,
        "days_left": max((grant.expires_at - now).days, 0),
        "in_force": line.in_force,
        "outcome": line.ruling.outcome,
        "sentence": line.ruling.sentence,
    }


def idle(line: LineStanding, now: datetime) -> str:
    """Return why a line is not in force."""
    if line.given_up_at:
        return "given_up"
    return "expired" if line.grant.expires_at <= now else "pending"


def rule_rows(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """Return rules as the tables of rules show them."""
    return [
        {
            "rule": rule.id,
            "text": rule.sentence,
            "effect": rule.effect,
            "source": rule.source.document,
            "source_url": rule.source.address if rule.source.address.startswith("https://") else "",
            "from": rule.period.starts_at,
            "until": rule.period.ends_at,
        }
        for rule in rules
    ]


def _history(organization: Organization) -> list[dict[str, Any]]:
    rows = Determination.objects.filter(organization=organization).newest_first()
    return [
        {
            "at": row.decided_at,
            "title": f"Determination: {row.get_outcome_display().lower()}",
            "text": f"{row.get_organization_type_display()}. {row.reasons}",
            "status": row.moratorium_status if row.outcome == DeterminationOutcome.GRANTED else "",
        }
        for row in rows
    ]
