"""API keys: made once, shown once, revoked at once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from compliance.actions import testers
from compliance.models import EndUser
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.actions import keys
from portal.tenancy.models import ApiKey, KeyKind, Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.key_scopes import label_of
from portal.web.forms.keys import KeyForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.lines import Line, lines_of, recipients_of
from portal.web.paging import page_of


@member_view(permission=Permission.MANAGE_KEYS)
def index(request: MemberRequest) -> HttpResponse:
    """List keys, the newest first."""
    page = page_of(request, ApiKey.objects.filter(organization=request.organization).order_by("-pk"))
    users = EndUser.objects.in_bulk({key.end_user_id for key in page.rows})
    now = timezone.now()
    replaced = set(ApiKey.objects.filter(replaces__in=page.rows).values_list("replaces", flat=True))
    rows = [
        _row(key, users.get(key.end_user_id), now) | {"replaced": key.pk in replaced} for key in page.rows
    ]
    return render(request, "tenant/keys/index.html", {"page": page, "rows": rows})


@member_view(methods=("GET", "POST"), permission=Permission.MANAGE_KEYS)
def create(request: MemberRequest) -> HttpResponse:
    """Make a key and show its secrets on the answer to this very request, and never again."""
    if request.method != "POST":
        return _ask(request, _form(lines_of(request.organization), None))
    with tenant_scope(request.organization):
        lines = lines_of(request.organization)
    form = _form(lines, request.POST)
    if form.is_valid():
        line = next(line for line in lines if line.id == form.cleaned_data["grant"])
        with shown_on(form):
            of_tests = form.cleaned_data["kind"] == KeyKind.ACCURACY
            make = (
                testers.create_key if of_tests else partial(keys.create, scopes=form.cleaned_data["scopes"])
            )
            made = make(
                organization=request.organization,
                name=form.cleaned_data["name"],
                purpose=line.purpose,
                end_user_id=UUID(line.end_user),
                expires_at=timezone.now() + timedelta(days=form.cleaned_data["days"]),
                by=request.actor,
                defaults=form.defaults,
            )
            return private(render(request, "tenant/keys/created.html", {"made": made, "line": line}))
    return _ask(request, form)


@member_view(methods=("POST",), permission=Permission.MANAGE_KEYS)
def revoke(request: MemberRequest, key_id: str) -> HttpResponse:
    """End a key at once."""
    key = key_of(request.organization, key_id)
    keys.revoke(key=key, by=request.actor)
    messages.success(request, f"{key.name} was revoked. Calls with it are refused from now on.")
    return redirect("keys")


def _ask(request: MemberRequest, form: KeyForm) -> HttpResponse:
    return render(request, "tenant/keys/create.html", {"form": form}, status=422 if form.errors else 200)


def _form(lines: list[Line], data: Any) -> KeyForm:
    return KeyForm(
        data,
        grants=[(line.id, line.label) for line in lines],
        recipients=recipients_of(lines),
        may_test=any(line.is_for_tests for line in lines),
    )


def key_of(organization: Organization, public_id: str) -> ApiKey:
    """Return a key of an organization.

    Raises:
        NotFound: It has none of this id.
    """
    found = ApiKey.objects.filter(
        pk=parse_public_id(ApiKey.PREFIX, public_id), organization=organization
    ).first()
    if found is None:
        raise NotFound()
    return found


def _row(key: ApiKey, end_user: EndUser | None, now: Any) -> dict[str, Any]:
    status = "revoked" if key.revoked_at else "expired" if key.expires_at <= now else "active"
    scopes = ", ".join(label_of(scope).lower() for scope in key.scopes)
    return {"key": key, "end_user": end_user or "not in the register", "status": status, "scopes": scopes}
