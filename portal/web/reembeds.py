"""Re-embedding a gallery: to which model, how far it is, and what becomes of faces that were lost."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.galleries import ReembedForm
from portal.web.guards import MemberRequest, member_view
from recognition.actions import reembeds
from recognition.models import Gallery


@member_view(methods=("GET", "POST"), permission=Permission.REEMBED)
def reembed(request: MemberRequest, gallery_id: str) -> HttpResponse:
    """Show how far a gallery is on its way to another model; begin, go on, accept or give up."""
    if request.method != "POST":
        gallery = reads.gallery(request.actor, gallery_id)
        return _shown(request, gallery, ReembedForm(pipelines=reembeds.choices(gallery)))
    gallery = reads.gallery_to_change(request.actor, gallery_id)
    form = ReembedForm(_sent(request, gallery), pipelines=reembeds.choices(gallery))
    with shown_on(form):
        if _done(request, gallery, form):
            return redirect("reembed_gallery", gallery.public_id)
    with tenant_scope(request.organization):
        return _shown(request, gallery, form)


def _sent(request: MemberRequest, gallery: Gallery) -> dict[str, str]:
    return {"pipeline": request.POST.get("pipeline", gallery.next_pipeline)}


def _done(request: MemberRequest, gallery: Gallery, form: ReembedForm) -> bool:
    """Do what the button says; False where the form has to be mended first."""
    action = request.POST.get("action")
    if action == "accept":
        reembeds.accept(gallery=gallery, by=request.actor)
        messages.success(request, "The gallery is searched with the new model.")
    elif action == "cancel":
        reembeds.cancel(gallery=gallery, by=request.actor)
        messages.success(request, "The new templates were destroyed. The gallery is searched as before.")
    elif form.is_valid():
        reembeds.start(gallery=gallery, by=request.actor, **form.cleaned_data)
        messages.success(request, "The gallery is being re-embedded. It is searched as it is meanwhile.")
    else:
        return False
    return True


def _shown(request: MemberRequest, gallery: Gallery, form: ReembedForm) -> HttpResponse:
    context = {"gallery": gallery, "form": form, "progress": reembeds.progress(gallery)}
    return render(request, "tenant/galleries/reembed.html", context, status=422 if form.errors else 200)
