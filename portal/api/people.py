"""`jobs/{id}/subjects/`: whom a search for a subject found, each person once with the best pair of faces."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.documents import PAGING, RulingBrief
from portal.api.endpoint import Endpoint
from portal.api.examples import answered
from portal.api.jobs import brief
from portal.api.pagination import sliced
from portal.api.results import NOTICE
from portal.api.subject_examples import PEOPLE
from portal.common.errors import Conflict
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import people, results
from recognition.models import Job


class PairOutput(serializers.Serializer[Any]):
    """One face of the person searched for beside one of a candidate."""

    id = serializers.CharField(help_text="Of the candidate.")
    item = serializers.CharField()
    probe = serializers.CharField(allow_null=True, help_text="The face searched for; null once it is erased.")
    face = serializers.CharField(help_text="The candidate's face.")
    similarity = serializers.FloatField()
    review = serializers.CharField(help_text="What reviewers made of it; unreviewed.")


class PersonOutput(serializers.Serializer[Any]):
    """One person who was found."""

    rank = serializers.IntegerField()
    subject = serializers.CharField(help_text="The organization's own reference.")
    subject_id = serializers.CharField()
    similarity = serializers.FloatField(help_text="Of the best pair, 0 to 100.")
    best = PairOutput()
    candidates = PairOutput(many=True, help_text="All pairs with this person, the most similar first.")


class PeopleOutput(serializers.Serializer[Any]):
    """Whom a search for a subject found."""

    job = serializers.CharField()
    threshold = serializers.FloatField()
    notice = serializers.CharField()
    ruling = RulingBrief()
    unreviewed = serializers.IntegerField(help_text="Left out: reviewers have to judge them first.")
    items = PersonOutput(many=True)
    next = serializers.CharField(allow_null=True)


class JobSubjects(Endpoint):
    """Whom a search for a subject found."""

    needs = {"GET": (Permission.VIEW_RESULTS,)}

    @extend_schema(
        operation_id="jobs_subjects",
        tags=["jobs"],
        parameters=PAGING,
        responses=PeopleOutput,
        examples=[answered("People", PEOPLE)],
    )
    def get(self, request: Request, job: str) -> Response:
        """Return whom a search for a subject found: one list, each person once, the most similar first.

        Each page passes the release gate. Every pair of faces stands in the job's `results/` too.
        """
        with tenant_scope(self.organization):
            found: Job = reach.jobs(self.by).with_public_id(job)
        if not found.of_subject:
            sentence = "This job searches with photos, which may show several people. Read its results."
            raise Conflict("not_of_subject", sentence)
        ruling = results.open_results(job=found, by=self.by)
        made = people.of_job(found, ruling, by=self.by)
        head = {"job": found.public_id, "threshold": found.threshold, "notice": NOTICE}
        told = {"ruling": brief(ruling), "unreviewed": made["unreviewed"]}
        return Response(head | told | sliced(request, made["people"]))
