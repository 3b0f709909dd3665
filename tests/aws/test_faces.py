"""Faces are listed page by page and erased one by one; users come and go without a face being lost."""

import pytest

from portal.audit.models import Event
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure
from recognition.models import Image, Subject
from tests.aws.conftest import FACTS, Program
from tests.aws.stored import index, person
from tests.compliance.conftest import new_officer
from tests.compliance.test_legal_holds import demanded, held
from tests.support.threads import together

NOBODYS = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def name(alice: Program) -> str:
    return alice.collection()


def faces(program: Program, collection: str, **values) -> list[str]:
    page = program.call("ListFaces", CollectionId=collection, **values)
    return [face["FaceId"] for face in page["Faces"]]


def test_a_face_is_listed_with_its_box_as_shares_of_the_photo(alice, name):
    [face_id] = index(alice.side, name, person(1), "photo:1.jpg")
    [face] = alice.call("ListFaces", CollectionId=name)["Faces"]
    assert face["BoundingBox"] == {"Width": 0.25, "Height": 0.6, "Left": -0.01, "Top": 0.1}
    assert (face["FaceId"], face["ExternalImageId"], face["Confidence"]) == (face_id, "photo:1.jpg", 98.7)
    assert "UserId" not in face


def test_a_face_bears_the_version_of_its_collection(alice, name):
    index(alice.side, name, person(1))
    page = alice.call("ListFaces", CollectionId=name)
    assert page["Faces"][0]["IndexFacesModelVersion"] == page["FaceModelVersion"]


def test_pages_hold_each_face_once_in_the_order_of_indexing(alice, name):
    known = index(alice.side, name, person(1, photos=5))
    found, token = [], {}
    while token != {"NextToken": None}:
        page = alice.call("ListFaces", CollectionId=name, MaxResults=2, **token)
        found += [face["FaceId"] for face in page["Faces"]]
        token = {"NextToken": page.get("NextToken")}
    assert found == known


def test_a_list_asks_the_database_no_more_for_many_faces_than_for_one(
    alice, name, django_assert_max_num_queries
):
    index(alice.side, name, person(1, photos=30))
    with django_assert_max_num_queries(8):  # the scope, the collection, faces, photos, people
        assert len(faces(alice, name)) == 30


def test_faces_are_listed_by_user_and_by_id(alice, name):
    one, two, three = index(alice.side, name, person(1, photos=3))
    alice.call("CreateUser", CollectionId=name, UserId="anna")
    alice.call("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=[two])
    assert faces(alice, name, UserId="anna") == [two]
    assert faces(alice, name, FaceIds=[three, one, NOBODYS]) == [one, three]
    assert alice.refused("ListFaces", CollectionId=name, UserId="boris").name == "ResourceNotFoundException"


def test_an_erased_face_is_gone_with_its_photo_and_its_subject(alice, name):
    one, two = index(alice.side, name, person(1, photos=2))
    answer = alice.call("DeleteFaces", CollectionId=name, FaceIds=[one, one])
    assert answer == {"DeletedFaces": [one], "UnsuccessfulFaceDeletions": []}
    assert faces(alice, name) == [two]
    with tenant_scope(alice.side.organization):
        assert Image.objects.filter(purged_at=None).count() == 1
        assert Subject.objects.count() == 1
    event = Event.objects.filter(verb="faces.erased").latest("pk")
    assert (event.actor, event.payload) == (alice.key.public_id, {"faces": 1, "photos": 1})


def test_faces_that_are_not_erased_are_named_with_the_reason(alice, name):
    one, two = index(alice.side, name, person(1, photos=2))
    alice.call("CreateUser", CollectionId=name, UserId="anna")
    alice.call("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=[one])
    answer = alice.call("DeleteFaces", CollectionId=name, FaceIds=[one, two, NOBODYS])
    assert answer["DeletedFaces"] == [two]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": one, "UserId": "anna", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
        {"FaceId": NOBODYS, "Reasons": ["FACE_NOT_FOUND"]},
    ]


def test_another_organizations_face_is_as_one_that_never_was(alice, charlie, name):
    [theirs] = index(alice.side, name, person(1))
    own = charlie.collection()
    answer = charlie.call("DeleteFaces", CollectionId=own, FaceIds=[theirs])
    assert answer["UnsuccessfulFaceDeletions"] == [{"FaceId": theirs, "Reasons": ["FACE_NOT_FOUND"]}]
    assert faces(charlie, own, FaceIds=[theirs]) == []
    assert faces(alice, name) == [theirs]


def test_a_face_of_another_collection_is_not_erased(alice, name):
    other = alice.collection()
    [face] = index(alice.side, other, person(1))
    assert "DeletedFaces" not in alice.call("DeleteFaces", CollectionId=name, FaceIds=[face])
    assert faces(alice, other) == [face]


def test_a_face_under_a_legal_hold_is_not_erased_and_neither_is_any_other(alice, name):
    faces_here = index(alice.side, name, person(1, photos=2))
    officer = new_officer("Ada")
    held(demanded(alice.side, officer), officer)
    error = alice.refused("DeleteFaces", CollectionId=name, FaceIds=faces_here)
    assert (error.name, error.headers["x-countenance-code"]) == ("AccessDeniedException", "kept")
    assert faces(alice, name) == faces_here


def test_a_key_that_may_not_erase_erases_nothing(world, alice, name):
    known = index(alice.side, name, person(1))
    key = world.alice.new_key(defaults=FACTS, scopes=["view_results", "manage_galleries"]).key
    error = Program(world.alice, key=key).refused("DeleteFaces", CollectionId=name, FaceIds=known)
    assert error.name == "AccessDeniedException"
    assert faces(alice, name) == known


def test_a_face_that_becomes_nobodys_meanwhile_is_not_erased_unseen(alice, name, monkeypatch):
    known = index(alice.side, name, person(1, photos=2))
    alice.call("CreateUser", CollectionId=name, UserId="anna")
    alice.call("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=known[:1])
    real = erasure.lock_searches

    def late(whom):
        monkeypatch.setattr(erasure, "lock_searches", real)
        found = real(whom)
        taken_away = {"CollectionId": name, "UserId": "anna", "FaceIds": known[:1]}
        together(lambda: alice.call("DisassociateFaces", **taken_away))
        return found

    monkeypatch.setattr(erasure, "lock_searches", late)
    error = alice.refused("DeleteFaces", CollectionId=name, FaceIds=known)
    assert (error.name, faces(alice, name)) == ("ThrottlingException", known)
    assert alice.call("DeleteFaces", CollectionId=name, FaceIds=known)["DeletedFaces"] == known
