"""Photos of a case record: added with their day, mended, removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import NotFound
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.records import NewPhotoForm, PhotoForm
from portal.web.guards import MemberRequest, member_view, private
from recognition.actions import record_photos
from recognition.details import PhotoDetails
from recognition.images import MAX_BYTES
from recognition.models import CaseRecord, CaseRecordPhoto, Image

_MANAGE = Permission.MANAGE_CASES


@member_view(methods=("GET", "POST"), permission=_MANAGE)
def add(request: MemberRequest, record_id: str) -> HttpResponse:
    """Add a photo: a file, or one that was searched already (`?image=`)."""
    if request.method != "POST":
        record, image = reads.record(request.actor, record_id), _image(request)
        return _page(request, record, PhotoForm() if image else NewPhotoForm(), image)
    with tenant_scope(request.organization):
        record, image = reads.record(request.actor, record_id), _image(request)
    form = PhotoForm(request.POST) if image else NewPhotoForm(request.POST, request.FILES)
    if form.is_valid():
        with shown_on(form):
            _add(request, record, image, form.cleaned_data)
            messages.success(request, "The photo is in the case.")
            return redirect("case", record.public_id)
    return _page(request, record, form, image)


@member_view(methods=("GET", "POST"), permission=_MANAGE)
def change(request: MemberRequest, record_id: str, photo_id: str) -> HttpResponse:
    """Change what is known of a photo."""
    if request.method != "POST":
        photo = _photo(request, record_id, photo_id)
        known = record_photos.details_of(photo)
        flags = {"edited": photo.edited, "age_progressed": photo.age_progressed}
        return _page(request, photo.record, PhotoForm(initial=vars(known) | flags), photo.image, photo)
    with tenant_scope(request.organization):
        photo = _photo(request, record_id, photo_id)
    form = PhotoForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            record_photos.change(photo=photo, by=request.actor, **form.cleaned_data)
            messages.success(request, "The photo was changed.")
            return redirect("case", record_id)
    return _page(request, photo.record, form, photo.image, photo)


@member_view(methods=("POST",), permission=_MANAGE)
def remove(request: MemberRequest, record_id: str, photo_id: str) -> HttpResponse:
    """Take a photo out of a record."""
    with tenant_scope(request.organization):
        photo = _photo(request, record_id, photo_id)
    record_photos.remove(photo=photo, by=request.actor)
    messages.success(request, "The photo was removed. It is destroyed unless a gallery or a search needs it.")
    return redirect("case", record_id)


def _add(request: MemberRequest, record: CaseRecord, image: Image | None, values: dict[str, Any]) -> None:
    known = PhotoDetails(taken=values["taken"], note=values["note"])
    flags = {"edited": values["edited"], "age_progressed": values["age_progressed"]}
    if image is not None:
        record_photos.add(record=record, image=image, details=known, by=request.actor, **flags)
        return
    file = values["photo"]
    data = file.read(MAX_BYTES + 1)  # one byte more than is taken is enough to say so
    record_photos.receive(
        record=record, name=file.name or "", data=data, details=known, by=request.actor, **flags
    )


def _image(request: MemberRequest) -> Image | None:
    """Return the photo that the address names, which has to be one the member may see. In scope."""
    named = request.GET.get("image", "")
    return reads.image(request.actor, named) if named else None


def _photo(request: MemberRequest, record_id: str, photo_id: str) -> CaseRecordPhoto:
    """Return one photo of a record. In scope."""
    record = reads.record(request.actor, record_id)
    related = ("image", "record", "organization")
    found = get_or_404(CaseRecordPhoto, request.actor, photo_id, *related)
    if found.record_id != record.pk:
        raise NotFound()
    return found


def _page(
    request: MemberRequest,
    record: CaseRecord,
    form: PhotoForm,
    image: Image | None,
    photo: CaseRecordPhoto | None = None,
) -> HttpResponse:
    context = {"form": form, "record": record, "image": image, "photo": photo, "is_new": image is None}
    status = 422 if form.errors else 200
    return private(render(request, "tenant/cases/photo.html", context, status=status))
