"""What each operation takes and may answer: every constraint of the service's model, declared by hand.

Clients of this interface check neither pattern nor range nor size, so all of it is checked here. A test reads
the service's own model and compares it with these tables. What is answered is declared in `answers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    """One value.

    Attributes:
        kind: The model's own word for it, such as `string`, `blob` or `structure`.
        least: Smallest number, shortest text, list, map or blob (bytes).
        most: Largest or longest, likewise.
        pattern: What the whole of a text matches, in the notation of the service's model.
        words: The only texts that are allowed.
        of: Of a list or map: its values.
        keys: Of a map: its keys.
        members: Of a structure: its members by name.
        required: Of a structure: members that have to be there.
        too_much: Error where `most` is exceeded.
    """

    kind: str
    least: float | None = None
    most: float | None = None
    pattern: str | None = None
    words: tuple[str, ...] = ()
    of: Shape | None = None
    keys: Shape | None = None
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    too_much: str = "InvalidParameterException"


def text(least: int | None = None, most: int | None = None, pattern: str | None = None) -> Shape:
    """Return a text of so many characters."""
    return Shape("string", least, most, pattern)


def word(words: str) -> Shape:
    """Return a text out of a closed list, which is given with spaces between."""
    return Shape("string", words=tuple(words.split()))


def number(kind: str, least: float | None = None, most: float | None = None) -> Shape:
    """Return a number of a range, both ends included."""
    return Shape(kind, least, most)


def several(of: Shape, least: int | None = None, most: int | None = None) -> Shape:
    """Return a list."""
    return Shape("list", least, most, of=of)


def structure(*required: str, **members: Shape) -> Shape:
    """Return a structure; `required` are those members that have to be there."""
    return Shape("structure", members=members, required=frozenset(required))


_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
COLLECTION_ID = text(1, 255, r"[a-zA-Z0-9_.\-]+")
USER_ID = text(1, 128, r"[a-zA-Z0-9_.\-:]+")
EXTERNAL_IMAGE_ID = text(1, 255, r"[a-zA-Z0-9_.\-:]+")
FACE_ID = text(pattern=_UUID)
IMAGE_ID = text(pattern=_UUID)
FACE_IDS = several(FACE_ID, 1, 4096)
FACE_IDS_OF_USER = several(FACE_ID, 1, 100)
PERCENT = number("float", 0, 100)
PAGE_SIZE = number("integer", 0, 4096)
TOKEN = Shape("string", most=255, too_much="InvalidPaginationTokenException")
REQUEST_TOKEN = text(1, 64, "^[a-zA-Z0-9-_]+$")
RESOURCE_ARN = text(20, 2048)
TAG_KEY = text(1, 128, r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$")
TAG_VALUE = text(0, 256, r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")
TAGS = Shape("map", 0, 200, keys=TAG_KEY, of=TAG_VALUE)
TAG_KEYS = several(TAG_KEY, 0, 200)
MOST_FACES = number("integer", 1, 4096)
MOST_USERS = number("integer", 1, 500)
QUALITY_FILTER = word("NONE AUTO LOW MEDIUM HIGH")
ATTRIBUTES = several(
    word(
        "DEFAULT ALL AGE_RANGE BEARD EMOTIONS EYE_DIRECTION EYEGLASSES EYES_OPEN GENDER MOUTH_OPEN MUSTACHE "
        "FACE_OCCLUDED SMILE SUNGLASSES"
    )
)
MOST_BYTES = 5 * 1024 * 1024
S3_OBJECT = structure(Bucket=text(3, 255, r"[0-9A-Za-z\.\-_]*"), Name=text(1, 1024), Version=text(1, 1024))
IMAGE = structure(Bytes=Shape("blob", 1, MOST_BYTES, too_much="ImageTooLargeException"), S3Object=S3_OBJECT)

# What is passed in, by operation.
INPUTS: Mapping[str, Shape] = {
    "CreateCollection": structure("CollectionId", CollectionId=COLLECTION_ID, Tags=TAGS),
    "DeleteCollection": structure("CollectionId", CollectionId=COLLECTION_ID),
    "DescribeCollection": structure("CollectionId", CollectionId=COLLECTION_ID),
    "ListCollections": structure(NextToken=TOKEN, MaxResults=PAGE_SIZE),
    "IndexFaces": structure(
        "CollectionId",
        "Image",
        CollectionId=COLLECTION_ID,
        Image=IMAGE,
        ExternalImageId=EXTERNAL_IMAGE_ID,
        DetectionAttributes=ATTRIBUTES,
        MaxFaces=number("integer", 1),
        QualityFilter=QUALITY_FILTER,
    ),
    "ListFaces": structure(
        "CollectionId",
        CollectionId=COLLECTION_ID,
        NextToken=TOKEN,
        MaxResults=PAGE_SIZE,
        UserId=USER_ID,
        FaceIds=FACE_IDS,
    ),
    "DeleteFaces": structure("CollectionId", "FaceIds", CollectionId=COLLECTION_ID, FaceIds=FACE_IDS),
    "SearchFaces": structure(
        "CollectionId",
        "FaceId",
        CollectionId=COLLECTION_ID,
        FaceId=FACE_ID,
        MaxFaces=MOST_FACES,
        FaceMatchThreshold=PERCENT,
    ),
    "SearchFacesByImage": structure(
        "CollectionId",
        "Image",
        CollectionId=COLLECTION_ID,
        Image=IMAGE,
        MaxFaces=MOST_FACES,
        FaceMatchThreshold=PERCENT,
        QualityFilter=QUALITY_FILTER,
    ),
    "CompareFaces": structure(
        "SourceImage",
        "TargetImage",
        SourceImage=IMAGE,
        TargetImage=IMAGE,
        SimilarityThreshold=PERCENT,
        QualityFilter=QUALITY_FILTER,
    ),
    "DetectFaces": structure("Image", Image=IMAGE, Attributes=ATTRIBUTES),
    "CreateUser": structure(
        "CollectionId",
        "UserId",
        CollectionId=COLLECTION_ID,
        UserId=USER_ID,
        ClientRequestToken=REQUEST_TOKEN,
    ),
    "DeleteUser": structure(
        "CollectionId",
        "UserId",
        CollectionId=COLLECTION_ID,
        UserId=USER_ID,
        ClientRequestToken=REQUEST_TOKEN,
    ),
    "ListUsers": structure(
        "CollectionId", CollectionId=COLLECTION_ID, MaxResults=MOST_USERS, NextToken=TOKEN
    ),
    "AssociateFaces": structure(
        "CollectionId",
        "UserId",
        "FaceIds",
        CollectionId=COLLECTION_ID,
        UserId=USER_ID,
        FaceIds=FACE_IDS_OF_USER,
        UserMatchThreshold=PERCENT,
        ClientRequestToken=REQUEST_TOKEN,
    ),
    "DisassociateFaces": structure(
        "CollectionId",
        "UserId",
        "FaceIds",
        CollectionId=COLLECTION_ID,
        UserId=USER_ID,
        FaceIds=FACE_IDS_OF_USER,
        ClientRequestToken=REQUEST_TOKEN,
    ),
    "SearchUsers": structure(
        "CollectionId",
        CollectionId=COLLECTION_ID,
        UserId=USER_ID,
        FaceId=FACE_ID,
        UserMatchThreshold=PERCENT,
        MaxUsers=MOST_USERS,
    ),
    "SearchUsersByImage": structure(
        "CollectionId",
        "Image",
        CollectionId=COLLECTION_ID,
        Image=IMAGE,
        UserMatchThreshold=PERCENT,
        MaxUsers=MOST_USERS,
        QualityFilter=QUALITY_FILTER,
    ),
    "TagResource": structure("ResourceArn", "Tags", ResourceArn=RESOURCE_ARN, Tags=TAGS),
    "UntagResource": structure("ResourceArn", "TagKeys", ResourceArn=RESOURCE_ARN, TagKeys=TAG_KEYS),
    "ListTagsForResource": structure("ResourceArn", ResourceArn=RESOURCE_ARN),
}

# Every operation may answer with these, and with those below by their short names.
_ALWAYS = "InvalidParameter AccessDenied Throttling ProvisionedThroughputExceeded"
_IMAGE = "InvalidS3Object ImageTooLarge InvalidImageFormat"
_BESIDES: Mapping[str, str] = {
    "CreateCollection": "ResourceAlreadyExists ServiceQuotaExceeded",
    "DeleteCollection": "ResourceNotFound",
    "DescribeCollection": "ResourceNotFound",
    "ListCollections": "InvalidPaginationToken ResourceNotFound",
    "IndexFaces": f"{_IMAGE} ResourceNotFound ServiceQuotaExceeded",
    "ListFaces": "InvalidPaginationToken ResourceNotFound",
    "DeleteFaces": "ResourceNotFound",
    "SearchFaces": "ResourceNotFound",
    "SearchFacesByImage": f"{_IMAGE} ResourceNotFound",
    "CompareFaces": _IMAGE,
    "DetectFaces": _IMAGE,
    "CreateUser": "Conflict ResourceNotFound ServiceQuotaExceeded IdempotentParameterMismatch",
    "DeleteUser": "Conflict ResourceNotFound IdempotentParameterMismatch",
    "ListUsers": "ResourceNotFound InvalidPaginationToken",
    "AssociateFaces": "IdempotentParameterMismatch ResourceNotFound Conflict ServiceQuotaExceeded",
    "DisassociateFaces": "IdempotentParameterMismatch ResourceNotFound Conflict",
    "SearchUsers": "ResourceNotFound",
    "SearchUsersByImage": f"{_IMAGE} ResourceNotFound",
    "TagResource": "ResourceNotFound ServiceQuotaExceeded",
    "UntagResource": "ResourceNotFound",
    "ListTagsForResource": "ResourceNotFound",
}
# The errors that each operation may answer with after the model.
ERRORS: Mapping[str, frozenset[str]] = {
    operation: frozenset(f"{name}Exception" for name in f"{_ALWAYS} {besides}".split())
    | {"InternalServerError"}
    for operation, besides in _BESIDES.items()
}
OFFERED = frozenset(INPUTS)
