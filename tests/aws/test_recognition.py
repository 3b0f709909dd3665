"""Operations of the Rekognition interface that look at faces: what clients rely on, and what headers say."""

import base64
import itertools
import json
from typing import Any

import pytest

from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import Review
from portal.aws import dispatch
from portal.aws.answers import OUTPUTS, encoded
from portal.aws.errors import WireError
from portal.tenancy.scope import tenant_scope
from recognition.models import Call, Face, Image, Subject
from tests.aws.checking import conforms
from tests.aws.conftest import FACTS, Program
from tests.support.calls import serving
from tests.support.crowds import BLACK, WHITE, CrowdEngine, crowd
from tests.support.jobs import ANNA, BORIS, CLARA
from tests.support.world import Side, jpeg, new_side

_numbers = itertools.count()


def image(data: bytes) -> dict[str, str]:
    return {"Bytes": base64.b64encode(data).decode()}


def one(color: tuple[int, int, int], width: int = 100) -> dict[str, str]:
    return image(crowd((color, width)))


def sent(program: Program, operation: str, **values: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The answer of an operation that needs the engine, as a client reads it, and its headers."""
    name = dispatch.operation_of(f"RekognitionService.{operation}")
    with serving(CrowdEngine()):
        given = dispatch.read(name, json.dumps(values))
        answer, headers = dispatch.run(name, given, key=program.key, region="us-east-1")
    found = json.loads(encoded(answer))
    conforms(OUTPUTS[name], found)
    return found, dict(headers)


def answer(program: Program, operation: str, **values: Any) -> dict[str, Any]:
    return sent(program, operation, **values)[0]


def refused(program: Program, operation: str, **values: Any) -> WireError:
    with pytest.raises(WireError) as raised, serving(CrowdEngine()):
        program.call(operation, **values)
    return raised.value


@pytest.fixture
def collection(alice: Program) -> str:
    return alice.collection()


def index(program: Program, collection: str, photo: dict[str, str], **values: Any) -> dict[str, Any]:
    return answer(program, "IndexFaces", CollectionId=collection, Image=photo, **values)


def ids(indexed: dict[str, Any]) -> list[str]:
    return [record["Face"]["FaceId"] for record in indexed["FaceRecords"]]


# IndexFaces


def test_faces_are_indexed_largest_first_and_the_others_named(alice, collection):
    photo = image(crowd((ANNA, 90), (BORIS, 150), (WHITE, 40)))
    indexed = index(alice, collection, photo, ExternalImageId="photo-1")
    widths = [record["Face"]["BoundingBox"]["Width"] for record in indexed["FaceRecords"]]
    assert widths == sorted(widths, reverse=True)
    assert [one["Reasons"] for one in indexed["UnindexedFaces"]] == [["SMALL_BOUNDING_BOX"]]
    assert {record["Face"]["ExternalImageId"] for record in indexed["FaceRecords"]} == {"photo-1"}


def test_above_the_number_wanted_the_smallest_go_and_are_named(alice, collection):
    photo = image(crowd((ANNA, 90), (BORIS, 150), (CLARA, 120)))
    indexed = index(alice, collection, photo, MaxFaces=2)
    assert [round(one["FaceDetail"]["BoundingBox"]["Width"], 2) for one in indexed["FaceRecords"]] == [
        0.42,
        0.33,
    ]
    assert [one["Reasons"] for one in indexed["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]


def test_a_face_below_the_quality_that_is_asked_for_is_named_with_what_is_wrong(alice, collection):
    indexed = index(alice, collection, image(crowd((ANNA, 70), (BLACK, 30))), QualityFilter="HIGH")
    assert (indexed["FaceRecords"], indexed["UnindexedFaces"][0]["Reasons"]) == ([], ["SMALL_BOUNDING_BOX"])


def test_a_photo_is_indexed_once_under_one_external_id(alice, collection):
    photo = one(ANNA)
    first, again = (index(alice, collection, photo, ExternalImageId="photo-1") for _ in range(2))
    other = index(alice, collection, photo, ExternalImageId="photo-2")
    assert ids(first) == ids(again) != ids(other)
    assert alice.call("DescribeCollection", CollectionId=collection)["FaceCount"] == 2


def test_a_photo_without_a_face_to_index_is_not_kept(alice, collection):
    with tenant_scope(alice.side.organization):
        before = Image.objects.count()
    indexed = index(alice, collection, one(BLACK))
    with tenant_scope(alice.side.organization):
        assert (indexed["FaceRecords"], Image.objects.count()) == ([], before)


def test_a_collection_takes_no_more_faces_than_the_grant_allows(world, collection):
    limited = Program(new_side_with(gallery_faces=1))
    own = limited.collection()
    indexed = index(limited, own, image(crowd((ANNA, 100), (BORIS, 150))))
    assert len(indexed["FaceRecords"]) == 1
    assert [one["Reasons"] for one in indexed["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]


# SearchFaces, SearchFacesByImage


def test_the_largest_face_of_a_photo_is_searched_for_and_the_others_are_counted(alice, collection):
    anna, boris = (ids(index(alice, collection, one(color)))[0] for color in (ANNA, BORIS))
    photo = image(crowd((ANNA, 150), (BORIS, 100), (WHITE, 40)))
    found, headers = sent(alice, "SearchFacesByImage", CollectionId=collection, Image=photo)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [anna]
    assert headers["x-countenance-faces-not-used"] == "2; face_too_small=1, other_face=1"
    assert boris not in json.dumps(found)


def test_matches_come_best_first_and_at_most_as_many_as_asked_for(alice, collection):
    for _ in range(3):
        index(alice, collection, one(ANNA))
    search = {"CollectionId": collection, "Image": one(ANNA), "FaceMatchThreshold": 0}
    every = answer(alice, "SearchFacesByImage", **search)["FaceMatches"]
    two = answer(alice, "SearchFacesByImage", **search, MaxFaces=2)["FaceMatches"]
    similarities = [match["Similarity"] for match in every]
    assert (len(every), len(two)) == (3, 2)
    assert similarities == sorted(similarities, reverse=True)


def test_headers_say_the_threshold_what_set_it_the_review_and_the_ruling(alice, collection):
    index(alice, collection, one(ANNA))
    _, headers = sent(alice, "SearchFacesByImage", CollectionId=collection, Image=one(ANNA))
    assert headers["x-countenance-threshold"] == "80; reason=asked; asked=80"
    assert headers["x-countenance-review"] == "unreviewed"
    assert headers["x-countenance-decision"].startswith("rul_")
    assert "false-candidates=" in headers["x-countenance-expected"]


def test_a_key_with_a_small_budget_raises_the_threshold_and_says_so(world, collection):
    careful = Program(world.alice, FACTS | {"budget": 0.001})
    index(careful, collection, one(ANNA))
    _, headers = sent(careful, "SearchFacesByImage", CollectionId=collection, Image=one(ANNA))
    assert "reason=budget" in headers["x-countenance-threshold"]


def test_a_photo_without_a_face_is_the_error_that_clients_know(alice, collection):
    error = refused(alice, "SearchFacesByImage", CollectionId=collection, Image=one(BLACK))
    assert error.name == "InvalidParameterException"
    assert error.message == "There are no faces in the image. Should be at least 1."


def test_a_photo_of_unusable_faces_says_what_is_wrong_with_them(alice, collection):
    error = refused(alice, "SearchFacesByImage", CollectionId=collection, Image=one(WHITE))
    assert "face_too_small" in error.message


def test_a_stored_face_finds_others_and_is_left_out_itself(alice, collection):
    first, second = (ids(index(alice, collection, one(ANNA)))[0] for _ in range(2))
    found = answer(alice, "SearchFaces", CollectionId=collection, FaceId=first)
    assert (found["SearchedFaceId"], [m["Face"]["FaceId"] for m in found["FaceMatches"]]) == (first, [second])


def test_a_face_of_another_collection_is_not_searched_for(alice, collection):
    [face] = ids(index(alice, alice.collection(), one(ANNA)))
    error = refused(alice, "SearchFaces", CollectionId=collection, FaceId=face)
    assert error.name == "ResourceNotFoundException"


# SearchUsers, SearchUsersByImage


def user(program: Program, collection: str, name: str, color: tuple[int, int, int]) -> str:
    [face] = ids(index(program, collection, one(color)))
    program.call("CreateUser", CollectionId=collection, UserId=name)
    with tenant_scope(program.side.organization):
        Face.objects.filter(pk=face).update(subject=Subject.objects.get(user_id=name))
    return face


def test_users_are_found_by_photo_face_and_user(alice, collection):
    face = user(alice, collection, "anna", ANNA)
    user(alice, collection, "annie", ANNA)
    by_photo = answer(alice, "SearchUsersByImage", CollectionId=collection, Image=one(ANNA))
    by_user = answer(alice, "SearchUsers", CollectionId=collection, UserId="anna")
    by_face = answer(alice, "SearchUsers", CollectionId=collection, FaceId=face)
    assert {match["User"]["UserId"] for match in by_photo["UserMatches"]} == {"anna", "annie"}
    assert [match["User"]["UserId"] for match in by_user["UserMatches"]] == ["annie"]
    assert [match["User"]["UserId"] for match in by_face["UserMatches"]] == ["annie"]


def test_a_face_of_nobody_is_no_user(alice, collection):
    index(alice, collection, one(ANNA))
    found = answer(alice, "SearchUsersByImage", CollectionId=collection, Image=one(ANNA))
    assert found["UserMatches"] == []


def test_a_photo_without_a_face_finds_no_user_and_is_no_error(alice, collection):
    found = answer(alice, "SearchUsersByImage", CollectionId=collection, Image=one(BLACK))
    assert (found["UserMatches"], "SearchedFace" in found) == ([], False)


def test_faces_that_were_not_searched_for_are_named(alice, collection):
    photo = image(crowd((ANNA, 150), (BORIS, 100)))
    found = answer(alice, "SearchUsersByImage", CollectionId=collection, Image=photo)
    assert [one["Reasons"] for one in found["UnsearchedFaces"]] == [["FACE_NOT_LARGEST"]]


# CompareFaces, DetectFaces


def test_faces_of_the_target_are_matched_or_not(alice):
    target = image(crowd((ANNA, 100), (BORIS, 150), (WHITE, 40)))
    found, headers = sent(alice, "CompareFaces", SourceImage=one(ANNA), TargetImage=target)
    assert [len(found["FaceMatches"]), len(found["UnmatchedFaces"])] == [1, 1]
    assert found["FaceMatches"][0]["Similarity"] >= 80
    assert headers["x-countenance-faces-not-used"] == "1; face_too_small=1"


@pytest.mark.parametrize(("source", "target"), [(BLACK, ANNA), (ANNA, BLACK)], ids=["source", "target"])
def test_a_comparison_without_a_face_is_an_error(alice, source, target):
    error = refused(alice, "CompareFaces", SourceImage=one(source), TargetImage=one(target))
    assert error.name == "InvalidParameterException"
    assert error.message == "There are no faces in the image. Should be at least 1."


def test_faces_are_detected_with_what_is_no_inference_about_the_person(alice):
    found = answer(alice, "DetectFaces", Image=image(crowd((ANNA, 100), (WHITE, 40))), Attributes=["ALL"])
    assert [set(one) for one in found["FaceDetails"]] == [
        {"BoundingBox", "Confidence", "Landmarks", "Quality", "Pose"}
    ] * 2


def test_a_photo_without_a_face_has_none_and_is_no_error(alice):
    assert answer(alice, "DetectFaces", Image=one(BLACK)) == {"FaceDetails": []}


# What is refused


def test_police_are_denied_and_nothing_is_looked_at(world):
    error = refused(Program(world.bob), "DetectFaces", Image=one(ANNA))
    assert (error.name, error.headers["x-countenance-code"]) == ("AccessDeniedException", "us-police-2020")
    assert error.headers["x-countenance-decision"].startswith("rul_")


def test_a_barred_call_is_denied_whatever_its_photo_is(world):
    error = refused(Program(world.bob), "DetectFaces", Image=image(b"no photo"))
    assert error.name == "AccessDeniedException"


def test_a_key_that_does_not_say_who_is_searched_for_is_denied_with_the_remedy(world, collection):
    facts = {name: value for name, value in FACTS.items() if name != "subject_class"}
    forgetful = Program(world.alice, facts)
    error = refused(forgetful, "SearchFacesByImage", CollectionId=collection, Image=one(ANNA))
    assert error.name == "AccessDeniedException"
    assert "subject" in error.message.lower()


def test_where_people_judge_first_the_call_is_denied_and_names_the_job(world):
    strict = Program(new_side_with(review=Review.BEFORE_RELEASE))
    own = strict.collection()
    error = refused(strict, "SearchFacesByImage", CollectionId=own, Image=one(ANNA))
    assert (error.name, error.headers["x-countenance-code"]) == ("AccessDeniedException", "review_required")
    assert "job_" in error.message


def test_a_fact_of_the_key_that_cannot_be_ruled_on_is_denied_and_never_no_face(world, collection):
    odd = Program(world.alice, FACTS | {"authorization": {"issuer": "Court"}})
    error = refused(odd, "SearchFacesByImage", CollectionId=collection, Image=one(ANNA))
    assert error.name == "AccessDeniedException"
    assert "authorization" in error.message


def test_without_a_worker_clients_are_told_to_send_it_again(alice):
    assert alice.refused("DetectFaces", Image=one(ANNA)).name == "ThrottlingException"


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        (image(b"GIF89a"), "InvalidImageFormatException"),
        (image(crowd((ANNA, 60))), "InvalidParameterException"),
        ({}, "InvalidParameterException"),
        ({"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}, "InvalidS3ObjectException"),
    ],
    ids=["no photo", "too small", "no image", "no store"],
)
def test_a_photo_that_is_not_taken_is_the_error_of_the_model(alice, photo, name):
    assert refused(alice, "DetectFaces", Image=photo).name == name


def test_a_call_is_recorded_with_its_faces(alice):
    answer(alice, "DetectFaces", Image=image(jpeg(ANNA)))
    with tenant_scope(alice.side.organization):
        assert [call.faces for call in Call.objects.all()] == [1]
        assert not Face.objects.exists()


def new_side_with(**conditions: Any) -> Side:
    return new_side(f"Conditional {next(_numbers)}", conditions=Obligations(**conditions))
