"""One person of a gallery: faces, names, merges, and how each came about."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.common.moments import day_in_words
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads, subject_histories
from portal.web.forms.errors import shown_on
from portal.web.forms.records import LinkForm
from portal.web.forms.subjects import MergeForm, MoveForm, RenameForm, UnmergeForm
from portal.web.guards import MemberRequest, member_view
from portal.web.paging import page_of
from recognition.actions import merging, subjects
from recognition.models import Face, FaceMove, Subject, SubjectMerge

FACES_ON_A_PAGE = 24
FACES_BESIDE = 3  # of each person, before a merge
SINCE_SHOWN = 100
_MANAGE = Permission.MANAGE_GALLERIES


@member_view()
def detail(request: MemberRequest, gallery_id: str, subject_id: str) -> HttpResponse:
    """Show one person of a gallery with the faces that are enrolled, and who else they are."""
    found = reads.subject(request.actor, gallery_id, subject_id)
    context = {
        "subject": found,
        "gallery": found.gallery,
        "page": page_of(request, _faces(found), size=FACES_ON_A_PAGE),
        "link_form": LinkForm(),
        "merges": _merges(found),
        "history": subject_histories.of(found, request.organization),
    }
    return render(request, "tenant/subjects/detail.html", context)


@member_view(methods=("GET", "POST"), permission=_MANAGE)
def rename(request: MemberRequest, gallery_id: str, subject_id: str) -> HttpResponse:
    """Give a person another name."""
    if request.method != "POST":
        found = reads.subject(request.actor, gallery_id, subject_id)
        return _page(request, "rename", RenameForm(initial={"name": found.name}), subject=found)
    found, form = reads.subject_to_change(request.actor, gallery_id, subject_id), RenameForm(request.POST)
    if form.is_valid():
        with shown_on(form, field="name"):
            renamed = subjects.rename(subject=found, name=form.cleaned_data["name"], by=request.actor)
            messages.success(request, f"This person is called {renamed} now.")
            return redirect("subject", gallery_id, subject_id)
    return _page(request, "rename", form, subject=found)


@member_view(methods=("GET", "POST"), permission=_MANAGE)
def merge(request: MemberRequest, gallery_id: str, subject_id: str) -> HttpResponse:
    """Say who else a person is: first both are shown, then (`confirmed`) they are merged."""
    if request.method != "POST":
        found = reads.subject(request.actor, gallery_id, subject_id)
        return _page(request, "merge", MergeForm(), subject=found)
    with tenant_scope(request.organization):
        found = reads.subject(request.actor, gallery_id, subject_id)
        form = MergeForm(request.POST)
        other = _meant(found, form) if form.is_valid() else None
        beside = [_beside(found), _beside(other)] if other else []
    if other and request.POST.get("confirmed") == other.public_id:
        with shown_on(form, field="name"):
            merging.merge(survivor=found, merged=other, reason=form.cleaned_data["reason"], by=request.actor)
            messages.success(request, f"{other} is {found} now. You can take them apart again at any time.")
            return redirect("subject", gallery_id, subject_id)
    return _page(request, "merge", form, subject=found, other=other, beside=beside)


@member_view(methods=("GET", "POST"), permission=_MANAGE, scoped=False)
def unmerge(request: MemberRequest, gallery_id: str, merge_id: str) -> HttpResponse:
    """Take two people apart who were merged."""
    with tenant_scope(request.organization):
        made = _merge(request, gallery_id, merge_id)
        came = FaceMove.objects.filter(merge=made, went_to=made.survivor, face__subject=made.survivor)
        context = {"merge": made, "since": _since(made), "count": came.count()}
    choices = [(face.public_id, _called(face)) for face in context["since"]]
    form = UnmergeForm(request.POST or None, since=choices)
    if request.method == "POST" and form.is_valid():
        chosen = [parse_public_id(Face.PREFIX, text) for text in form.cleaned_data.get("faces", [])]
        with shown_on(form):
            merging.unmerge(merge=made, reason=form.cleaned_data["reason"], by=request.actor, faces=chosen)
            messages.success(request, f"{made.merged} and {made.survivor} are two people again.")
            return redirect("subject", gallery_id, made.merged.public_id)
    return _page(request, "unmerge", form, subject=made.survivor, **context)


@member_view(methods=("GET", "POST"), permission=_MANAGE, scoped=False)
def move_face(request: MemberRequest, gallery_id: str, face_id: str) -> HttpResponse:
    """Say that a face shows somebody else."""
    with tenant_scope(request.organization):
        face = _face(request, gallery_id, face_id)
        form = MoveForm(request.POST or None)
        sent = request.method == "POST" and form.is_valid()
        to = Subject.objects.meant_by(face.gallery, [name]) if sent and (name := _name(form)) else {}
    if sent:
        with shown_on(form, field="name"):
            reason = form.cleaned_data["reason"]
            owner = subjects.move_face(
                face=face, to=to.get(_name(form), _name(form)), reason=reason, by=request.actor
            )
            messages.success(request, f"The face shows {owner} now.")
            return redirect("subject", gallery_id, owner.public_id)
    return _page(request, "move_face", form, subject=face.subject, face=face)


def _faces(found: Subject) -> QuerySet[Face]:
    rows: QuerySet[Face] = Face.objects.filter(subject=found).select_related("image").defer("template")
    return rows.order_by("pk")


def _merges(found: Subject) -> QuerySet[SubjectMerge]:
    """Return the merges in force that a person had part in; of one that was merged away, that one."""
    rows: QuerySet[SubjectMerge] = SubjectMerge.objects.in_force().filter(Q(survivor=found) | Q(merged=found))
    return rows.select_related("survivor", "merged").order_by("pk")


def _merge(request: MemberRequest, gallery_id: str, merge_id: str) -> SubjectMerge:
    """Return a merge of a gallery that the member may see.

    Raises:
        NotFound: There is none of this id in it.
    """
    made = get_or_404(SubjectMerge, request.actor, merge_id, "gallery", "survivor", "merged")
    if made.gallery_id != reads.gallery(request.actor, gallery_id).pk:
        raise NotFound()
    made.survivor.gallery = made.gallery
    return made


def _face(request: MemberRequest, gallery_id: str, face_id: str) -> Face:
    """Return an enrolled face of a gallery that the member may see.

    Raises:
        NotFound: There is none of this id in it.
    """
    face = get_or_404(Face, request.actor, face_id, "gallery", "subject", "image")
    if face.gallery_id != reads.gallery(request.actor, gallery_id).pk:
        raise NotFound()
    face.subject.gallery = face.gallery
    return face


def _since(made: SubjectMerge) -> list[Face]:
    """Return the survivor's faces that were enrolled after a merge, the newest first."""
    rows = _faces(made.survivor).filter(created_at__gt=made.merged_at)
    return list(rows.order_by("-pk")[:SINCE_SHOWN])


def _called(face: Face) -> str:
    return f"{face.image.name or 'A photo'}, {day_in_words(face.created_at)}"


def _name(form: MoveForm) -> str:
    return str(form.cleaned_data["name"]).strip()


def _meant(found: Subject, form: MergeForm) -> Subject | None:
    """Return whom the form names; where it is nobody who can be merged, the form says so."""
    name = form.cleaned_data["name"].strip()
    other = Subject.objects.meant_by(found.gallery, [name]).get(name)
    if other is None:
        form.add_error("name", f"Nobody in this gallery is called {name}.")
    elif other.pk == found.pk:
        form.add_error("name", f"{name} is this person already.")
        return None
    return other


def _beside(found: Subject) -> dict[str, Any]:
    rows = _faces(found)
    return {"subject": found, "faces": list(rows[:FACES_BESIDE]), "count": rows.count()}


def _page(request: MemberRequest, name: str, form: Any, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, f"tenant/subjects/{name}.html", {"form": form, **context}, status=status)
