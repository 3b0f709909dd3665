"""Tags are the tenant's own, but for those of ours, which may only narrow."""

from dataclasses import replace

import pytest

from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from recognition.actions import galleries, tags
from recognition.models import Gallery
from tests.aws.conftest import Program
from tests.support.jobs import ANNA, new_desk, photo

KEPT = "countenance:retention_days"
SIMILAR = "countenance:min_similarity"
BUDGET = "countenance:false_candidates"


def arn(program: Program, collection: str) -> str:
    return program.call("DescribeCollection", CollectionId=collection)["CollectionARN"]


def gallery(program: Program, collection: str) -> Gallery:
    with tenant_scope(program.side.organization):
        return Gallery.objects.called(collection).get()


def tags_of(program: Program, collection: str) -> dict[str, str]:
    return program.call("ListTagsForResource", ResourceArn=arn(program, collection))["Tags"]


def test_tags_are_set_changed_and_taken_off(alice):
    name = alice.collection(Tags={"team": "a", "Größe": "2 m"})
    alice.call("TagResource", ResourceArn=arn(alice, name), Tags={"team": "b", "x": ""})
    alice.call("UntagResource", ResourceArn=arn(alice, name), TagKeys=["x", "never"])
    assert tags_of(alice, name) == {"team": "b", "Größe": "2 m"}


def test_a_tag_lets_faces_be_kept_for_a_shorter_time(alice):
    name = alice.collection(Tags={KEPT: "30"})
    assert gallery(alice, name).retention_days == 30
    alice.call("TagResource", ResourceArn=arn(alice, name), Tags={KEPT: "7"})
    assert gallery(alice, name).retention_days == 7


@pytest.mark.parametrize(
    ("tag", "narrow", "wide"), [(KEPT, "30", "31"), (SIMILAR, "95", "94"), (BUDGET, "0.5", "1")]
)
def test_a_tag_of_ours_never_widens(alice, tag, narrow, wide):
    name = alice.collection(Tags={tag: narrow})
    error = alice.refused("TagResource", ResourceArn=arn(alice, name), Tags={tag: wide})
    gone = alice.refused("UntagResource", ResourceArn=arn(alice, name), TagKeys=[tag])
    assert error.name == gone.name == "AccessDeniedException"
    assert tags_of(alice, name) == {tag: narrow}


def test_a_search_names_nobody_below_what_a_tag_says(database):
    desk = new_desk()
    tags.add(gallery=desk.gallery, tags={SIMILAR: "97"}, by=desk.by)
    with tenant_scope(desk.tenant.organization):
        tagged = replace(desk, gallery=Gallery.objects.get(pk=desk.gallery.pk))
    job = tagged.submit("search", [("probe.png", photo(ANNA))], threshold=80)
    assert (job.threshold, job.threshold_reason) == (97, "floor")


def test_a_tag_keeps_no_face_longer_than_the_key_says(alice):
    error = alice.refused("CreateCollection", CollectionId="long", Tags={KEPT: "91"})
    assert error.name == "AccessDeniedException"
    assert alice.call("ListCollections")["CollectionIds"] == []


def test_nobody_keeps_faces_longer_than_a_tag_says(alice):
    made = gallery(alice, alice.collection(Tags={KEPT: "30"}))
    with pytest.raises(InvalidInput, match="retention_tagged"):
        galleries.change(gallery=made, retention_days=31, by=alice.side.actor)
    assert galleries.change(gallery=made, retention_days=20, by=alice.side.actor).retention_days == 20


@pytest.mark.parametrize(
    "wrong",
    [{KEPT: "0"}, {KEPT: "ten"}, {SIMILAR: "101"}, {SIMILAR: "nan"}, {BUDGET: "0"}, {"countenance:x": "1"}],
)
def test_what_a_tag_of_ours_cannot_say_is_no_parameter(alice, wrong):
    error = alice.refused("CreateCollection", CollectionId="wrong", Tags=wrong)
    assert error.name == "InvalidParameterException"


def test_a_collection_has_two_hundred_tags_at_most(alice):
    name = alice.collection(Tags={f"k{number}": "" for number in range(200)})
    error = alice.refused("TagResource", ResourceArn=arn(alice, name), Tags={"one-more": ""})
    assert error.name == "ServiceQuotaExceededException"
    assert len(tags_of(alice, name)) == 200


def test_another_organizations_tags_are_as_those_of_nothing(alice, charlie):
    known = arn(alice, alice.collection(Tags={"team": "a"}))
    own = arn(charlie, charlie.collection())
    for wanted in (known, own.replace(own.rpartition("/")[2], "never"), "a" * 20, known.upper()):
        error = charlie.refused("ListTagsForResource", ResourceArn=wanted)
        assert error.name == "ResourceNotFoundException"
