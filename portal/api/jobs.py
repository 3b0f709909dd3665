"""`jobs/`: batches. Each is ruled on before anything looks at a face, and the answer carries the ruling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.models import RulingRecord
from portal.api import orders, reach
from portal.api.documents import PAGING, RulingBrief, paged
from portal.api.endpoint import Endpoint, PublicId
from portal.api.examples import (
    BRIEF,
    ITEM,
    JOB,
    NEW_COMPARISON,
    NEW_ENROLLMENT,
    NEW_SEARCH,
    SUBMITTED,
    answered,
    listed,
    sent,
    uploaded,
)
from portal.api.orders import JobInput
from portal.api.pagination import page
from portal.api.permissions import require_scope
from portal.api.progress import JobOutput, described
from portal.api.result_documents import DRY_RUN
from portal.api.subject_examples import NEW_SUBJECT_SEARCH
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import archives
from recognition.actions import imports, jobs, previews, searches
from recognition.actions.images import Photo, Received
from recognition.actions.imports import File, How
from recognition.actions.orders import Order
from recognition.manifests import Manifest
from recognition.models import Item, Job, JobKind, JobStatus
from recognition.models.jobs import HOLD_REASONS

_SUBMIT = (Permission.SUBMIT_JOBS,)
_READ = (Permission.SUBMIT_JOBS, Permission.VIEW_RESULTS)


class JobBrief(serializers.Serializer[Any]):
    """A job in a list."""

    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    status = serializers.CharField(source="state")
    gallery = PublicId("gal", source="gallery_id", allow_null=True)
    subject = PublicId("sub", source="subject_id", allow_null=True)
    purpose = serializers.CharField()
    total = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class SecondOutput(serializers.Serializer[Any]):
    """The second photo of a pair."""

    image = PublicId("img", source="second_id")
    name = serializers.CharField(source="second.name")
    reason = serializers.CharField(source="second_reason", help_text="Reason code, where there is one.")
    faces = serializers.IntegerField(source="second_faces")

    def to_representation(self, instance: Any) -> Any:
        """Return nothing for an item of one photo."""
        return super().to_representation(instance) if instance.second_id else None


class ItemOutput(serializers.Serializer[Any]):
    """One photo or pair of a job."""

    id = serializers.CharField(source="public_id")
    position = serializers.IntegerField()
    image = PublicId("img", source="image_id")
    name = serializers.CharField(source="image.name")
    subject = serializers.CharField(source="subject_name")
    status = serializers.CharField(help_text="waiting, done or failed")
    reason = serializers.CharField(help_text="Reason code, where there is one.")
    faces = serializers.IntegerField(help_text="Faces found in the photo.")
    second = SecondOutput(source="*", help_text="Of a comparison; null for any other kind.", allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)


class FileOutput(serializers.Serializer[Any]):
    """What would come of one file or pair of an upload."""

    name = serializers.CharField()
    outcome = serializers.CharField(help_text="accepted, or the reason code why not.")
    subject = serializers.CharField(help_text="Whom it would be an enrollment of.")
    second = serializers.CharField(help_text="What it would be compared with.")
    taken = serializers.CharField(help_text="When it was taken, as the manifest states it.")


class DryRunOutput(serializers.Serializer[Any]):
    """What would come of an upload."""

    dry_run = serializers.BooleanField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Files by outcome.")
    files = FileOutput(many=True)


class SubmittedOutput(JobOutput):
    """A new job with its ruling."""

    ruling = RulingBrief()


class Jobs(Endpoint):
    """All jobs of the key's purpose and end user."""

    parser_classes = (JSONParser, MultiPartParser)
    needs = {"GET": _READ, "POST": _SUBMIT}

    @extend_schema(
        operation_id="jobs_list",
        tags=["jobs"],
        parameters=[
            *PAGING,
            OpenApiParameter("status", str, description="Only jobs in this state: `held`, `held:policy`, …"),
        ],
        responses=paged(JobBrief),
        examples=[listed("Jobs", BRIEF)],
    )
    def get(self, request: Request) -> Response:
        """List jobs, the newest first."""
        with tenant_scope(self.organization):
            rows = _in_state(reach.jobs(self.by), request.query_params.get("status", ""))
            return Response(page(request, rows, JobBrief, newest_first=True))

    @extend_schema(
        operation_id="jobs_submit",
        tags=["jobs"],
        request={"application/json": JobInput, "multipart/form-data": JobInput},
        responses={200: DryRunOutput, 201: SubmittedOutput},
        examples=[
            sent("Search for a missing child", NEW_SEARCH),
            sent("Search for somebody who is enrolled", NEW_SUBJECT_SEARCH),
            sent("Compare pairs of photos", NEW_COMPARISON),
            uploaded("Enroll photos of a folder", NEW_ENROLLMENT),
            answered("A job", SUBMITTED, status=201),
            answered("A dry run", DRY_RUN, status=200),
        ],
    )
    def post(self, request: Request) -> Response:
        """Submit a job.

        200: with `dry_run`, what would come of each file; nothing was kept or ruled on.
        201: cleared and queued, or referred and waiting for approval (`ruling.outcome` says which).
        403: refused by a rule; the job is kept as refused, `decision` is the id of the ruling.
        """
        values = self.read(JobInput)
        order = orders.order_of(values, self.caller)
        files = orders.files_of(values)
        if files:
            require_scope(self.caller, Permission.UPLOAD)
        if values["dry_run"]:
            return Response(self._examined(order, files, values["subject_from"]))
        job = self._submitted(values, order, files)
        with tenant_scope(self.organization):
            return Response(SubmittedOutput(_with_ruling(job)).data, status=201)

    def _submitted(self, values: Mapping[str, Any], order: Order, files: list[File]) -> Job:
        whose: dict[str, Any] = {"organization": self.organization, "order": order, "by": self.by}
        if order.subject is not None:
            return searches.submit(**whose)
        submit = jobs.submit_fresh if files else jobs.submit
        return submit(received=self._received(values, files), **whose)

    def _examined(self, order: Order, files: list[File], subject_from: str) -> dict[str, Any]:
        how = How(order.kind, subject_from)
        rows = previews.examine(
            organization=self.organization, files=files, how=how, gallery=order.gallery, by=self.by
        )
        return {
            "dry_run": True,
            "counts": previews.counted(rows),
            "files": FileOutput(rows, many=True).data,
        }

    def _received(self, values: Mapping[str, Any], files: list[File]) -> Received:
        how = values["subject_from"]
        if files:
            return imports.receive(
                organization=self.organization, files=files, how=How(JobKind(values["kind"]), how), by=self.by
            )
        if pairs := values.get("pairs"):
            return Received(orders.pairs_of(pairs, self.caller))
        named = values.get("subjects", {})
        found = orders.photos_of(values["images"], self.caller)
        return Received(
            [
                Photo(image, named.get(image.public_id) or archives.subject_of(image.name, how, Manifest()))
                for image in found
            ]
        )


