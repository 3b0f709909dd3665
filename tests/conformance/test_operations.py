"""Every operation through boto3, on real photos and the real engine; answers are checked by the client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from portal.aws.dispatch import OPERATIONS
from tests.conformance.clients import boto
from tests.support.accounts import Account

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

COLLECTION = "missing.children-2026"
LARGEST = 5 * 1024 * 1024  # bytes


@dataclass
class Story:
    """A collection with two people in it, and the photos that were not indexed."""

    client: Any
    photos: dict[str, list[bytes]]
    arn: str = ""
    faces: dict[str, list[str]] = field(default_factory=dict)

    @property
    def halle(self) -> bytes:
        """A photo of somebody indexed that is not itself indexed."""
        return self.photos["Halle_Berry"][3]

    @property
    def stranger(self) -> bytes:
        """A photo of somebody who was never indexed."""
        return self.photos["Joschka_Fischer"][0]


@pytest.fixture(scope="module")
def story(account: Account, engine: None, photos: dict[str, list[bytes]]) -> Story:
    client = boto(account)
    story = Story(client, photos)
    story.arn = client.create_collection(CollectionId=COLLECTION)["CollectionArn"]
    for name in ("Halle_Berry", "Paul_Bremer"):
        for number, photo in enumerate(photos[name][:3]):
            made = client.index_faces(
                CollectionId=COLLECTION,
                Image={"Bytes": photo},
                ExternalImageId=f"{name}-{number}",
                MaxFaces=1,
            )
            story.faces.setdefault(name, []).extend(one["Face"]["FaceId"] for one in made["FaceRecords"])
        client.create_user(CollectionId=COLLECTION, UserId=name)
        client.associate_faces(CollectionId=COLLECTION, UserId=name, FaceIds=story.faces[name])
    return story


def image(photo: bytes) -> dict[str, bytes]:
    return {"Bytes": photo}


def _here(**values: Any) -> dict[str, Any]:
    return {"CollectionId": COLLECTION} | values


# One call of each operation; what it needs stands in the story. Whoever adds an operation adds its line.
CALLS: dict[str, Callable[[Story], dict[str, Any]]] = {
    "CreateCollection": lambda story: {"CollectionId": "another", "Tags": {"team": "north"}},
    "DescribeCollection": lambda story: _here(),
    "ListCollections": lambda story: {"MaxResults": 1},
    "ListTagsForResource": lambda story: {"ResourceArn": story.arn},
    "TagResource": lambda story: {"ResourceArn": story.arn, "Tags": {"case": "Harbor 7"}},
    "UntagResource": lambda story: {"ResourceArn": story.arn, "TagKeys": ["case"]},
    "IndexFaces": lambda story: _here(Image=image(story.stranger), DetectionAttributes=["ALL"]),
    "ListFaces": lambda story: _here(MaxResults=2),
    "SearchFaces": lambda story: _here(FaceId=story.faces["Halle_Berry"][0]),
    "SearchFacesByImage": lambda story: _here(Image=image(story.halle)),
    "CompareFaces": lambda story: {
        "SourceImage": image(story.halle),
        "TargetImage": image(story.photos["Halle_Berry"][0]),
    },
    "DetectFaces": lambda story: {"Image": image(story.halle), "Attributes": ["ALL"]},
    "CreateUser": lambda story: _here(UserId="somebody", ClientRequestToken="once-1"),
    "ListUsers": lambda story: _here(MaxResults=1),
    "AssociateFaces": lambda story: _here(UserId="Halle_Berry", FaceIds=story.faces["Halle_Berry"]),
    "DisassociateFaces": lambda story: _here(UserId="Paul_Bremer", FaceIds=story.faces["Paul_Bremer"][2:]),
    "SearchUsers": lambda story: _here(UserId="Halle_Berry"),
    "SearchUsersByImage": lambda story: _here(Image=image(story.halle)),
    "DeleteUser": lambda story: _here(UserId="nobody-yet"),
    "DeleteFaces": lambda story: _here(FaceIds=["11111111-2222-3333-4444-555555555555"]),
    "DeleteCollection": lambda story: {"CollectionId": "to-be-deleted"},
}
FIRST: dict[str, Callable[[Story], Any]] = {
    "DeleteUser": lambda story: story.client.create_user(**_here(UserId="nobody-yet")),
    "DeleteCollection": lambda story: story.client.create_collection(CollectionId="to-be-deleted"),
}


def test_there_is_a_call_of_every_operation() -> None:
    assert CALLS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("operation", CALLS)
def test_an_operation_answers_as_its_model_says(story: Story, operation: str) -> None:
    FIRST.get(operation, lambda story: None)(story)

    answer = story.client._make_api_call(operation, CALLS[operation](story))

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_person_is_found_by_a_photo_that_was_not_indexed(story: Story) -> None:
    found = story.client.search_faces_by_image(**_here(Image=image(story.halle)))

    known = story.faces["Halle_Berry"]
    similarities = [match["Similarity"] for match in found["FaceMatches"]]
    assert {match["Face"]["FaceId"] for match in found["FaceMatches"]} & set(known)
    assert similarities == sorted(similarities, reverse=True)


def test_a_user_is_found_by_a_photo(story: Story) -> None:
    found = story.client.search_users_by_image(**_here(Image=image(story.halle)))

    assert found["UserMatches"][0]["User"]["UserId"] == "Halle_Berry"


def test_somebody_else_is_not_the_same(story: Story) -> None:
    found = story.client.compare_faces(
        SourceImage=image(story.halle), TargetImage=image(story.photos["Paul_Bremer"][0])
    )

    assert found["FaceMatches"] == []
    assert len(found["UnmatchedFaces"]) == 1


def test_two_photos_as_large_as_they_may_be_are_compared(story: Story) -> None:
    large = [photo + bytes(LARGEST - len(photo)) for photo in story.photos["Halle_Berry"][:2]]

    found = story.client.compare_faces(SourceImage=image(large[0]), TargetImage=image(large[1]))

    assert len(found["FaceMatches"]) == 1


def test_a_searched_face_is_not_its_own_match(story: Story) -> None:
    own = story.faces["Halle_Berry"][0]

    found = story.client.search_faces(**_here(FaceId=own))

    assert own not in {match["Face"]["FaceId"] for match in found["FaceMatches"]}


def test_pages_lead_to_every_face_once(story: Story) -> None:
    pages = story.client.get_paginator("list_faces").paginate(**_here(), PaginationConfig={"PageSize": 2})

    ids = [face["FaceId"] for page in pages for face in page["Faces"]]
    assert len(ids) == len(set(ids)) == story.client.describe_collection(**_here())["FaceCount"]


def test_an_answer_says_the_threshold_that_was_used(story: Story) -> None:
    found = story.client.search_faces_by_image(**_here(Image=image(story.halle), FaceMatchThreshold=0))

    assert "x-countenance-threshold" in found["ResponseMetadata"]["HTTPHeaders"]


def test_an_answer_says_how_many_calls_are_left_of_the_minute(story: Story) -> None:
    told = story.client.list_collections()["ResponseMetadata"]["HTTPHeaders"]

    assert int(told["ratelimit-remaining"]) < int(told["ratelimit-limit"])
    assert 0 < int(told["ratelimit-reset"]) <= 60


def test_a_barred_organization_is_refused_by_a_rule_and_never_told_nobody_was_found(
    barred: Account, engine: None, photos: dict[str, list[bytes]]
) -> None:
    with pytest.raises(ClientError) as caught:
        boto(barred).detect_faces(Image=image(photos["Halle_Berry"][0]))

    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-countenance-decision"]
