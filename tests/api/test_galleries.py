"""Galleries over HTTP: made complete or not at all, erased with a receipt."""

import pytest

from portal.audit.models import Event
from recognition import upkeep
from tests.api.conftest import Program, new_gallery, problem
from tests.support.jobs import work_off
from tests.support.reembedding import NEXT, work_next, workers

REQUIRED = ["name", "purpose", "legal_basis", "owner", "retention_days"]


@pytest.fixture
def enrolled(alice) -> str:
    """A gallery of Alice's with two people in it."""
    gallery = alice.gallery()
    images = [alice.image((200, 30, 30), "anna.jpg"), alice.image((30, 200, 30), "boris.jpg")]
    alice.post("jobs/", {"kind": "enroll", "gallery": gallery, "images": images})
    work_off()
    return gallery


def test_a_gallery_comes_back_as_it_was_made(alice):
    given = new_gallery(jurisdictions=["US", "US-WA"])
    made = alice.post("galleries/", given).json()
    assert {name: made[name] for name in given} == given
    assert (made["faces"], made["subjects"]) == (0, 0)
    assert alice.get(f"galleries/{made['id']}/").json() == made


@pytest.mark.parametrize("name", REQUIRED)
def test_a_gallery_needs_each_of_its_facts(alice, name):
    given = new_gallery()
    del given[name]
    body = problem(alice.post("galleries/", given), 422, "validation")
    assert [one["field"] for one in body["errors"]] == [name]
    assert alice.get("galleries/").json()["items"] == []


def test_the_source_of_photos_may_stand_in_the_key(alice, world):
    given = new_gallery()
    del given["image_source"]
    assert alice.post("galleries/", given).json()["image_source"] == "guardian"
    bare = Program(world.alice, world.alice.new_key(defaults={}).bearer)
    problem(bare.post("galleries/", given), 422, "image_source_missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retention_days", 3651),
        ("purpose", "hobby"),
        ("image_source", "torrent"),
        ("jurisdictions", ["mars"]),
    ],
)
def test_a_value_off_the_list_is_refused(alice, name, value):
    body = problem(alice.post("galleries/", new_gallery(**{name: value})), 422, "validation")
    assert body["errors"][0]["field"].startswith(name)


def test_a_gallery_for_another_purpose_is_refused(alice):
    problem(alice.post("galleries/", new_gallery(purpose="find_missing_adult")), 403, "other_purpose")


def test_a_gallery_changes_and_keeps_its_purpose(alice):
    gallery = alice.gallery()
    changed = alice.call("PATCH", f"galleries/{gallery}/", {"retention_days": 30}).json()
    assert changed["retention_days"] == 30
    problem(alice.call("PATCH", f"galleries/{gallery}/", {"purpose": "other"}), 422, "validation")


def test_subjects_and_faces_are_listed_without_templates(alice, enrolled):
    subjects = alice.get(f"galleries/{enrolled}/subjects/").json()["items"]
    assert sorted(one["name"] for one in subjects) == ["anna", "boris"]
    answer = alice.get(f"galleries/{enrolled}/faces/")
    assert {one["subject"] for one in answer.json()["items"]} == {one["id"] for one in subjects}
    assert b"template" not in answer.content
    assert alice.get(f"galleries/{enrolled}/").json()["faces"] == 2


def test_a_person_is_erased_with_a_receipt(alice, enrolled):
    subject = alice.get(f"galleries/{enrolled}/subjects/").json()["items"][0]["id"]
    receipt = alice.call("DELETE", f"galleries/{enrolled}/subjects/{subject}/").json()
    assert (receipt["faces"], receipt["subjects"]) == (1, 1)
    assert Event.objects.get(pk=receipt["event"]).verb == "subject.erased"
    problem(alice.get(f"galleries/{enrolled}/subjects/{subject}/"), 404, "not_found")
    assert len(alice.get(f"galleries/{enrolled}/faces/").json()["items"]) == 1


def test_a_subject_of_another_gallery_is_not_found(alice, enrolled):
    subject = alice.get(f"galleries/{enrolled}/subjects/").json()["items"][0]["id"]
    other = alice.gallery()
    problem(alice.call("DELETE", f"galleries/{other}/subjects/{subject}/"), 404, "not_found")
    assert alice.get(f"galleries/{enrolled}/subjects/{subject}/").status_code == 200


def test_a_deleted_gallery_is_gone_with_everybody_in_it(alice, enrolled):
    receipt = alice.call("DELETE", f"galleries/{enrolled}/").json()
    assert (receipt["faces"], receipt["subjects"]) == (2, 2)
    for path in (f"galleries/{enrolled}/", f"galleries/{enrolled}/faces/"):
        problem(alice.get(path), 404, "not_found")
    job = alice.post("jobs/", {"kind": "search", "gallery": enrolled, "images": [alice.image()]})
    problem(job, 422, "unknown_gallery")


@workers()
def test_a_gallery_is_re_embedded_by_a_key_with_the_scope_by_name(alice, world, enrolled):
    path, sent = f"galleries/{enrolled}/reembed/", {"pipeline": NEXT}
    problem(alice.post(path, sent), 403, "scope")
    named = Program(
        world.alice, world.alice.new_key(scopes=["reembed", "submit_jobs", "view_results"]).bearer
    )
    problem(named.post(path, {"pipeline": "unheard-of"}), 422, "pipeline")
    begun = named.post(path, sent)
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    problem(named.post(path + "accept/", {}), 409, "reembed_running")
    assert named.call("DELETE", path).json()["state"] == "none"
    named.post(path, sent)
    work_next()
    assert named.get(path).json()["pipeline"] == NEXT


def test_a_gallery_is_re_keyed_by_a_key_with_the_scope_by_name(alice, world, enrolled):
    problem(alice.post(f"galleries/{enrolled}/rekey/", {"reason": "theft"}), 403, "scope")
    named = Program(world.alice, world.alice.new_key(scopes=["renew_keys", "view_results"]).bearer)
    made = named.post(f"galleries/{enrolled}/rekey/", {"reason": "theft"})
    assert made.status_code == 202
    assert made.json() == {"key_version": 2, "faces": 2, "turned": 0, "running": True}
    problem(named.post(f"galleries/{enrolled}/rekey/", {"reason": "theft"}), 409, "rekey_running")
    while upkeep.run():
        pass
    assert named.get(f"galleries/{enrolled}/rekey/").json() == {
        "key_version": 2,
        "faces": 2,
        "turned": 2,
        "running": False,
    }
