"""`galleries/{id}/subjects/`: the people in a gallery, who of them are one person, and their history."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.documents import PAGING, Receipt, paged
from portal.api.endpoint import Endpoint, Input, PublicId
from portal.api.examples import RECEIPT, answered, listed, sent
from portal.api.galleries import ERASE, MANAGE, READ
from portal.api.pagination import page
from portal.api.subject_examples import FACE_MOVE, NEW_SUBJECT, SUBJECT
from portal.common.errors import InvalidInput, NotFound
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, subjects
from recognition.actions.orders import LONGEST_SUBJECT
from recognition.models import FaceMove, Gallery, Subject
from recognition.models.galleries import listed_subjects


class SubjectInput(Input):
    """Whom a subject is."""

    name = serializers.CharField(max_length=LONGEST_SUBJECT, help_text="The organization's own reference.")


class SubjectOutput(serializers.Serializer[Any]):
    """One person in a gallery."""

    id = serializers.CharField(source="public_id")
    user_id = serializers.SerializerMethodField(
        help_text="In the Rekognition interface: its own id where none was given; null where it is no user."
    )
    name = serializers.CharField(help_text="The organization's own reference.")
    case = PublicId("cre", source="record_id", allow_null=True)
    merged_into = PublicId("sub", source="merged_into_id", allow_null=True)
    created_at = serializers.DateTimeField()

    def get_user_id(self, subject: Subject) -> str | None:
        return subject.wire_id if subject.is_user else None


class FaceMoveOutput(serializers.Serializer[Any]):
    """A face that went from one subject to another."""

    id = serializers.CharField(source="public_id")
    face = PublicId("fac", source="face_id")
    came_from = PublicId("sub", source="came_from_id")
    went_to = PublicId("sub", source="went_to_id")
    merge = PublicId("mrg", source="merge_id", allow_null=True)
    reason = serializers.CharField()
    moved_by = serializers.CharField()
    moved_at = serializers.DateTimeField()


class Subjects(Endpoint):
    """The people in a gallery."""

    needs = {"GET": READ, "POST": MANAGE}

    @extend_schema(
        operation_id="subjects_list",
        tags=["subjects"],
        parameters=[
            *PAGING,
            OpenApiParameter("name", str, description="Only the one with this name, merged away or not."),
            OpenApiParameter("user_id", str, description="Only the one that Rekognition calls so."),
        ],
        responses=paged(SubjectOutput),
        examples=[listed("Subjects", SUBJECT)],
    )
    def get(self, request: Request, gallery: str) -> Response:
        """List the subjects of a gallery, without those that were merged into another."""
        with tenant_scope(self.organization):
            found = reach.gallery(self.by, gallery)
            rows = listed_subjects().filter(gallery=found)
            if name := request.query_params.get("name"):
                rows = Subject.objects.filter(gallery=found).called(name)
            if (user_id := request.query_params.get("user_id")) is not None:
                rows = rows.with_user_id(user_id)
            return Response(page(request, rows, SubjectOutput))

    @extend_schema(
        operation_id="subjects_create",
        tags=["subjects"],
        request=SubjectInput,
        responses={201: SubjectOutput},
        examples=[sent("A person", NEW_SUBJECT), answered("A subject", SUBJECT)],
    )
    def post(self, request: Request, gallery: str) -> Response:
        """Make a subject without a face. Enrolling a photo under a new name does so by itself."""
        found, values = gallery_of(self, gallery), self.read(SubjectInput)
        return Response(SubjectOutput(subjects.create(gallery=found, by=self.by, **values)).data, status=201)


class SubjectDetail(Endpoint):
    """One person in a gallery."""

    needs = {"GET": READ, "PATCH": MANAGE, "DELETE": ERASE}

    @extend_schema(
        operation_id="subjects_read",
        tags=["subjects"],
        responses=SubjectOutput,
        examples=[answered("A subject", SUBJECT)],
    )
    def get(self, request: Request, gallery: str, subject: str) -> Response:
        """Return a subject; one that was merged away says into whom."""
        return Response(SubjectOutput(subject_of(self, gallery, subject)).data)

    @extend_schema(
        operation_id="subjects_rename",
        tags=["subjects"],
        request=SubjectInput,
        responses=SubjectOutput,
        examples=[sent("Another name", NEW_SUBJECT), answered("A subject", SUBJECT)],
    )
    def patch(self, request: Request, gallery: str, subject: str) -> Response:
        """Rename a subject. Photos of theirs that wait to be enrolled follow."""
        found, values = subject_of(self, gallery, subject), self.read(SubjectInput)
        return Response(SubjectOutput(subjects.rename(subject=found, by=self.by, **values)).data)

    @extend_schema(
        operation_id="subjects_erase",
        tags=["subjects"],
        responses={200: Receipt},
        examples=[answered("A receipt", RECEIPT)],
    )
    def delete(self, request: Request, gallery: str, subject: str) -> Response:
        """Erase a person: faces, templates, candidates, photos used for nothing else, and all their names."""
        found = subject_of(self, gallery, subject)
        return Response(Receipt(erasure.erase_subject(subject=found, by=self.by)).data)


class SubjectHistory(Endpoint):
    """Which faces came from where."""

    needs = {"GET": READ}

    @extend_schema(
        operation_id="subjects_history",
        tags=["subjects"],
        parameters=PAGING,
        responses=paged(FaceMoveOutput),
        examples=[listed("Moves of faces", FACE_MOVE)],
    )
    def get(self, request: Request, gallery: str, subject: str) -> Response:
        """List the faces that came to a subject and left them, the newest move first."""
        with tenant_scope(self.organization):
            found = _subject(self, gallery, subject)
            rows = FaceMove.objects.filter(Q(came_from=found) | Q(went_to=found))
            return Response(page(request, rows, FaceMoveOutput, newest_first=True))


def gallery_of(view: Endpoint, gallery: str) -> Gallery:
    """Return a gallery for an action, which opens its own scope.

    Raises:
        NotFound: There is none of this id in the key's reach.
    """
    with tenant_scope(view.organization):
        return reach.gallery(view.by, gallery)


def subject_of(view: Endpoint, gallery: str, subject: str) -> Subject:
    """Return a subject for an action, which opens its own scope.

    Raises:
        NotFound: There is none of this id in the gallery.
    """
    with tenant_scope(view.organization):
        return _subject(view, gallery, subject)


def named_in(gallery: Gallery | Any, text: str) -> Subject:
    """Return the subject that a request's body names, in the scope in force.

    Raises:
        InvalidInput: `unknown_subject`.
    """
    try:
        found: Subject = Subject.objects.filter(gallery=gallery).with_public_id(text)
    except NotFound:
        sentence = "There is no such subject in this gallery."
        raise InvalidInput("unknown_subject", sentence, field="subject") from None
    return found


def _subject(view: Endpoint, gallery: str, subject: str) -> Subject:
    rows = Subject.objects.filter(gallery=reach.gallery(view.by, gallery)).select_related("gallery")
    found: Subject = rows.with_public_id(subject)
    return found
