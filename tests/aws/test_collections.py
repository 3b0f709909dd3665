"""Collections are galleries of the key's purpose; nobody else's are there."""

import pytest

from portal.aws import dispatch
from portal.aws.errors import CODE, DECISION, WireError
from portal.tenancy.models import ApiKey
from portal.tenancy.scope import tenant_scope
from recognition.actions import galleries
from recognition.models import Gallery
from tests.api.conftest import new_gallery
from tests.aws.conftest import FACTS, Program
from tests.aws.stored import index, person
from tests.support.world import new_side


def gallery_of(program: Program, collection: str) -> Gallery:
    with tenant_scope(program.side.organization):
        return Gallery.objects.called(collection).get()


def test_a_collection_carries_what_its_key_says(alice):
    name = alice.collection()
    made = gallery_of(alice, name)
    assert (made.legal_basis, made.owner, made.retention_days) == ("Guardians' consent", "Case team", 90)
    assert (made.image_source, made.purpose, made.name) == ("guardian", "find_missing_child", name)


def test_a_collection_is_described_with_its_counts(alice):
    name = alice.collection()
    index(alice.side, name, person(1, photos=3))
    alice.call("CreateUser", CollectionId=name, UserId="anna")
    told = alice.call("DescribeCollection", CollectionId=name)
    assert (told["FaceCount"], told["UserCount"]) == (3, 1)
    assert told["CollectionARN"].endswith(f":collection/{name}")
    assert told["CreationTimestamp"] == pytest.approx(
        gallery_of(alice, name).created_at.timestamp(), abs=0.01
    )


@pytest.mark.parametrize("fact", ["legal_basis", "owner", "retention_days", "image_source"])
def test_without_a_fact_no_collection_is_made_and_the_remedy_is_named(world, fact):
    program = Program(world.alice, {name: value for name, value in FACTS.items() if name != fact})
    error = program.refused("CreateCollection", CollectionId="children")
    assert error.name == "AccessDeniedException"
    assert f"({fact})" in error.message
    assert "Ask an administrator" in error.message
    assert program.call("ListCollections")["CollectionIds"] == []


def test_a_collection_id_is_used_once_at_a_time(alice):
    name = alice.collection()
    assert alice.refused("CreateCollection", CollectionId=name).name == "ResourceAlreadyExistsException"
    alice.call("DeleteCollection", CollectionId=name)
    assert alice.call("CreateCollection", CollectionId=name)["StatusCode"] == 200


def test_a_collection_id_knows_small_letters_from_capitals(alice):
    name = alice.collection()
    assert alice.call("CreateCollection", CollectionId=name.upper())["StatusCode"] == 200
    assert alice.call("ListCollections")["CollectionIds"] == [name, name.upper()]


def test_a_gallery_made_elsewhere_is_reached_under_its_own_id(alice):
    made = galleries.create(organization=alice.side.organization, by=alice.side.actor, **new_gallery())
    assert alice.call("DescribeCollection", CollectionId=made.public_id)["FaceCount"] == 0
    again = alice.refused("CreateCollection", CollectionId=made.public_id)
    assert again.name == "ResourceAlreadyExistsException"


def test_a_collection_may_be_called_as_a_gallery_made_elsewhere(alice):
    values = new_gallery(name="children")
    galleries.create(organization=alice.side.organization, by=alice.side.actor, **values)
    alice.call("CreateCollection", CollectionId="children")
    assert alice.call("DescribeCollection", CollectionId="children")["FaceCount"] == 0


def test_a_long_collection_id_is_kept_whole(alice):
    name = "c" * 255
    alice.call("CreateCollection", CollectionId=name)
    assert alice.call("ListCollections")["CollectionIds"] == [name]


@pytest.mark.parametrize("operation", ["DescribeCollection", "DeleteCollection", "ListFaces", "ListUsers"])
def test_another_organizations_collection_is_as_one_that_never_was(alice, charlie, operation):
    name = alice.collection()
    there = charlie.refused(operation, CollectionId=name)
    never = charlie.refused(operation, CollectionId="never")
    assert there.name == never.name == "ResourceNotFoundException"
    assert there.message.replace(name, "never") == never.message


