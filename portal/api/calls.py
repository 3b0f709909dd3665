"""`detect/`, `compare/`, `galleries/{id}/search/`: one photo, answered at once by a warm engine worker.

Nothing of the photos is kept. A refusal, an engine that is away and a photo without a usable face are each
told apart from "nobody found".
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import orders, reach
from portal.api.call_answers import SHOWN_ONCE, CallOutput, described
from portal.api.call_examples import (
    COMPARED,
    DETECTED,
    FOR_REVIEW,
    NEW_COMPARISON,
    NEW_DETECTION,
    NEW_FACE_SEARCH,
    NEW_SEARCH,
    NO_ENGINE,
    SEARCHED,
)
from portal.api.documents import PROBLEM, Problem
from portal.api.endpoint import Endpoint
from portal.api.examples import answered, refused, sent, uploaded
from portal.api.orders import FactsInput, Similarity
from portal.api.permissions import require_scope
from portal.api.pictures import file_field, image_field, one_of, picture_of
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import public_id
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import calls, known
from recognition.actions.answers import Answered
from recognition.actions.orders import MOST_CANDIDATES, Order
from recognition.engine.grades import BARS
from recognition.models import Face, Gallery, JobKind, Subject

_CALL = (Permission.SUBMIT_JOBS,)
_ANSWERS: Any = {200: CallOutput, (403, PROBLEM): Problem, (503, PROBLEM): Problem}


class DetectInput(FactsInput):
    """One photo to look for faces in."""

    file = file_field()
    image = image_field()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return one_of(attrs, "file", "image")


class CompareInput(FactsInput):
    """Two photos: the largest face of one beside the faces of the other."""

    source = file_field()  # type: ignore[assignment]  # a field, taken off the class by the framework
    source_image = image_field()
    target = file_field()
    target_image = image_field()
    threshold = Similarity(required=False, min_value=0, max_value=100, help_text="0 to 100.")
    quality = serializers.ChoiceField(sorted(BARS), default="NONE", help_text="Least quality of a face.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return one_of(one_of(attrs, "source", "source_image"), "target", "target_image")


class SearchInput(FactsInput):
    """One photo, or somebody who is enrolled, to search a gallery for."""

    file = file_field()
    image = image_field()
    face = serializers.CharField(required=False, help_text="Instead of a photo: an enrolled face.")
    subject = serializers.CharField(
        required=False, help_text="Instead of a photo: a person, all their faces."
    )
    threshold = Similarity(required=False, min_value=0, max_value=100, help_text="0 to 100.")
    max_candidates = serializers.IntegerField(required=False, min_value=1, max_value=MOST_CANDIDATES)
    faces = serializers.ChoiceField(
        ("all", "largest"), default="all", help_text="Which usable faces of the photo to search for."
    )
    quality = serializers.ChoiceField(sorted(BARS), default="NONE", help_text="Least quality of a face.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return one_of(attrs, "file", "image", "face", "subject")


class Call(Endpoint):
    """What synchronous calls have in common."""

    parser_classes = (JSONParser, MultiPartParser)
    needs = {"POST": _CALL}
    secrets = SHOWN_ONCE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require_scope(self.caller, Permission.VIEW_RESULTS)

    def order(self, values: dict[str, Any], kind: JobKind, gallery: Gallery | None = None) -> Order:
        """Return what is asked for, complete with what the key carries."""
        return orders.order_of({**values, "kind": kind}, self.caller, gallery=gallery)

    def answer(self, made: Answered) -> Response:
        """Return the answer with the ruling it was given under."""
        headers = {
            "X-Countenance-Decision": made.ruling.public_id,
            "X-Countenance-Review": made.call.review,
        }
        return Response(described(made), headers=headers)


class Detect(Call):
    """Faces of one photo."""

    @extend_schema(
        operation_id="detect",
        tags=["calls"],
        request={"application/json": DetectInput, "multipart/form-data": DetectInput},
        responses=_ANSWERS,
        examples=[
            sent("A stored photo", NEW_DETECTION),
            uploaded("A photo that is not stored", {"file": "(bytes of anna.jpg)"}),
            answered("Faces", DETECTED),
            NO_ENGINE,
        ],
    )
    def post(self, request: Request) -> Response:
        """Find the faces of one photo and say how good they are. Nobody is compared with anybody."""
        values = self.read(DetectInput)
        picture = picture_of(values, self.caller, "file", "image")
        order = self.order(values, JobKind.DETECT)
        return self.answer(
            calls.detect(organization=self.organization, order=order, picture=picture, by=self.by)
        )


class Compare(Call):
    """Two photos beside each other."""

    @extend_schema(
        operation_id="compare",
        tags=["calls"],
        request={"application/json": CompareInput, "multipart/form-data": CompareInput},
        responses=_ANSWERS,
        examples=[
            sent("Two stored photos", NEW_COMPARISON),
            uploaded("Photos that are not stored", {"source": "(bytes)", "target": "(bytes)"}),
            answered("How alike", COMPARED),
            refused("Reviewers first", FOR_REVIEW),
            NO_ENGINE,
        ],
    )
    def post(self, request: Request) -> Response:
        """Compare the largest face of the source with the 100 largest of the target.

        Where a photo has no usable face, `compared` is empty and `left_out` says why: that is not a "no".
        """
        values = self.read(CompareInput)
        made = calls.compare(
            organization=self.organization,
            source=picture_of(values, self.caller, "source", "source_image"),
            target=picture_of(values, self.caller, "target", "target_image"),
            order=self.order(values, JobKind.COMPARE),
            bar=values["quality"],
            by=self.by,
        )
        return self.answer(made)


class Search(Call):
    """One photo, or somebody enrolled, against a gallery."""

    @extend_schema(
        operation_id="galleries_search",
        tags=["calls"],
        request={"application/json": SearchInput, "multipart/form-data": SearchInput},
        responses=_ANSWERS,
        examples=[
            sent("A stored photo", NEW_SEARCH),
            sent("A face that is enrolled", NEW_FACE_SEARCH),
            uploaded("A photo that is not stored", {"file": "(bytes of anna.jpg)"}),
            answered("Candidates", SEARCHED),
            refused("Reviewers first", FOR_REVIEW),
            NO_ENGINE,
        ],
    )
    def post(self, request: Request, gallery: str) -> Response:
        """Search a gallery for the faces of one photo, or for somebody who is enrolled.

        Every face that was not searched for is counted in `left_out` by its reason. Candidates are
        unreviewed. Where people have to judge first, the answer is 403 `review_required` with the `job` that
        the photo became.
        """
        with tenant_scope(self.organization):
            found: Gallery = reach.galleries(self.by).with_public_id(gallery)
        values = self.read(SearchInput)
        if "face" in values or "subject" in values:
            return self.answer(self._known(values, found))
        picture = picture_of(values, self.caller, "file", "image")
        made = calls.search(
            organization=self.organization,
            order=self.order(values, JobKind.SEARCH, found),
            picture=picture,
            only_largest=values["faces"] == "largest",
            bar=values["quality"],
            by=self.by,
        )
        return self.answer(made)

    def _known(self, values: dict[str, Any], gallery: Gallery) -> Answered:
        whose: dict[str, Any] = {"organization": self.organization, "by": self.by}
        if "face" in values:
            with tenant_scope(self.organization):
                face = _face(values["face"], self.by)
            whom = public_id(Subject.PREFIX, face.subject_id)
            order = self.order({**values, "subject": whom}, JobKind.SEARCH, gallery)
            return known.search_face(order=order, face=face, **whose)
        order = self.order(values, JobKind.SEARCH, gallery)
        return known.search_subject(order=order, subject=order.subject, **whose)


def _face(text: str, by: Actor) -> Face:
    """Return an enrolled face in reach of a key, in the scope in force.

    Raises:
        InvalidInput: `unknown_face`.
    """
    rows = Face.objects.filter(gallery__in=reach.galleries(by).values("pk"))
    try:
        found: Face = rows.defer("template", "next_template").with_public_id(text)
    except NotFound:
        sentence = "There is no such face in a gallery of this key."
        raise InvalidInput("unknown_face", sentence, field="face") from None
    return found
