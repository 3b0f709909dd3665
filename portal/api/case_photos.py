"""`cases/{id}/photos/`: photos of a person with when they were taken, as far as anybody knows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.case_examples import CASE_PHOTO, NEW_CASE_PHOTO
from portal.api.cases import MANAGE, READ, find
from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input, PublicId
from portal.api.examples import answered, listed, sent
from portal.api.pagination import page
from portal.common.errors import InvalidInput, NotFound
from portal.tenancy.scope import tenant_scope
from recognition.actions import record_photos, records
from recognition.actions.record_photos import LONGEST_NOTE
from recognition.ages import age_at
from recognition.details import PhotoDetails
from recognition.models import CaseRecordPhoto, Image

_TAKEN = "Day or year, such as 2014-03-07 or 2014; empty: nobody knows."


class PhotoChange(Input):
    """What is known of a photo."""

    taken = serializers.CharField(max_length=10, required=False, allow_blank=True, help_text=_TAKEN)
    note = serializers.CharField(max_length=LONGEST_NOTE, required=False, allow_blank=True)
    edited = serializers.BooleanField(required=False)
    age_progressed = serializers.BooleanField(required=False)


class PhotoInput(PhotoChange):
    """A photo to add."""

    image = serializers.CharField(help_text="Id of an uploaded photo, see images/.")


class PhotoOutput(serializers.Serializer[Any]):
    """A photo of a case record."""

    id = serializers.CharField(source="public_id")
    image = PublicId("img", source="image_id")
    taken = serializers.SerializerMethodField(help_text=_TAKEN)
    age_years = serializers.SerializerMethodField(help_text="From, to; null where a date is missing.")
    note = serializers.SerializerMethodField()
    edited = serializers.BooleanField()
    age_progressed = serializers.BooleanField()
    added_at = serializers.DateTimeField()

    def get_taken(self, photo: CaseRecordPhoto) -> str:
        return record_photos.details_of(photo).taken

    def get_note(self, photo: CaseRecordPhoto) -> str:
        return record_photos.details_of(photo).note

    def get_age_years(self, photo: CaseRecordPhoto) -> list[int] | None:
        taken, born = record_photos.details_of(photo).taken_span, records.details_of(photo.record).born_span
        age = age_at(born, taken) if taken and born else None
        return [age.low, age.high] if age else None


class CasePhotos(Endpoint):
    """The photos of a case record."""

    needs = {"GET": READ, "POST": MANAGE}

    @extend_schema(
        operation_id="case_photos_list",
        tags=["cases"],
        parameters=PAGING,
        responses=paged(PhotoOutput),
        examples=[listed("Photos of a case", CASE_PHOTO)],
    )
    def get(self, request: Request, case: str) -> Response:
        """List the photos of a case record."""
        with tenant_scope(self.organization):
            return Response(page(request, _photos(self, case), PhotoOutput))

    @extend_schema(
        operation_id="case_photos_add",
        tags=["cases"],
        request=PhotoInput,
        responses={201: PhotoOutput},
        examples=[sent("A photo from school", NEW_CASE_PHOTO), answered("A photo of a case", CASE_PHOTO)],
    )
    def post(self, request: Request, case: str) -> Response:
        """Add an uploaded photo. Its day then stands wherever the same photo is compared."""
        record = find(self, case)
        values = self.read(PhotoInput)
        made = record_photos.add(
            record=record,
            image=_image(self, values["image"]),
            details=PhotoDetails(taken=values.get("taken", ""), note=values.get("note", "")),
            edited=values.get("edited", False),
            age_progressed=values.get("age_progressed", False),
            by=self.by,
        )
        return Response(_described(self, case, made.public_id), status=201)


class CasePhoto(Endpoint):
    """One photo of a case record."""

    needs = {"PATCH": MANAGE, "DELETE": MANAGE}

    @extend_schema(
        operation_id="case_photos_change",
        tags=["cases"],
        request=PhotoChange,
        responses=PhotoOutput,
        examples=[sent("A day", {"taken": "2021-06-14"}), answered("A photo of a case", CASE_PHOTO)],
    )
    def patch(self, request: Request, case: str, photo: str) -> Response:
        """Change what is known of a photo."""
        found = _find(self, case, photo)
        record_photos.change(photo=found, by=self.by, **self.read(PhotoChange))
        return Response(_described(self, case, photo))

    @extend_schema(operation_id="case_photos_remove", tags=["cases"], responses={204: None})
    def delete(self, request: Request, case: str, photo: str) -> Response:
        """Remove a photo; it is destroyed where no gallery and no job needs it."""
        record_photos.remove(photo=_find(self, case, photo), by=self.by)
        return Response(status=204)


def _photos(view: Endpoint, case: str) -> Any:
    return CaseRecordPhoto.objects.filter(record=reach.case(view.by, case)).select_related(
        "record__organization", "organization"
    )


def _find(view: Endpoint, case: str, photo: str) -> CaseRecordPhoto:
    with tenant_scope(view.organization):
        found: CaseRecordPhoto = _photos(view, case).with_public_id(photo)
        return found


def _image(view: Endpoint, text: str) -> Image:
    try:
        with tenant_scope(view.organization):
            found: Image = reach.images(view.by).with_public_id(text)
            return found
    except NotFound:
        sentence = "This photo is not here. Upload it first."
        raise InvalidInput("unknown_image", sentence, field="image") from None


def _described(view: Endpoint, case: str, photo: str) -> Any:
    with tenant_scope(view.organization):
        return PhotoOutput(_photos(view, case).with_public_id(photo)).data
