"""`images/`: photos, checked and sealed on the way in; looked at there and then where that is asked for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import errors, orders
from portal.api.call_answers import FaceShown, described
from portal.api.call_examples import LOOKED_AT, NOT_LOOKED_AT
from portal.api.documents import Problem, RulingBrief
from portal.api.endpoint import Endpoint
from portal.api.examples import IMAGE, answered, uploaded
from portal.api.images import ImageOutput
from portal.api.orders import FactsInput
from portal.api.permissions import require_scope
from portal.common.errors import DomainError
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import arrivals, images
from recognition.actions.answers import Answered
from recognition.images import MAX_BYTES
from recognition.models import Image, JobKind


class ImageInput(FactsInput):
    """One photo; the facts are those of the look at it, as of `detect/`."""

    file = serializers.FileField(allow_empty_file=True, help_text="JPEG, PNG or WebP, at most 15 MB.")
    detect = serializers.BooleanField(
        default=False, help_text="Also find the faces of the photo at once, which is ruled on like `detect/`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        facts = sorted(attrs.keys() - {"file", "detect"})
        if facts and not attrs["detect"]:
            sentence = "This is said of a look at the photo. Send detect=true with it."
            raise serializers.ValidationError({facts[0]: [sentence]})
        return attrs


class DetectionOutput(serializers.Serializer[Any]):
    """What came of the look at a photo that was stored."""

    call = serializers.CharField(allow_null=True, help_text="Id in the trail; null where nobody looked.")
    reason = serializers.CharField(
        help_text="Why no face could be compared, such as no_face, where none can."
    )
    ruling = RulingBrief(allow_null=True, help_text="What it was looked at under.")
    problem = Problem(
        allow_null=True,
        help_text="Why nobody looked: a refusal with its rule, or a part of the platform that is away. "
        "The photo is stored all the same; detect/ takes its id.",
    )


class UploadOutput(ImageOutput):
    """What is known of a photo that was stored, and of the look at it where one was asked for."""

    faces = FaceShown(
        many=True,
        required=False,
        help_text="Only there where the photo was looked at, and in the first answer alone: what is repeated "
        "under an Idempotency-Key lacks them. A photo that nobody looked at has none.",
    )
    detection = DetectionOutput(required=False, help_text="Only there where it was asked for.")


class Images(Endpoint):
    """Uploads."""

    parser_classes = (MultiPartParser,)
    needs = {"POST": (Permission.UPLOAD,)}
    counts_as = {"POST": "upload"}
    secrets = frozenset({"faces"})  # shown once, as by detect/: a rule may have stopped it meanwhile

    @extend_schema(
        operation_id="images_upload",
        tags=["images"],
        request={"multipart/form-data": ImageInput},
        responses={201: UploadOutput},
        examples=[
            uploaded("A photo", {"file": "(bytes of anna.jpg)"}),
            uploaded("A photo to be looked at", {"file": "(bytes of anna.jpg)", "detect": True}),
            answered("A photo", IMAGE),
            answered("A photo that was looked at", LOOKED_AT),
            answered("A photo that a rule keeps from being looked at", NOT_LOOKED_AT),
        ],
    )
    def post(self, request: Request) -> Response:
        """Upload one photo.

        A file that is refused answers 422 with its reason code: `image_format`, `image_truncated`,
        `image_too_large`, `image_bomb` or `image_animated`; nothing of it is kept.

        With `detect=true` its faces are found at once. Where a rule or an engine that is away keeps it from
        being looked at, the photo is stored, there are no `faces`, and `detection.problem` says why. A key
        that may not look at photos is refused (403 `scope`), and nothing is stored.
        """
        values = self.read(ImageInput)
        file = values.pop("file")
        # One byte more than is taken is enough to say so.
        photo: dict[str, Any] = {"name": file.name or "", "data": file.read(MAX_BYTES + 1)}
        if not values.pop("detect"):
            image = images.upload(organization=self.organization, by=self.by, **photo)
            return Response(self._stored(image), status=201)
        require_scope(self.caller, Permission.SUBMIT_JOBS)
        require_scope(self.caller, Permission.VIEW_RESULTS)
        order = orders.order_of({**values, "kind": JobKind.DETECT}, self.caller)
        arrived = arrivals.upload(organization=self.organization, order=order, by=self.by, **photo)
        return Response(self._stored(arrived.image) | _detection(arrived.came), status=201)

    def _stored(self, image: Image) -> dict[str, Any]:
        with tenant_scope(self.organization):
            image.refresh_from_db(fields=["created_at"])
        return dict(ImageOutput(image).data)


def _detection(came: Answered | DomainError) -> dict[str, Any]:
    if isinstance(came, DomainError):
        problem = errors.handle(came, {}).data
        return {"detection": {"call": None, "reason": "", "ruling": None, "problem": problem}}
    shown = described(came)
    [photo] = shown["photos"]
    said = {"call": shown["id"], "reason": photo["reason"], "ruling": shown["ruling"], "problem": None}
    return {"faces": photo["faces"], "detection": said}