def test_a_collection_of_another_purpose_is_as_one_that_never_was(alice):
    other = new_side("Other purpose", purpose="find_missing_adult")
    key = alice.side.new_key(purpose="find_missing_adult", end_user=other.end_user, defaults=FACTS).key
    name = alice.collection()
    program = Program(alice.side, key=key)
    assert program.refused("DescribeCollection", CollectionId=name).name == "ResourceNotFoundException"
    assert program.call("ListCollections")["CollectionIds"] == []


def test_a_deleted_collection_is_not_there(alice):
    collection = alice.collection()
    alice.call("DeleteCollection", CollectionId=collection)

    assert alice.refused("ListFaces", CollectionId=collection).name == "ResourceNotFoundException"


def test_two_organizations_use_the_same_collection_id(alice, charlie):
    alice.call("CreateCollection", CollectionId="children")
    charlie.call("CreateCollection", CollectionId="children")
    index(alice.side, "children", person(1))
    assert charlie.call("DescribeCollection", CollectionId="children")["FaceCount"] == 0


def test_pages_hold_each_collection_once(alice):
    names = [alice.collection() for _ in range(5)]
    found, token = [], {}
    for _ in range(3):
        page = alice.call("ListCollections", MaxResults=2, **token)
        assert len(page["CollectionIds"]) == len(page["FaceModelVersions"])
        found += page["CollectionIds"]
        token = {"NextToken": page.get("NextToken")}
    assert (found, token) == (names, {"NextToken": None})


def test_a_token_of_another_organization_or_list_is_as_good_as_made_up(alice, charlie):
    own = [alice.collection() for _ in range(2)]
    token = alice.call("ListCollections", MaxResults=1)["NextToken"]
    errors = [
        charlie.refused("ListCollections", NextToken=token),
        alice.refused("ListFaces", CollectionId=own[0], NextToken=token),
        alice.refused("ListCollections", NextToken=token[:-1] + ("A" if token[-1] != "A" else "B")),
        alice.refused("ListCollections", NextToken="made-up"),
    ]
    assert {error.name for error in errors} == {"InvalidPaginationTokenException"}


def test_a_token_of_one_collection_is_none_of_another(alice):
    first, second = alice.collection(), alice.collection()
    index(alice.side, first, person(1, photos=2))
    token = alice.call("ListFaces", CollectionId=first, MaxResults=1)["NextToken"]
    error = alice.refused("ListFaces", CollectionId=second, NextToken=token)
    assert error.name == "InvalidPaginationTokenException"


def test_a_key_without_the_scope_reads_and_changes_nothing(world):
    key = world.alice.new_key(defaults=FACTS).key
    ApiKey.objects.filter(pk=key.pk).update(scopes=["upload"])
    key.refresh_from_db()
    error = Program(world.alice, key=key).refused("ListCollections")
    assert (error.name, error.headers[CODE]) == ("AccessDeniedException", "scope")
    assert DECISION not in error.headers


@pytest.mark.parametrize("name", ["DetectLabels", "StartFaceSearch", "GetFaceDetection"])
def test_what_the_service_has_besides_is_not_offered(name):
    with pytest.raises(WireError) as refused:
        dispatch.operation_of(f"RekognitionService.{name}")
    assert (refused.value.name, "not offered by this service" in refused.value.message) == (
        "AccessDeniedException",
        True,
    )


@pytest.mark.parametrize(
    "target",
    ["", "ListCollections", "RekognitionService.", "RekognitionService.Nonsense", "Dynamo.ListTables"],
)
def test_what_the_service_never_had_is_unknown(target):
    with pytest.raises(WireError) as refused:
        dispatch.operation_of(target)
    assert refused.value.name == "UnknownOperationException"
