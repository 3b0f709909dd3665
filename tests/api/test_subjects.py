"""Subjects over HTTP: made, named, merged, taken apart, and whom a face shows."""

import json

import jsonschema
import pytest

from portal.tenancy.scope import tenant_scope
from recognition.models import Shard, ShardState, Subject
from tests.api.conftest import Program, problem
from tests.api.test_docs import of_component, schema  # noqa: F401 - a fixture
from tests.support.jobs import ANNA, BORIS, work_off

REASON = "The scar over the left eye is the same."


class People(dict):
    """Ids of a gallery's subjects by name, and where they are."""

    def __init__(self, program: Program, gallery: str) -> None:
        items = program.get(f"galleries/{gallery}/subjects/").json()["items"]
        super().__init__({one["name"]: one["id"] for one in items})
        self.program, self.gallery = program, f"galleries/{gallery}/"

    def at(self, name: str) -> str:
        return f"{self.gallery}subjects/{self[name]}/"

    def merge(self, survivor: str, other: str):
        return self.program.post(f"{self.at(survivor)}merge/", {"subject": self[other], "reason": REASON})

    def faces(self, name: str) -> list[str]:
        answer = self.program.get(f"{self.gallery}faces/?subject={self[name]}")
        return [one["id"] for one in answer.json()["items"]]


@pytest.fixture
def people(alice) -> People:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    gallery = alice.gallery()
    photos = [alice.image(ANNA, "anna.jpg"), alice.image(ANNA, "ann.jpg"), alice.image(BORIS, "boris.jpg")]
    alice.post("jobs/", {"kind": "enroll", "gallery": gallery, "images": photos})
    work_off()
    return People(alice, gallery)


def test_a_merge_and_its_undoing_answer_as_described(alice, people, schema):  # noqa: F811
    made = people.merge("anna", "ann")
    assert (made.status_code, made.json()["survivor"]) == (201, people["anna"])
    jsonschema.validate(made.json(), of_component(schema, "MergeOutput"))
    assert len(people.faces("anna")) == 2
    told = {"merge": made.json()["id"], "reason": "Twins."}
    apart = alice.post(f"{people.at('anna')}unmerge/", told).json()
    jsonschema.validate(apart, of_component(schema, "ApartOutput"))
    assert (apart["subject"]["id"], apart["faces"], apart["elsewhere"]) == (people["ann"], 1, 0)
    listed = alice.get(f"{people.at('anna')}merge/").json()["items"]
    assert [one["undone_because"] for one in listed] == ["Twins."]


def test_nobody_is_called_what_cannot_be_stored(alice, people):
    answer = alice.get(f"{people.gallery}subjects/?name=a%00b")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_who_was_merged_away_says_into_whom_and_is_listed_by_name_only(alice, people):
    people.merge("anna", "ann")
    assert alice.get(people.at("ann")).json()["merged_into"] == people["anna"]
    names = [one["name"] for one in alice.get(f"{people.gallery}subjects/").json()["items"]]
    assert sorted(names) == ["anna", "boris"]
    [found] = alice.get(f"{people.gallery}subjects/?name=ann").json()["items"]
    assert found["id"] == people["ann"]


def test_the_history_tells_which_face_came_from_where(alice, people):
    [face] = people.faces("ann")
    merge = people.merge("anna", "ann").json()["id"]
    [move] = alice.get(f"{people.at('anna')}history/").json()["items"]
    assert (move["face"], move["came_from"], move["merge"]) == (face, people["ann"], merge)


def test_a_merge_across_galleries_is_refused(alice, people):
    other = alice.post(f"galleries/{alice.gallery()}/subjects/", {"name": "anna"}).json()["id"]
    body = {"subject": other, "reason": REASON}
    problem(alice.post(f"{people.at('anna')}merge/", body), 409, "other_gallery")


def test_a_merge_with_nobody_is_refused(alice, people):
    body = {"subject": "sub_none", "reason": REASON}
    problem(alice.post(f"{people.at('anna')}merge/", body), 422, "unknown_subject")
    problem(alice.post(f"{people.at('anna')}merge/", {"subject": people["ann"]}), 422, "validation")


def test_a_face_moves_to_another_or_a_new_subject(alice, people):
    [face] = people.faces("ann")
    move = f"{people.gallery}faces/{face}/move/"
    assert alice.post(move, {"subject": people["boris"], "reason": "Mixed up."}).json()["name"] == "boris"
    assert alice.post(move, {"name": "clara", "reason": "Mixed up."}).json()["name"] == "clara"
    both = {"name": "dora", "subject": people["boris"], "reason": "Mixed up."}
    problem(alice.post(move, both), 422, "validation")
    assert people.faces("ann") == []


def test_a_subject_is_made_renamed_and_erased(alice, people):
    made = alice.post(f"{people.gallery}subjects/", {"name": "dora"})
    at = f"{people.gallery}subjects/{made.json()['id']}/"
    assert alice.call("PATCH", at, {"name": "Dora Lee"}).json()["name"] == "Dora Lee"
    problem(alice.call("PATCH", at, {"name": "anna"}), 409, "name_taken")
    assert alice.call("DELETE", at).json()["subjects"] == 1
    problem(alice.get(at), 404, "not_found")


