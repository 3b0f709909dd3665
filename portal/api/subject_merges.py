"""`subjects/{id}/merge/`, `unmerge/`: who of the people in a gallery are one person."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input, PublicId
from portal.api.examples import answered, listed, sent
from portal.api.galleries import MANAGE, READ
from portal.api.pagination import page
from portal.api.subject_examples import APART, MERGE, NEW_MERGE, NEW_UNMERGE
from portal.api.subjects import SubjectOutput, named_in, subject_of
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.scope import tenant_scope
from recognition.actions import merging
from recognition.models import Face, Subject, SubjectMerge

MOST_FACES = 1_000  # chosen in one request


class MergeInput(Input):
    """Who else is this person."""

    subject = serializers.CharField(help_text="Whose faces become this subject's.")
    reason = serializers.CharField(max_length=2_000)


class MergeOutput(serializers.Serializer[Any]):
    """Two subjects said to be one person."""

    id = serializers.CharField(source="public_id")
    survivor = PublicId("sub", source="survivor_id")
    merged = PublicId("sub", source="merged_id")
    reason = serializers.CharField()
    merged_by = serializers.CharField()
    merged_at = serializers.DateTimeField()
    undone_because = serializers.CharField()
    undone_by = serializers.CharField()
    undone_at = serializers.DateTimeField(allow_null=True)


class UnmergeInput(Input):
    """Which merge was none."""

    merge = serializers.CharField()
    reason = serializers.CharField(max_length=2_000)
    faces = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        max_length=MOST_FACES,
        help_text="Faces enrolled since that go along; all others stay.",
    )


class ApartOutput(serializers.Serializer[Any]):
    """Who stands for themselves again."""

    subject = SubjectOutput()
    faces = serializers.IntegerField(help_text="That went back to them.")
    elsewhere = serializers.IntegerField(help_text="Of the merge, that were moved to others since.")


class SubjectMerges(Endpoint):
    """Who else a person is."""

    needs = {"GET": READ, "POST": MANAGE}

    @extend_schema(
        operation_id="subjects_merges",
        tags=["subjects"],
        parameters=PAGING,
        responses=paged(MergeOutput),
        examples=[listed("Merges", MERGE)],
    )
    def get(self, request: Request, gallery: str, subject: str) -> Response:
        """List the merges of a subject, those that were undone too."""
        found = subject_of(self, gallery, subject)
        with tenant_scope(self.organization):
            rows = SubjectMerge.objects.filter(Q(survivor=found) | Q(merged=found))
            return Response(page(request, rows, MergeOutput, newest_first=True))

    @extend_schema(
        operation_id="subjects_merge",
        tags=["subjects"],
        request=MergeInput,
        responses={201: MergeOutput},
        examples=[sent("Two who are one", NEW_MERGE), answered("A merge", MERGE)],
    )
    def post(self, request: Request, gallery: str, subject: str) -> Response:
        """Merge another subject of the gallery into this one.

        Its faces and the candidates that name them become this subject's, and what is enrolled under its name
        later too. `unmerge/` takes the two apart again.
        """
        survivor, values = subject_of(self, gallery, subject), self.read(MergeInput)
        with tenant_scope(self.organization):
            other = _other(self, survivor, values["subject"])
        made = merging.merge(survivor=survivor, merged=other, reason=values["reason"], by=self.by)
        return Response(MergeOutput(made).data, status=201)


class SubjectUnmerge(Endpoint):
    """Two people after all."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="subjects_unmerge",
        tags=["subjects"],
        request=UnmergeInput,
        responses=ApartOutput,
        examples=[sent("Twins", NEW_UNMERGE), answered("Apart", APART)],
    )
    def post(self, request: Request, gallery: str, subject: str) -> Response:
        """Take a merge apart: exactly what came with it goes back, whatever was enrolled or merged since."""
        found, values = subject_of(self, gallery, subject), self.read(UnmergeInput)
        with tenant_scope(self.organization):
            rows = SubjectMerge.objects.select_related("survivor").filter(survivor=found)
            merge: SubjectMerge = rows.with_public_id(values["merge"])
        chosen = [_face_key(text) for text in values.get("faces", [])]
        apart = merging.unmerge(merge=merge, reason=values["reason"], by=self.by, faces=chosen)
        with tenant_scope(self.organization):
            return Response(ApartOutput(_fresh(apart)).data)


def _other(view: Endpoint, survivor: Subject, text: str) -> Subject:
    """Return whom a request names beside a subject; one of another gallery is said to be of another."""
    rows = Subject.objects.filter(gallery__in=reach.galleries(view.by).values("pk"))
    try:
        found: Subject = rows.with_public_id(text)
    except NotFound:
        return named_in(survivor.gallery_id, text)
    return found


def _face_key(text: str) -> Any:
    try:
        return parse_public_id(Face.PREFIX, text)
    except NotFound:
        raise InvalidInput("face_not_theirs", "A chosen face is none.", field="faces") from None


def _fresh(apart: merging.Apart) -> dict[str, Any]:
    subject = Subject.objects.get(pk=apart.subject.pk)
    return {"subject": subject, "faces": apart.faces, "elsewhere": apart.elsewhere}
