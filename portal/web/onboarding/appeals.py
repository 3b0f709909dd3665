"""Appealing: the decisions that went against the organization, each with the way to appeal it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from compliance.adverse import adverse
from portal.tenancy.roles import Permission
from portal.web.guards import MemberRequest, member_view


@member_view()
def choose(request: MemberRequest) -> HttpResponse:
    """List the decisions that can be appealed."""
    context = {
        "decisions": adverse(request.organization),
        "may_apply": request.actor.may(Permission.APPLY),
    }
    return render(request, "tenant/onboarding/appeal.html", context)
