"""The first page: where the organization stands, what runs, what waits, and what to do next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from compliance import upcoming
from compliance.models import Sample
from compliance.standing import LineStanding, Standing, standing
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import glass, handed_out, reads, reviews, stops
from portal.web.guards import signed_in
from portal.web.onboarding import ends
from portal.web.onboarding.standing import idle, open_applications
from recognition import quotas
from recognition.models import Face, JobKind, JobStatus

SHOWN = 5
_RUNNING = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.HELD)


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Show an organization's home, or lead people to where theirs is."""
    organization: Organization | None = request.organization  # type: ignore[attr-defined]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if organization is None:
        return redirect("/officer/" if actor.is_officer else "/organizations/new/")
    with tenant_scope(organization):
        return render(request, "tenant/home.html", _context(organization, actor))


def grant_rows(found: Standing) -> list[dict[str, Any]]:
    """Return the lines of a standing as `_components/standing_card.html` takes them."""
    return [_grant_row(line, found) for line in found.lines]


def _context(organization: Organization, actor: Actor) -> dict[str, Any]:
    found, applications = standing(organization), open_applications()
    stopped = stops.notice(organization)
    galleries, jobs = reads.galleries(actor), reads.jobs(actor)
    counts = {
        "galleries": galleries.count(),
        "faces": Face.objects.filter(gallery__in=galleries.values("pk")).count(),
        "searches": jobs.filter(kind=JobKind.SEARCH).exclude(status=JobStatus.REFUSED).exists(),
    }
    return {
        "standing": found,
        "grants": grant_rows(found),
        "ahead": upcoming.ahead(organization, found.at),
        "moratoria": [rule for rule in found.moratoria if _touches(found)],
        "running": jobs.filter(status__in=_RUNNING)[:SHOWN],
        "approvals": jobs.filter(status=JobStatus.AWAITING_APPROVAL)[:SHOWN],
        "questions": Sample.objects.waiting().count() if actor.may(Permission.SUBMIT_JOBS) else 0,
        "glass": glass.notices(organization),
        "untold": handed_out.untold(actor),
        "reviews_due": reviews.due(actor) if actor.may(Permission.ADJUDICATE) else None,
        "counts": counts,
        "quota": [
            {"label": row.words.capitalize(), "used": row.used, "of": f"of {row.limit:,}"}
            for row in quotas.as_rows()
        ],
        "stopped": stopped,
        "may_run": stopped is None or stopped["restricted"],
        "steps": _steps(found, organization, actor, counts, has_begun=bool(applications)),
        "recertification": ends.recertification(found, applications),
        "ends": ends.coming(found, applications)[:SHOWN],
        "may_apply": actor.may(Permission.APPLY),
    }


def _touches(found: Standing) -> bool:
    """Whether a moratorium bears on this organization, or may, as long as nobody has reviewed it."""
    if found.determination is None:
        return True
    return any(str(line.status) in {"covered", "exempt", "conditional"} for line in found.lines)


def _grant_row(line: LineStanding, found: Standing) -> dict[str, Any]:
    left = line.grant.expires_at - found.at
    return {
        "purpose": line.grant.purpose,
        "end_user": str(line.end_user),
        "status": str(line.status) if line.in_force else idle(line, found.at),
        "operations": ", ".join(line.grant.operations),
        "conditions": line.words if str(line.status) == "exempt" else "",
        "expires_at": None if line.given_up_at else line.grant.expires_at,
        "days_left": max(left.days, 0) if line.in_force else None,
    }


def _steps(
    found: Standing, organization: Organization, actor: Actor, counts: dict[str, Any], *, has_begun: bool
) -> list[dict[str, str]]:
    """Return what a newcomer does first, in order; empty once everything was done once."""
    cleared = found.determination is not None
    done = [cleared, counts["galleries"] > 0, counts["faces"] > 0, counts["searches"]]
    if all(done):
        return []
    applying = str(organization.status)
    if applying == "draft":
        applying = "in_progress" if has_begun else "not_started"
    may_build = cleared and actor.may(Permission.MANAGE_GALLERIES)
    at = (applying, *["not_started"] * 3)
    steps = (
        ("Apply", "Say who you are, for whom you work and why. Officers decide.", "/onboarding/", True),
        (
            "Create a gallery",
            "A gallery holds enrolled people for one purpose.",
            "/galleries/new/",
            may_build and not done[1],
        ),
        ("Enroll photos", "Photos of the people you look for.", "/galleries/", may_build and done[1]),
        ("Search", "Compare new photos with the gallery.", "/jobs/new/", may_build and done[2]),
    )
    return [
        {
            "title": title,
            "hint": hint,
            "url": url if open_ and not finished else "",
            "status": "completed" if finished else (status if open_ else "blocked"),
        }
        for (title, hint, url, open_), finished, status in zip(steps, done, at, strict=True)
    ]
