"""Appealing: the decisions that went against the organization, each with the way to appeal it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from compliance.adverse import AdverseDecision, adverse
from compliance.models import Application
from portal.tenancy.roles import Permission
from portal.web.guards import MemberRequest, member_view


def against(application: Application) -> AdverseDecision | None:
    """Return the decision that an application appeals against, None where it is no appeal. In scope."""
    if not application.against:
        return None
    return next((one for one in adverse(application.organization) if one.id == application.against), None)


@member_view()
def choose(request: MemberRequest) -> HttpResponse:
    """List the decisions that can be appealed."""
    context = {
        "decisions": adverse(request.organization),
        "may_apply": request.actor.may(Permission.APPLY),
    }
    return render(request, "tenant/onboarding/appeal.html", context)
