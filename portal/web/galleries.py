"""Galleries: the list, one of them with its subjects, who may use it, and erasure with a receipt."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.policy.vocabulary import ImageSource
from compliance.standing import determination_in_force
from portal.audit.models import Event
from portal.common.errors import NotFound
from portal.common.ids import public_id
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Permission, Role
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.galleries import GalleryChangeForm, GalleryForm, GrantForm, change_initial
from portal.web.guards import MemberRequest, member_view
from portal.web.members import member_of
from portal.web.names import name_of
from portal.web.paging import page_of
from portal.web.templatetags.countenance import words
from recognition import grants
from recognition.actions import galleries
from recognition.models import Face, Gallery, GalleryUserObjectPermission, Image, Subject
from recognition.models.galleries import listed_subjects

SHOWN_TAGS = 20
SUBJECTS_ON_A_PAGE = 24
MOST_CHOICES = 200
_ERASURES = ("subject.erased", "gallery.deleted", "record.erased")


@member_view()
def index(request: MemberRequest) -> HttpResponse:
    """List the galleries that the member may see."""
    page = page_of(request, reads.galleries(request.actor).with_counts().order_by("name", "pk"))
    context = {"page": page, "granted": bool(page.rows) or bool(_granted(request.organization))}
    return render(request, "tenant/galleries/index.html", context)


@member_view(methods=("GET", "POST"), permission=Permission.MANAGE_GALLERIES)
def create(request: MemberRequest) -> HttpResponse:
    """Make a gallery."""
    if request.method != "POST":
        return _render_create(request, GalleryForm(granted=_granted(request.organization)))
    with tenant_scope(request.organization):
        granted = _granted(request.organization)
    form = GalleryForm(request.POST, granted=granted)
    if form.is_valid():
        with shown_on(form):
            made = galleries.create(organization=request.organization, by=request.actor, **form.cleaned_data)
            return redirect("gallery", made.public_id)
    return _render_create(request, form)


@member_view()
def detail(request: MemberRequest, gallery_id: str) -> HttpResponse:
    """Show one gallery: what it is for, who is in it, who may use it."""
    gallery = reads.gallery(request.actor, gallery_id)
    page = page_of(request, _subjects(gallery), size=SUBJECTS_ON_A_PAGE)
    context = {
        "gallery": gallery,
        "page": page,
        "cards": [_subject_card(subject) for subject in page.rows],
        "face_count": Face.objects.filter(gallery=gallery).count(),
        "subject_count": listed_subjects().filter(gallery=gallery).count(),
        "facts": _facts(gallery, request.organization),
    }
    if request.actor.may(Permission.MANAGE_MEMBERS):
        context |= _grant_context(gallery, request)
    return render(request, "tenant/galleries/detail.html", context)


@member_view(methods=("GET", "POST"), permission=Permission.MANAGE_GALLERIES)
def change(request: MemberRequest, gallery_id: str) -> HttpResponse:
    """Change name, legal basis, owner or retention."""
    if request.method != "POST":
        gallery = reads.gallery(request.actor, gallery_id)
        return _render_change(request, gallery, GalleryChangeForm(initial=change_initial(gallery)))
    gallery = reads.gallery_to_change(request.actor, gallery_id)
    form = GalleryChangeForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            galleries.change(gallery=gallery, by=request.actor, **form.cleaned_data)
            messages.success(request, "The gallery was changed.")
            return redirect("gallery", gallery.public_id)
    return _render_change(request, gallery, form)


@member_view(methods=("POST",), permission=Permission.MANAGE_MEMBERS)
def grant(request: MemberRequest, gallery_id: str) -> HttpResponse:
    """Let a member use the gallery, or take the right away (`action=withdraw`)."""
    gallery = reads.gallery_to_change(request.actor, gallery_id)
    member = member_of(request.organization, request.POST.get("member", ""))
    if request.POST.get("action") == "withdraw":
        grants.take(gallery=gallery, member=member, by=request.actor)
        messages.success(request, f"{member.user} cannot use this gallery any more.")
    else:
        grants.give(gallery=gallery, member=member, by=request.actor)
        messages.success(request, f"{member.user} can enroll into and search this gallery.")
    return redirect("gallery", gallery.public_id)


@member_view()
def receipt(request: MemberRequest, event_id: str) -> HttpResponse:
    """Show what an erasure destroyed, for as long as the trail exists."""
    rows = Event.objects.filter(organization=str(request.organization.pk), verb__in=_ERASURES)
    event = rows.filter(pk=event_id).first()
    if event is None:
        raise NotFound()
    context = {"event": event, "actor_name": name_of(event.actor, request.organization)}
    return render(request, "tenant/galleries/receipt.html", context)


def _granted(organization: Organization) -> list[str]:
    """Return the purposes of the determination in force. In scope."""
    found = determination_in_force(organization)
    return list(found.kept_grants().values_list("purpose", flat=True)) if found else []


def _render_create(request: MemberRequest, form: GalleryForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "tenant/galleries/create.html", {"form": form}, status=status)


def _render_change(request: MemberRequest, gallery: Gallery, form: GalleryChangeForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "tenant/galleries/change.html", {"form": form, "gallery": gallery}, status=status)


def _subjects(gallery: Gallery) -> QuerySet[Subject]:
    """Return subjects with the number of their faces and the first of them, in one query."""
    faces = Face.objects.filter(subject=OuterRef("pk")).order_by("pk")
    number = faces.order_by().values("subject").annotate(number=Count("pk")).values("number")
    rows: QuerySet[Subject] = listed_subjects().filter(gallery=gallery)
    return rows.order_by("name", "pk").annotate(
        faces=Subquery(number),
        face_id=Subquery(faces.values("pk")[:1]),
        photo_id=Subquery(faces.values("image")[:1]),
    )


def _subject_card(subject: Any) -> dict[str, Any]:
    return {
        "name": "Not named" if subject.is_unnamed else subject.name,
        "id": subject.public_id,
        "faces": subject.faces or 0,
        "face": public_id(Face.PREFIX, subject.face_id) if subject.face_id else "",
        "photo": public_id(Image.PREFIX, subject.photo_id) if subject.photo_id else "",
    }


def _facts(gallery: Gallery, organization: Organization) -> list[dict[str, Any]]:
    return [
        {"key": "Purpose", "value": words(gallery.purpose)},
        {"key": "Legal basis", "value": gallery.legal_basis},
        {"key": "Owner", "value": gallery.owner},
        {"key": "Retention", "value": f"{gallery.retention_days} days after enrollment"},
        {"key": "Photos come from", "value": ImageSource(gallery.image_source).label},
        {
            "key": "People live in",
            "value": ", ".join(gallery.jurisdictions) or "As the determination says",
        },
        {"key": "Model", "value": gallery.pipeline or "Chosen with the first enrolled face"},
        {"key": "Made by", "value": name_of(gallery.created_by, organization)},
        {"key": "Collection id", "value": gallery.wire_id},
        *([{"key": "Tags", "value": _tags(gallery)}] if gallery.tags else []),
    ]


def _tags(gallery: Gallery) -> str:
    shown = [f"{name}: {value}" for name, value in sorted(gallery.tags.items())]
    more = len(shown) - SHOWN_TAGS
    return ", ".join(shown[:SHOWN_TAGS]) + (f", and {more} more" if more > 0 else "")


def _grant_context(gallery: Gallery, request: MemberRequest) -> dict[str, Any]:
    """Return who has a grant and who could get one; roles that see every gallery need none."""
    given = GalleryUserObjectPermission.objects.filter(content_object=gallery).values("user")
    analysts = Membership.objects.filter(
        organization=request.organization, role=Role.ANALYST, ended_at=None
    ).select_related("user")
    page = page_of(request, analysts.filter(user__in=given).order_by("pk"), parameter="members")
    others = analysts.exclude(user__in=given).order_by("pk")[:MOST_CHOICES]
    choices = [(member.public_id, str(member.user)) for member in others]
    return {"granted": page, "grant_form": GrantForm(members=choices) if choices else None}
