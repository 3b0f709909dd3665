"""Re-keying a gallery: why, how far it is, and that nothing found changes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.galleries import RekeyForm
from portal.web.guards import MemberRequest, member_view
from recognition.actions import rekeys
from recognition.models import Gallery


@member_view(methods=("GET", "POST"), permission=Permission.RENEW_KEYS)
def rekey(request: MemberRequest, gallery_id: str) -> HttpResponse:
    """Ask why, then give the gallery a new key; while its templates are turned, show how far that is."""
    if request.method != "POST":
        return _shown(request, reads.gallery(request.actor, gallery_id), RekeyForm())
    gallery = reads.gallery_to_change(request.actor, gallery_id)
    form = RekeyForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            rekeys.start(gallery=gallery, by=request.actor, **form.cleaned_data)
            messages.success(request, "The gallery has a new key. Its templates are being turned.")
            return redirect("rekey_gallery", gallery.public_id)
    with tenant_scope(request.organization):
        return _shown(request, gallery, form)


def _shown(request: MemberRequest, gallery: Gallery, form: RekeyForm) -> HttpResponse:
    context = {"gallery": gallery, "form": form, "progress": rekeys.progress(gallery)}
    return render(request, "tenant/galleries/rekey.html", context, status=422 if form.errors else 200)
