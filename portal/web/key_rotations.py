"""Replacing a key by a new one, whose secrets are shown once."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.tenancy.actions import rotations
from portal.tenancy.roles import Permission
from portal.web.forms.errors import shown_on
from portal.web.forms.key_scopes import KeyRotationForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.keys import key_of


@member_view(methods=("GET", "POST"), permission=Permission.MANAGE_KEYS)
def rotate(request: MemberRequest, key_id: str) -> HttpResponse:
    """Replace a key; the new one's secrets are on the answer to this very request, and never again."""
    key = key_of(request.organization, key_id)
    form = KeyRotationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with shown_on(form):
            made = rotations.rotate(
                key=key,
                overlap=form.overlapping,
                expires_at=timezone.now() + timedelta(days=form.cleaned_data["days"]),
                by=request.actor,
            )
            return private(render(request, "tenant/keys/rotated.html", {"made": made}))
    status = 422 if form.errors else 200
    return render(request, "tenant/keys/rotate.html", {"key": key, "form": form}, status=status)
