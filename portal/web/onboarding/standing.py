"""Where an organization stands: its type, its grants line by line, and the rules in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from compliance.models import Application, Case, Determination
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.policy.obligations import Obligations
from compliance.policy.rules import Rule
from compliance.policy.vocabulary import Operation, Review
from compliance.standing import LineStanding, Standing, determination_in_force
from compliance.standing import standing as standing_of
from compliance.stated import named_recipients
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import stops
from portal.web.guards import MemberRequest, member_view

CHANGES = (
    (ApplicationKind.NEW_PURPOSE, "Ask for another purpose"),
    (ApplicationKind.END_USER_CHANGE, "Ask for another end user"),
    (ApplicationKind.EXEMPTION, "Ask for an exemption"),
    (ApplicationKind.RECERTIFICATION, "Recertify"),
    (ApplicationKind.APPEAL, "Appeal a decision"),
)


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
        open_applications = Application.objects.exclude(
            status__in=(ApplicationStatus.DECIDED, ApplicationStatus.WITHDRAWN, ApplicationStatus.LAPSED)
        )
        context = {
            "standing": standing,
            "stopped": stops.notice(request.organization),
            "lines": lines(standing),
            "rules": rule_rows(standing.rules),
            "open_applications": list(open_applications.order_by("-started_at")),
            "cases": list(Case.objects.open()[:10]),
            "history": _history(request.organization),
            "changes": CHANGES if request.actor.may(Permission.APPLY) else (),
        }
        return render(request, "tenant/onboarding/standing.html", context)


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
        "status": line.status if line.in_force else "expired" if grant.expires_at <= now else "pending",
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


def conditions(demands: Obligations) -> list[str]:
    """Return the demands of a grant as sentences."""
    said = []
    if demands.min_similarity is not None:
        said.append(f"Similarity of at least {demands.min_similarity:g}.")
    if demands.review is not Review.NONE:
        said.append(f"{demands.review.label}.")
    if demands.reviewers > 1:
        said.append(
            f"{demands.reviewers} reviewers judge each candidate without seeing each other's verdict."
        )
    if demands.false_candidate_budget is not None:
        said.append(f"At most {demands.false_candidate_budget:g} false candidates expected in a search.")
    if demands.retention_days is not None:
        said.append(f"Faces are kept {demands.retention_days} days at most.")
    said += _volume(demands)
    if demands.never_sole_basis:
        said.append("Never the sole basis of a decision.")
    return [*said, *(f"For people to keep: {one}" for one in sorted(demands.conditions))]


def _volume(demands: Obligations) -> list[str]:
    said = []
    if demands.images_in_30_days is not None:
        said.append(f"At most {demands.images_in_30_days:,} images in 30 days.")
    if demands.gallery_faces is not None:
        said.append(f"At most {demands.gallery_faces:,} faces in a gallery.")
    names = named_recipients(demands)
    if names is not None:
        said.append(f"Results go only to {', '.join(names) or 'the organization itself'}.")
    return said


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
            "status": row.moratorium_status,
        }
        for row in rows
    ]
