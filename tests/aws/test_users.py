"""Users are subjects whom a program named; faces become theirs, and nobody's again."""

import pytest

from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import Review
from portal.audit.models import Event
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, subjects
from recognition.models import Call, CaseRecord, Face, FaceMove, Gallery, RequestToken, Subject
from tests.aws.conftest import FACTS, Program
from tests.aws.stored import index, person
from tests.compliance.conftest import new_officer
from tests.compliance.test_legal_holds import demanded, held
from tests.support.threads import together
from tests.support.world import new_side

NOBODYS = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def name(alice: Program) -> str:
    return alice.collection()


def user(program: Program, collection: str, user_id: str = "anna", faces: list[str] | None = None) -> str:
    program.call("CreateUser", CollectionId=collection, UserId=user_id)
    if faces:
        say(program, collection, user_id, faces)
    return user_id


def say(program: Program, collection: str, user_id: str, faces: list[str], **values):
    return program.call("AssociateFaces", CollectionId=collection, UserId=user_id, FaceIds=faces, **values)


def users(program: Program, collection: str) -> list[dict[str, str]]:
    return program.call("ListUsers", CollectionId=collection)["Users"]


def test_a_user_is_created_before_and_active_with_a_face(alice, name):
    faces = index(alice.side, name, person(1))
    user(alice, name, "anna", faces)
    user(alice, name, "boris")
    assert users(alice, name) == [
        {"UserId": "anna", "UserStatus": "ACTIVE"},
        {"UserId": "boris", "UserStatus": "CREATED"},
    ]


def test_faces_that_nobody_named_are_no_users(alice, name):
    index(alice.side, name, person(1, photos=3))
    assert users(alice, name) == []


def test_a_user_id_is_used_once_a_collection(alice, name):
    user(alice, name)
    assert alice.refused("CreateUser", CollectionId=name, UserId="anna").name == "ConflictException"
    assert alice.call("CreateUser", CollectionId=name, UserId="Anna") == {}
    assert alice.call("CreateUser", CollectionId=alice.collection(), UserId="anna") == {}


def test_pages_hold_each_user_once(alice, name):
    for number in range(5):
        user(alice, name, f"user-{number}")
    found, token = [], {}
    while token != {"NextToken": None}:
        page = alice.call("ListUsers", CollectionId=name, MaxResults=2, **token)
        found += [one["UserId"] for one in page["Users"]]
        token = {"NextToken": page.get("NextToken")}
    assert found == [f"user-{number}" for number in range(5)]


def test_faces_alike_become_a_users_and_a_stranger_does_not(alice, name):
    own = index(alice.side, name, person(1, photos=3))
    [stranger] = index(alice.side, name, person(2))
    user(alice, name)
    answer = say(alice, name, "anna", [*own, stranger])
    [failed] = answer["UnsuccessfulFaceAssociations"]
    assert [one["FaceId"] for one in answer["AssociatedFaces"]] == own
    assert (failed["FaceId"], failed["Reasons"]) == (stranger, ["LOW_MATCH_CONFIDENCE"])
    assert failed["Confidence"] < 75
    assert answer["UserStatus"] == "ACTIVE"


def test_a_lower_threshold_lets_a_stranger_in(alice, name):
    own, other = index(alice.side, name, person(1)), index(alice.side, name, person(2))
    user(alice, name, faces=own)
    answer = say(alice, name, "anna", other, UserMatchThreshold=0)
    assert [one["FaceId"] for one in answer["AssociatedFaces"]] == other


def test_what_cannot_be_associated_is_named_with_the_reason(alice, name):
    one, two = index(alice.side, name, person(1, photos=2))
    user(alice, name, "anna", [one])
    user(alice, name, "boris", [two])
    answer = say(alice, name, "anna", [one, two, NOBODYS])
    assert answer["AssociatedFaces"] == []  # the first is hers already, and is passed over
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": two, "UserId": "boris", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
        {"FaceId": NOBODYS, "Reasons": ["FACE_NOT_FOUND"]},
    ]


