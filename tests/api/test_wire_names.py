"""REST and Rekognition: what one interface names, the other finds."""

import base64
from uuid import uuid4

import pytest

from tests.api.conftest import Program, file_of, problem
from tests.aws.conftest import FACTS
from tests.aws.conftest import Program as WireProgram
from tests.support.calls import serving
from tests.support.world import jpeg


@pytest.fixture
def both(world) -> tuple[Program, WireProgram]:
    """One key on both interfaces."""
    new = world.alice.new_key(defaults=FACTS)
    return Program(world.alice, new.bearer), WireProgram(world.alice, key=new.key)


def items(program: Program, path: str) -> list[dict]:
    answer = program.get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def indexed(wire: WireProgram, collection: str) -> dict:
    photo = base64.b64encode(jpeg()).decode()
    with serving():
        answer = wire.call(
            "IndexFaces", CollectionId=collection, Image={"Bytes": photo}, ExternalImageId="anna:1.jpg"
        )
    [record] = answer["FaceRecords"]
    return record["Face"]


def test_a_collection_is_found_over_rest_by_its_name(both):
    rest, wire = both
    collection, _ = wire.collection(), wire.collection()
    [gallery] = items(rest, f"galleries/?collection_id={collection}")
    assert gallery["collection_id"] == collection
    assert rest.get(f"galleries/{gallery['id']}/").json()["collection_id"] == collection


def test_a_gallery_made_over_rest_is_a_collection_under_the_name_it_tells(both):
    rest, wire = both
    gallery = rest.gallery()
    collection = rest.get(f"galleries/{gallery}/").json()["collection_id"]
    assert wire.call("DescribeCollection", CollectionId=collection)["FaceCount"] == 0
    assert [one["id"] for one in items(rest, f"galleries/?collection_id={collection}")] == [gallery]


@pytest.mark.parametrize("name", ["never", "", "%00", "a%20b", "x" * 300])
def test_what_nothing_is_called_finds_nothing(both, name):
    rest, _ = both
    gallery = rest.gallery()
    assert items(rest, f"galleries/?collection_id={name}") == []
    assert items(rest, f"galleries/{gallery}/subjects/?user_id={name}") == []


def test_a_face_that_was_indexed_is_the_same_face_over_rest(both):
    rest, wire = both
    collection = wire.collection()
    face, _ = (indexed(wire, collection) for _ in range(2))
    [gallery] = items(rest, f"galleries/?collection_id={collection}")
    [found] = items(rest, f"galleries/{gallery['id']}/faces/?face_id={face['FaceId']}")
    told = [found[name] for name in ("face_id", "image_id", "external_image_id", "user_id")]
    assert told == [face["FaceId"], face["ImageId"], "anna:1.jpg", None]
    assert rest.get(f"galleries/{gallery['id']}/faces/{found['id']}/").json() == found


def test_a_person_that_was_enrolled_over_rest_is_the_same_user_on_the_wire(both):
    rest, wire = both
    gallery = rest.gallery()
    with serving():
        sent = {"file": file_of(jpeg(), "a.jpg"), "name": "anna", "external_image_id": "a.jpg"}
        [made] = rest.post(f"galleries/{gallery}/faces/", sent).json()["enrolled"]
    [face] = wire.call("ListFaces", CollectionId=gallery)["Faces"]
    told = [made[name] for name in ("face_id", "user_id", "external_image_id")]
    assert told == [face["FaceId"], face["UserId"], "a.jpg"]
    [person] = items(rest, f"galleries/{gallery}/subjects/?user_id={made['user_id']}")
    assert (person["id"], person["user_id"]) == (made["subject"], made["user_id"])


def test_a_user_that_was_made_on_the_wire_is_found_by_its_name(both):
    rest, wire = both
    collection = wire.collection()
    wire.call("CreateUser", CollectionId=collection, UserId="anna-7")
    [gallery] = items(rest, f"galleries/?collection_id={collection}")
    [person] = items(rest, f"galleries/{gallery['id']}/subjects/?user_id=anna-7")
    assert person["user_id"] == "anna-7"


def test_a_face_id_is_looked_up_whole_or_not_at_all(both):
    rest, _ = both
    gallery = rest.gallery()
    assert items(rest, f"galleries/{gallery}/faces/?face_id={uuid4()}") == []
    problem(rest.get(f"galleries/{gallery}/faces/?face_id=1"), 422, "bad_face_id")


def test_a_collection_of_another_tenant_is_not_found(both, charlie):
    _, wire = both
    assert items(charlie, f"galleries/?collection_id={wire.collection()}") == []
