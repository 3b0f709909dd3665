"""`cases/{id}/subjects/`: the people in galleries who are the one of a case."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.cases import MANAGE, READ, find
from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import answered, listed, sent
from portal.api.pagination import page
from portal.api.subject_examples import SUBJECT
from portal.api.subjects import SubjectOutput
from portal.tenancy.scope import tenant_scope
from recognition.actions import records
from recognition.models import Subject


class LinkInput(Input):
    """A person in a gallery who is the one of the case."""

    gallery = serializers.CharField()
    subject = serializers.CharField()


class CaseSubjects(Endpoint):
    """The people in galleries who are the one of a case."""

    needs = {"GET": READ, "POST": MANAGE}

    @extend_schema(
        operation_id="cases_subjects",
        tags=["cases"],
        parameters=PAGING,
        responses=paged(SubjectOutput),
        examples=[listed("Subjects", SUBJECT)],
    )
    def get(self, request: Request, case: str) -> Response:
        """List the subjects that are linked to a case record."""
        with tenant_scope(self.organization):
            rows = Subject.objects.filter(record=reach.case(self.by, case))
            return Response(page(request, rows, SubjectOutput))

    @extend_schema(
        operation_id="cases_link",
        tags=["cases"],
        request=LinkInput,
        responses={201: SubjectOutput},
        examples=[
            sent("A subject", {"gallery": "gal_01k9", "subject": "sub_01k9"}),
            answered("A subject of the case", SUBJECT),
        ],
    )
    def post(self, request: Request, case: str) -> Response:
        """Link a subject: when the person is found, they are erased from the gallery too."""
        record = find(self, case)
        values = self.read(LinkInput)
        with tenant_scope(self.organization):
            rows = Subject.objects.filter(gallery=reach.gallery(self.by, values["gallery"]))
            subject: Subject = rows.with_public_id(values["subject"])
        records.link(subject=subject, record=record, by=self.by)
        return Response(SubjectOutput(subject).data, status=201)


class CaseSubject(Endpoint):
    """One person in a gallery who is linked to a case."""

    needs = {"DELETE": MANAGE}

    @extend_schema(operation_id="cases_unlink", tags=["cases"], responses={204: None})
    def delete(self, request: Request, case: str, subject: str) -> Response:
        """Unlink a subject that is not the person of the case. Nothing is erased."""
        with tenant_scope(self.organization):
            rows = Subject.objects.filter(record=reach.case(self.by, case))
            linked: Subject = rows.with_public_id(subject)
        records.unlink(subject=linked, by=self.by)
        return Response(status=204)