class JobDetail(Endpoint):
    """One job."""

    needs = {"GET": _READ}

    @extend_schema(
        operation_id="jobs_read", tags=["jobs"], responses=JobOutput, examples=[answered("A job", JOB)]
    )
    def get(self, request: Request, job: str) -> Response:
        """Return how far a job is, under which threshold and rulings."""
        with tenant_scope(self.organization):
            return Response(JobOutput(described(reach.jobs(self.by).with_public_id(job))).data)


class JobItems(Endpoint):
    """The photos of one job."""

    needs = {"GET": _READ}

    @extend_schema(
        operation_id="jobs_items",
        tags=["jobs"],
        parameters=PAGING,
        responses=paged(ItemOutput),
        examples=[listed("Photos of a job", ITEM)],
    )
    def get(self, request: Request, job: str) -> Response:
        """List a job's photos with their reason codes. What was found in them stands in the results."""
        with tenant_scope(self.organization):
            found = reach.jobs(self.by).with_public_id(job)
            rows = Item.objects.filter(job=found).select_related("image", "second")
            return Response(page(request, rows, ItemOutput, by="position"))


def _in_state(rows: Any, state: str) -> Any:
    """Return jobs in a state, all of them where none is named.

    Raises:
        InvalidInput: `status_unknown`.
    """
    if not state:
        return rows
    status, _, reason = state.partition(":")
    if status not in JobStatus.values or (reason and reason not in HOLD_REASONS):
        known = ", ".join(JobStatus.values)
        raise InvalidInput("status_unknown", f"Known states: {known}, held:policy, …", field="status")
    rows = rows.filter(status=status)
    return rows.filter(held_reason=reason) if reason else rows


def _with_ruling(job: Job) -> dict[str, Any]:
    found = Job.objects.get(pk=job.pk)
    ruling = RulingRecord.objects.with_public_id(found.ruling)
    return described(found) | {"ruling": brief(ruling)}


def brief(ruling: RulingRecord) -> dict[str, Any]:
    """Return what a ruling said, as refusals say it."""
    return {
        "id": ruling.public_id,
        "outcome": ruling.outcome,
        "rule": ruling.rule,
        "sentence": ruling.sentence,
        "remedy": ruling.remedy,
        "source": ruling.source.get("document", ""),
    }