def test_a_user_has_a_hundred_faces_at_most(alice, name):
    faces = index(alice.side, name, person(1, photos=101))
    user(alice, name, "anna", faces[:100])
    error = alice.refused("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=faces[100:])
    assert error.name == "ServiceQuotaExceededException"
    assert alice.call("ListFaces", CollectionId=name, UserId="anna")["Faces"][-1]["FaceId"] == faces[99]


def test_an_association_is_ruled_on_and_leaves_its_traces(alice, name):
    faces = index(alice.side, name, person(1, photos=2))
    user(alice, name, "anna", faces)
    with tenant_scope(alice.side.organization):
        call = Call.objects.latest("created_at")
        assert FaceMove.objects.filter(went_to__user_id="anna").count() == 2
    ruled = Event.objects.filter(verb="ruling.made", target=call.ruling).latest("pk")
    assert (call.kind, ruled.payload["outcome"], call.threshold) == ("compare", "cleared", 75)
    assert Event.objects.filter(verb="face.moved", actor=alice.key.public_id).count() >= 2


def test_a_barred_organization_associates_nothing(world):
    bob = Program(world.bob, FACTS | {"subject_class": "suspect"})
    name = bob.collection()
    [face] = index(bob.side, name, person(1))
    user(bob, name)
    error = bob.refused("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=[face])
    assert error.name == "AccessDeniedException"
    assert error.headers["x-countenance-decision"].startswith("rul_")
    assert bob.call("ListFaces", CollectionId=name, UserId="anna")["Faces"] == []


def test_a_face_taken_away_is_nobodys_and_may_come_back(alice, name):
    faces = index(alice.side, name, person(1, photos=2))
    user(alice, name, "anna", faces)
    answer = alice.call("DisassociateFaces", CollectionId=name, UserId="anna", FaceIds=faces[:1])
    assert ([one["FaceId"] for one in answer["DisassociatedFaces"]], answer["UserStatus"]) == (
        faces[:1],
        "ACTIVE",
    )
    assert "UserId" not in alice.call("ListFaces", CollectionId=name, FaceIds=faces[:1])["Faces"][0]
    assert say(alice, name, "anna", faces[:1])["AssociatedFaces"] == [{"FaceId": faces[0]}]


def test_what_cannot_be_taken_away_is_named_with_the_reason(alice, name):
    one, two, three = index(alice.side, name, person(1, photos=3))
    user(alice, name, "anna", [one])
    user(alice, name, "boris", [two])
    answer = alice.call("DisassociateFaces", CollectionId=name, UserId="anna", FaceIds=[two, three, NOBODYS])
    assert answer["DisassociatedFaces"] == []
    assert [one["Reasons"] for one in answer["UnsuccessfulFaceDisassociations"]] == [
        ["ASSOCIATED_TO_A_DIFFERENT_USER"],
        ["FACE_NOT_FOUND"],
    ]


def test_a_user_who_is_given_up_leaves_the_faces_to_nobody(alice, name):
    faces = index(alice.side, name, person(1, photos=2))
    user(alice, name, "anna", faces)
    assert alice.call("DeleteUser", CollectionId=name, UserId="anna") == {}
    assert users(alice, name) == []
    listed = alice.call("ListFaces", CollectionId=name)["Faces"]
    assert [(face["FaceId"], "UserId" in face) for face in listed] == [(face, False) for face in faces]
    with tenant_scope(alice.side.organization):
        assert Face.objects.values("subject").distinct().count() == 2


def test_the_same_token_with_the_same_input_does_it_once(alice, name):
    token = {"ClientRequestToken": "token-1"}
    for _ in range(2):
        assert alice.call("CreateUser", CollectionId=name, UserId="anna", **token) == {}
    assert len(users(alice, name)) == 1


def test_the_same_token_with_other_input_is_refused(alice, name):
    token = {"ClientRequestToken": "token-1"}
    alice.call("CreateUser", CollectionId=name, UserId="anna", **token)
    error = alice.refused("CreateUser", CollectionId=name, UserId="boris", **token)
    gone = alice.refused("DeleteUser", CollectionId=name, UserId="anna", **token)
    assert error.name == gone.name == "IdempotentParameterMismatchException"
    assert [one["UserId"] for one in users(alice, name)] == ["anna"]


def test_a_repeated_association_gives_the_first_answer(alice, name):
    own, other = index(alice.side, name, person(1)), index(alice.side, name, person(2))
    user(alice, name, faces=own)
    token = {"ClientRequestToken": "token-2"}
    first = say(alice, name, "anna", [*other, NOBODYS], **token)
    assert say(alice, name, "anna", [*other, NOBODYS], **token) == first


def test_a_token_of_a_call_that_failed_is_free(alice, name):
    token = {"ClientRequestToken": "token-3"}
    user(alice, name)
    alice.refused("CreateUser", CollectionId=name, UserId="anna", **token)
    assert alice.call("CreateUser", CollectionId=name, UserId="boris", **token) == {}


def test_many_equal_calls_at_once_make_one_user(alice, name):
    token = {"CollectionId": name, "UserId": "anna", "ClientRequestToken": "token-4"}
    answers = together(*[lambda: alice.call("CreateUser", **token)] * 4)
    assert answers == [{}] * 4
    assert len(users(alice, name)) == 1


def test_a_subject_made_elsewhere_is_a_user_under_its_own_id(alice, name):
    with tenant_scope(alice.side.organization):
        gallery = Gallery.objects.called(name).get()
    made = subjects.create(gallery=gallery, name="Anna K.", by=alice.side.actor)
    [face] = index(alice.side, name, person(1))
    assert say(alice, name, made.public_id, [face])["AssociatedFaces"] == [{"FaceId": face}]
    assert users(alice, name) == [{"UserId": made.public_id, "UserStatus": "ACTIVE"}]


def test_another_organizations_user_is_as_one_that_never_was(alice, charlie, name):
    user(alice, name)
    own = charlie.collection()
    error = charlie.refused("DeleteUser", CollectionId=own, UserId="anna")
    assert (error.name, error.message) == (
        "ResourceNotFoundException",
        "The user id: anna does not exist.",
    )
    assert len(users(alice, name)) == 1


def test_nothing_of_a_deleted_collection_stays(alice, name):
    faces = index(alice.side, name, person(1, photos=2))
    user(alice, name, "anna", faces)
    alice.call("CreateUser", CollectionId=name, UserId="boris", ClientRequestToken="token-5")
    alice.call("DeleteCollection", CollectionId=name)
    with tenant_scope(alice.side.organization):
        assert not Face.objects.exists()
        assert not Subject.objects.exists()
        assert not RequestToken.objects.exists()


def test_lists_of_subjects_leave_out_those_that_stand_for_a_face_of_somebody(alice, name):
    faces = index(alice.side, name, person(1, photos=3))
    user(alice, name, "anna", faces[:2])
    with tenant_scope(alice.side.organization):
        counted = Gallery.objects.with_counts().called(name).get()
        assert Subject.objects.filter(gallery=counted).count() == 4
    assert (counted.subject_count, counted.face_count) == (2, 3)


def test_a_face_of_nobody_that_is_given_a_name_is_a_user(alice, name):
    index(alice.side, name, person(1))
    with tenant_scope(alice.side.organization):
        nobody = Subject.objects.get(is_unnamed=True)
    subjects.rename(subject=nobody, name="Anna", by=alice.side.actor)
    assert users(alice, name) == [{"UserId": nobody.public_id, "UserStatus": "ACTIVE"}]


def test_an_erased_user_leaves_no_subject_behind(alice, name):
    faces = index(alice.side, name, person(1, photos=2))
    user(alice, name, "anna", faces)
    with tenant_scope(alice.side.organization):
        anna = Subject.objects.get(user_id="anna")
    erasure.erase_subject(subject=anna, by=alice.side.actor)
    with tenant_scope(alice.side.organization):
        assert not Subject.objects.exists()


def test_the_person_of_a_case_is_not_given_up(alice, name):
    user(alice, name)
    with tenant_scope(alice.side.organization):
        anna = Subject.objects.get(user_id="anna")
        record = CaseRecord.objects.create(
            organization=alice.side.organization,
            reference="CASE-9",
            purpose="find_missing_child",
            requested_by="self",
            created_by="test",
        )
        Subject.objects.filter(pk=anna.pk).update(record=record)
    assert alice.refused("DeleteUser", CollectionId=name, UserId="anna").name == "ConflictException"
    assert len(users(alice, name)) == 1


def test_a_user_under_a_legal_hold_is_not_given_up(alice, name):
    user(alice, name)
    officer = new_officer("Ada")
    held(demanded(alice.side, officer), officer)
    assert alice.refused("DeleteUser", CollectionId=name, UserId="anna").name == "AccessDeniedException"
    assert len(users(alice, name)) == 1


def test_where_reviewers_judge_first_a_program_says_of_no_face_whom_it_shows(database):
    side = new_side("Quayside Aid", conditions=Obligations(review=Review.BEFORE_RELEASE))
    program = Program(side)
    name = program.collection()
    [face] = index(side, name, person(1))
    user(program, name)
    error = program.refused("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=[face])
    assert (error.name, error.headers["x-countenance-code"]) == ("AccessDeniedException", "review_required")
    assert program.call("ListFaces", CollectionId=name, UserId="anna")["Faces"] == []


@pytest.mark.parametrize("fact", ["requested_by", "recipient", "subject_class", "case_reference"])
def test_without_a_fact_no_face_is_compared_and_the_remedy_is_named(world, name, fact):
    rest = {one: value for one, value in FACTS.items() if one != fact}
    program = Program(world.alice, rest)
    error = program.refused("AssociateFaces", CollectionId=name, UserId="anna", FaceIds=[NOBODYS])
    assert error.name == "AccessDeniedException"
    assert f"({fact})" in error.message


def test_a_tag_lets_in_only_faces_that_are_more_alike(alice):
    name = alice.collection(Tags={"countenance:min_similarity": "100"})
    own, other = index(alice.side, name, person(1)), index(alice.side, name, person(2))
    user(alice, name, faces=own)
    answer = say(alice, name, "anna", other, UserMatchThreshold=0)
    assert answer["UnsuccessfulFaceAssociations"][0]["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
