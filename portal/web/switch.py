"""Organizations of one person: found the first, switch between several."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.middleware import SESSION_KEY
from portal.tenancy.models import Membership, Organization
from portal.web.forms.base import PlainForm
from portal.web.guards import signed_in
from portal.web.paging import page_of


class FoundForm(PlainForm):
    """The one question before an application: what the organization is called."""

    name = forms.CharField(
        max_length=200,
        label="Name of the organization",
        help_text="As it is registered. You will be its first administrator.",
    )


@signed_in
def choose(request: HttpRequest) -> HttpResponse:
    """List the organizations a person belongs to; a form sent here acts for another one."""
    if request.method == "POST":
        return _switch(request)
    mine = _memberships(request).select_related("organization")
    context = {"page": page_of(request, mine.order_by("pk"))}
    return render(request, "tenant/organizations/choose.html", context)


@signed_in
def found(request: HttpRequest) -> HttpResponse:
    """Found an organization and go on to its application."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(("GET", "POST"))
    form = FoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = organizations.create(
            name=form.cleaned_data["name"],
            administrator=request.user,  # type: ignore[arg-type]
            by=request.actor,  # type: ignore[attr-defined]
        )
        request.session[SESSION_KEY] = str(made.pk)
        return redirect("/onboarding/")
    return render(request, "tenant/organizations/found.html", {"form": form})


def _switch(request: HttpRequest) -> HttpResponse:
    key = parse_public_id(Organization.PREFIX, request.POST.get("organization", ""))
    if not _memberships(request).filter(organization=key).exists():
        raise NotFound()
    request.session[SESSION_KEY] = str(key)
    return redirect("/")


def _memberships(request: HttpRequest) -> QuerySet[Membership]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return Membership.objects.filter(user=actor.user_id, ended_at=None)
