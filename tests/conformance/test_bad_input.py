"""Everything that real clients let through, and worse: the modelled error, never an error of ours."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from portal.aws.dispatch import OPERATIONS
from tests.conformance import model
from tests.conformance.clients import boto
from tests.conformance.sending import call, refusal, refused, send
from tests.support.accounts import Account
from tests.support.photos import animated, bomb, truncated
from tests.support.world import jpeg

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

INVALID = {"InvalidParameterException"}
UNREADABLE = {"SerializationException"}
FACE = "11111111-2222-3333-4444-555555555555"
HERE = {"CollectionId": "wanted"}
MiB = 1 << 20


@pytest.fixture(scope="module")
def client(account: Account, engine: None) -> Any:
    made = boto(account)
    made.create_collection(CollectionId="wanted")
    return made


def photo(data: bytes) -> dict[str, str]:
    return {"Bytes": base64.b64encode(data).decode()}


def nested(depth: int) -> bytes:
    return b'{"CollectionId": ' + b"[" * depth + b"]" * depth + b"}"


# operation, body, names of errors that are right
BODIES: dict[str, tuple[str, Any, set[str]]] = {
    "nothing": ("ListFaces", b"", INVALID | UNREADABLE),
    "no JSON": ("ListFaces", b"{", UNREADABLE),
    "a list": ("ListFaces", b"[]", UNREADABLE),
    "a word": ("ListFaces", b'"CollectionId"', UNREADABLE),
    "null": ("ListFaces", b"null", INVALID | UNREADABLE),
    "no UTF-8": ("ListFaces", b'{"CollectionId": "\xff\xfe"}', UNREADABLE),
    "depth": ("ListFaces", nested(100_000), UNREADABLE),
    "less depth": ("ListFaces", nested(500), UNREADABLE),
    "not a number": ("ListFaces", b'{"CollectionId": "wanted", "MaxResults": NaN}', UNREADABLE),
    "a number without end": (
        "ListFaces",
        b'{"CollectionId": "wanted", "MaxResults": 1e999}',
        UNREADABLE | INVALID,
    ),
    "a number of 10,000 digits": (
        "ListFaces",
        b'{"CollectionId": "wanted", "MaxResults": ' + b"9" * 10_000 + b"}",
        UNREADABLE | INVALID,
    ),
    "half a number": ("ListFaces", HERE | {"MaxResults": 1.5}, UNREADABLE | INVALID),
    "a zero in an id": ("ListFaces", {"CollectionId": "wan\0ted"}, INVALID),
    "a zero in a name": ("IndexFaces", HERE | {"Image": photo(jpeg()), "ExternalImageId": "a\0"}, INVALID),
    "a zero in a tag": ("CreateCollection", {"CollectionId": "z1", "Tags": {"a": "b\0"}}, INVALID),
    "half a sign": ("ListFaces", b'{"CollectionId": "\\ud800"}', UNREADABLE | INVALID),
    "half a sign in a tag": (
        "CreateCollection",
        b'{"CollectionId": "z2", "Tags": {"a": "\\udfff"}}',
        INVALID | UNREADABLE,
    ),
    "an id with a space": ("DescribeCollection", {"CollectionId": "no such"}, INVALID),
    "an id with a new line": ("DescribeCollection", {"CollectionId": "wanted\n"}, INVALID),
    "an id of 256 letters": ("CreateCollection", {"CollectionId": "x" * 256}, INVALID),
    "no id": ("DescribeCollection", {}, INVALID),
    "an empty id": ("DescribeCollection", {"CollectionId": ""}, INVALID),
    "a number as an id": ("DescribeCollection", {"CollectionId": 7}, UNREADABLE | INVALID),
    "a face's id in capitals": ("SearchFaces", HERE | {"FaceId": FACE.replace("1", "A")}, INVALID),
    "a threshold of 101": (
        "SearchFacesByImage",
        HERE | {"Image": photo(jpeg()), "FaceMatchThreshold": 101},
        INVALID,
    ),
    "a threshold below 0": (
        "CompareFaces",
        {"SourceImage": photo(jpeg()), "TargetImage": photo(jpeg()), "SimilarityThreshold": -0.1},
        INVALID,
    ),
    "4,097 results": ("ListFaces", HERE | {"MaxResults": 4097}, INVALID),
    "fewer than no results": ("ListFaces", HERE | {"MaxResults": -1}, INVALID),
    "no faces to delete": ("DeleteFaces", HERE | {"FaceIds": []}, INVALID),
    "4,097 faces to delete": ("DeleteFaces", HERE | {"FaceIds": [FACE] * 4097}, INVALID),
    "another filter": (
        "SearchFacesByImage",
        HERE | {"Image": photo(jpeg()), "QualityFilter": "BEST"},
        INVALID,
    ),
    "6 MB": ("DetectFaces", {"Image": photo(jpeg() + bytes(6_000_000))}, {"ImageTooLargeException"}),
    "a GIF": ("DetectFaces", {"Image": photo(animated())}, {"InvalidImageFormatException"}),
    "no image": ("DetectFaces", {"Image": photo(b"words")}, {"InvalidImageFormatException"}),
    "half an image": ("DetectFaces", {"Image": photo(truncated())}, {"InvalidImageFormatException"}),
    "an image that unpacks to gigabytes": (
        "DetectFaces",
        {"Image": photo(bomb())},
        {"ImageTooLargeException", "InvalidImageFormatException"},
    ),
    "an image too small": ("DetectFaces", {"Image": photo(jpeg(size=(79, 200)))}, INVALID),
    "no bytes": ("DetectFaces", {"Image": {"Bytes": ""}}, INVALID),
    "neither bytes nor object": ("DetectFaces", {"Image": {}}, INVALID),
    "no base64": ("DetectFaces", {"Image": {"Bytes": "%%%%"}}, UNREADABLE),
    "base64 of another alphabet": ("DetectFaces", {"Image": {"Bytes": "_-8="}}, UNREADABLE),
    "base64 cut short": ("DetectFaces", {"Image": {"Bytes": "abc"}}, UNREADABLE),
    "a list as bytes": ("DetectFaces", {"Image": {"Bytes": [1, 2]}}, UNREADABLE | INVALID),
    "a token that nobody gave": (
        "ListFaces",
        HERE | {"NextToken": "AAAA"},
        {"InvalidPaginationTokenException"},
    ),
    "a token with a zero": (
        "ListCollections",
        {"NextToken": "a\0b"},
        {"InvalidPaginationTokenException", "InvalidParameterException"},
    ),
    "201 tags": (
        "CreateCollection",
        {"CollectionId": "tagged", "Tags": {f"t{number}": "" for number in range(201)}},
        {"ServiceQuotaExceededException", "InvalidParameterException"},
    ),
    "a tag of AWS": ("CreateCollection", {"CollectionId": "tagged", "Tags": {"aws:x": ""}}, INVALID),
    "an address of nothing": (
        "ListTagsForResource",
        {"ResourceArn": "arn:aws:s3:::a-bucket-of-mine"},
        INVALID | {"ResourceNotFoundException"},
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_answered_by_the_error_of_the_model(account: Account, client: Any, name: str) -> None:
    operation, values, right = BODIES[name]

    found = refused(account, operation, *call(account, operation, values))

    assert found.name in right, found


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    "",
    "x",
    "x" * 5000,
    "\0",
    "é",
    [],
    [None],
    [[]],
    {},
    {"": ""},
    {"a": [1]},
)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_no_odd_value_of_any_member_ends_in_an_error_of_ours(
    account: Account, client: Any, operation: str
) -> None:
    members = model.of(operation).input_shape.members if model.of(operation).input_shape else {}
    ids = {name: "wanted-odd" for name in ("CollectionId", "UserId") if name in members}

    for member in members:
        for value in ODD:
            answer = send(account, *call(account, operation, ids | {member: value}))
            if answer.status != 200:
                refusal(operation, answer)


TARGETS = {
    "DynamoDB_20120810.ListTables": "UnknownOperationException",
    "RekognitionService.Recognise": "UnknownOperationException",
    "RekognitionService.": "UnknownOperationException",
    "RekognitionService.listFaces": "UnknownOperationException",
    "RekognitionService.RecognizeCelebrities": "AccessDeniedException",
    "RekognitionService.StartFaceSearch": "AccessDeniedException",
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_that_is_not_offered_is_told_so(account: Account, client: Any, target: str) -> None:
    sent = call(account, "ListFaces", HERE, X_Amz_Target=target)

    assert refused(account, target.partition(".")[2], *sent).name == TARGETS[target]


def test_a_body_that_says_to_be_larger_than_it_may_be_is_refused_while_it_is_sent(
    account: Account, client: Any
) -> None:
    headers, body = call(account, "DetectFaces", b"x" * 20_000_000)

    assert refused(account, "DetectFaces", headers, body).name == "ImageTooLargeException"


def test_a_stranger_learns_nothing_of_a_collection_that_is_not_theirs(client: Any, stranger: Account) -> None:
    theirs = boto(stranger)
    found = {}
    for name in ("wanted", "absent"):
        with pytest.raises(ClientError) as caught:
            theirs.describe_collection(CollectionId=name)
        error = caught.value.response["Error"]
        found[name] = (error["Code"], error["Message"].replace(name, "…"))

    assert found["wanted"] == found["absent"]
    assert found["wanted"][0] == "ResourceNotFoundException"
    assert "wanted" not in theirs.list_collections()["CollectionIds"]


def test_a_token_of_another_organization_leads_nowhere(client: Any, stranger: Account) -> None:
    client.create_collection(CollectionId="wanted-too")
    token = client.list_collections(MaxResults=1)["NextToken"]

    with pytest.raises(ClientError, match="InvalidPaginationTokenException"):
        boto(stranger).list_collections(NextToken=token)


def test_a_key_signs_for_any_region_that_has_the_service(account: Account, client: Any) -> None:
    elsewhere = boto(account, region_name="us-west-2")

    assert ":us-west-2:" in elsewhere.create_collection(CollectionId="far")["CollectionArn"]