def test_a_key_without_the_scope_merges_nobody(alice, people, world):
    reader = Program(world.alice, world.alice.new_key(scopes=["view_results"]).bearer)
    body = {"subject": people["ann"], "reason": REASON}
    assert reader.post(f"{people.at('anna')}merge/", body).status_code == 403
    assert len(people.faces("anna")) == 1


def test_a_strangers_key_finds_nobody_to_merge(people, charlie):
    body = {"subject": people["ann"], "reason": REASON}
    problem(charlie.post(f"{people.at('anna')}merge/", body), 404, "not_found")


def test_a_search_for_a_subject_answers_each_person_once(alice, people, schema):  # noqa: F811
    alice.post(f"{people.gallery}subjects/", {"name": "nobody"})
    body = {"kind": "search", "gallery": people.gallery.split("/")[1], "subject": people["anna"]}
    job = alice.post("jobs/", body).json()
    assert (job["subject"], job["counts"]["total"]) == (people["anna"], 1)
    work_off()
    found = alice.get(f"jobs/{job['id']}/subjects/").json()
    jsonschema.validate(found, of_component(schema, "PeopleOutput"))
    assert [(one["subject"], len(one["candidates"])) for one in found["items"]] == [("ann", 1)]
    assert found["items"][0]["best"]["probe"] == people.faces("anna")[0]


def test_candidates_of_a_photo_are_told_by_person_and_one_by_one(alice, people):
    people.merge("anna", "ann")
    body = {"kind": "search", "gallery": people.gallery.split("/")[1], "images": [alice.image(ANNA)]}
    job = alice.post("jobs/", body).json()["id"]
    work_off()
    body = b"".join(alice.get(f"jobs/{job}/results/").streaming_content)
    [face] = json.loads(body)["items"][0]["faces"]
    [person] = face["subjects"]
    assert [one["id"] for one in face["candidates"]] == person["candidates"]
    assert (person["subject"], person["best"], len(person["candidates"])) == (
        "anna",
        person["candidates"][0],
        2,
    )
    problem(alice.get(f"jobs/{job}/subjects/"), 409, "not_of_subject")


def test_a_subject_is_searched_for_without_photos_and_by_a_search_alone(alice, people):
    body = {"kind": "search", "gallery": people.gallery.split("/")[1], "subject": people["anna"]}
    problem(alice.post("jobs/", body | {"images": [alice.image()]}), 422, "validation")
    problem(alice.post("jobs/", body | {"kind": "enroll"}), 422, "validation")
    problem(alice.post("jobs/", body | {"subject": "sub_none"}), 422, "unknown_subject")


def test_a_search_for_somebody_who_was_erased_says_so_and_has_no_answer(alice, people):
    asked = {"kind": "search", "gallery": people.gallery.split("/")[1], "subject": people["anna"]}
    job = alice.post("jobs/", asked).json()
    assert job["subject_erased"] is False
    assert alice.call("DELETE", people.at("anna")).status_code == 200
    ended = alice.get(f"jobs/{job['id']}/").json()
    assert (ended["status"], ended["subject_erased"], ended["counts"]["done"]) == ("cancelled", True, 0)
    problem(alice.get(f"jobs/{job['id']}/results/"), 409, "subject_erased")


def test_the_list_of_people_comes_in_pages(alice, people):
    body = {"kind": "search", "gallery": people.gallery.split("/")[1], "subject": people["anna"]}
    photos = [alice.image(ANNA, "zoe.jpg")]
    alice.post("jobs/", {"kind": "enroll", "gallery": body["gallery"], "images": photos})
    job = alice.post("jobs/", body).json()["id"]
    work_off()
    first = alice.get(f"jobs/{job}/subjects/?limit=1").json()
    second = alice.get(f"jobs/{job}/subjects/?limit=1&cursor={first['next']}").json()
    names = [one["subject"] for page in (first, second) for one in page["items"]]
    assert (sorted(names), second["next"]) == (["ann", "zoe"], None)


def test_one_face_is_read_without_its_template(people):
    [face, *_] = people.faces("anna")
    told = people.program.get(f"{people.gallery}faces/{face}/").json()
    assert (told["id"], told["subject"]) == (face, people["anna"])
    assert "template" not in told


def test_a_face_of_somebody_is_not_erased_alone(people):
    [face, *_] = people.faces("anna")
    problem(people.program.call("DELETE", f"{people.gallery}faces/{face}/"), 409, "face_of_a_subject")
    assert face in people.faces("anna")


def test_a_face_without_a_name_is_erased(people):
    [face, *_] = people.faces("anna")
    with tenant_scope(people.program.side.organization):
        Subject.objects.filter(pk=Subject.objects.with_public_id(people["anna"]).pk).update(is_unnamed=True)
    assert people.program.call("DELETE", f"{people.gallery}faces/{face}/").status_code == 204
    problem(people.program.get(f"{people.gallery}faces/{face}/"), 404, "not_found")
