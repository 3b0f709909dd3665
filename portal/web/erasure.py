"""Erasing a person or a whole gallery: a name typed, an action, a receipt."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.roles import Permission
from portal.web import reads
from portal.web.forms.galleries import TypedConfirmation
from portal.web.guards import MemberRequest, member_view
from recognition.actions import erasure
from recognition.actions.erasure import Receipt
from recognition.models import Face, Subject


@member_view(methods=("GET", "POST"), permission=Permission.ERASE)
def subject(request: MemberRequest, gallery_id: str, subject_id: str) -> HttpResponse:
    """Erase one person from a gallery."""
    if request.method != "POST":
        found = reads.subject(request.actor, gallery_id, subject_id)
        counts = {"face_count": Face.objects.filter(subject=found).count()}
        return _ask(
            request, "subjects/erase", TypedConfirmation(expected=found.name), subject=found, **counts
        )
    found = reads.subject_to_change(request.actor, gallery_id, subject_id)
    form = TypedConfirmation(request.POST, expected=found.name)
    if not form.is_valid():
        return _ask(request, "subjects/erase", form, subject=found)
    return _receipt(request, erasure.erase_subject(subject=found, by=request.actor))


@member_view(methods=("GET", "POST"), permission=Permission.ERASE)
def gallery(request: MemberRequest, gallery_id: str) -> HttpResponse:
    """Delete a gallery with everybody in it."""
    if request.method != "POST":
        found = reads.gallery(request.actor, gallery_id)
        counts = {
            "face_count": Face.objects.filter(gallery=found).count(),
            "subject_count": Subject.objects.standing().filter(gallery=found).count(),
        }
        return _ask(
            request, "galleries/delete", TypedConfirmation(expected=found.name), gallery=found, **counts
        )
    found = reads.gallery_to_change(request.actor, gallery_id)
    form = TypedConfirmation(request.POST, expected=found.name)
    if not form.is_valid():
        return _ask(request, "galleries/delete", form, gallery=found)
    return _receipt(request, erasure.delete_gallery(gallery=found, by=request.actor))


def _ask(request: MemberRequest, page: str, form: TypedConfirmation, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, f"tenant/{page}.html", {"form": form, **context}, status=status)


def _receipt(request: MemberRequest, made: Receipt) -> HttpResponse:
    photos = f"{made.photos} photo{'' if made.photos == 1 else 's'}"
    messages.success(request, f"Erased, with {photos} that nothing else needed. Keep this receipt.")
    return redirect("receipt", made.event)
