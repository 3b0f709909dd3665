"""The client on a portal that answers over HTTP: photos, jobs, results, calls and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test.testcases import LiveServerThread

from countenance_client import Client, Invalid, Refused
from tests.support.calls import serving
from tests.support.jobs import ANNA, BORIS, CLARA, NOBODY, photo, work_off
from tests.support.world import Side, World, new_world

ABOUT = {"legal_basis": "Guardians' consent", "owner": "Case team", "retention_days": 365}


class Portal(LiveServerThread):
    """The portal without its static files."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", lambda *_: WSGIHandler())


@pytest.fixture
def world(database: None) -> World:
    return new_world()


@pytest.fixture
def address(database: None) -> Iterator[str]:
    server = Portal()
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def alice(world: World, address: str) -> Iterator[Client]:
    with client_of(world.alice, address) as client:
        yield client


def client_of(side: Side, address: str) -> Client:
    return Client(address, side.key.bearer, timeout=60)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder a person, as it is enrolled."""
    for name, color in (("anna", ANNA), ("boris", BORIS)):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"{number} of {name}.png").write_bytes(photo(color))
    (tmp_path / "notes.txt").write_text("no photo")
    return tmp_path


def gallery_of(client: Client, **changes: object) -> str:
    made = client.create_gallery("People", **{"purpose": "find_missing_child", **ABOUT, **changes})
    return str(made["id"])


def enrolled(client: Client, people: Path) -> str:
    gallery = gallery_of(client)
    client.submit_folder("enroll", people, gallery=gallery, subject_from="folder")
    work_off()
    return gallery


def test_a_folder_is_enrolled_a_folder_a_person_and_what_was_not_taken_is_named(alice, people):
    gallery = gallery_of(alice)
    job = alice.submit_folder("enroll", people, gallery=gallery, subject_from="folder")
    work_off()
    assert job.wait(timeout=60).status == "released"
    assert [one["reason"] for one in job.rejected] == ["image_format"]
    names = {one["name"] for one in alice.pages(f"galleries/{gallery}/subjects/")}
    assert names == {"anna", "boris"}


def test_results_are_a_stream_of_photos_with_candidates(alice, people, tmp_path):
    gallery, probes = enrolled(alice, people), tmp_path / "probes"
    probes.mkdir()
    for name, color in (("a.png", ANNA), ("c.png", CLARA), ("n.png", NOBODY)):
        (probes / name).write_bytes(photo(color))
    job = alice.submit_folder("search", probes, gallery=gallery)
    work_off()
    found = {row["name"]: row for row in job.wait(timeout=60).results()}
    named = [one["subject"] for face in found["a.png"]["faces"] for one in face["candidates"]]
    assert set(named) == {"anna"}
    assert [face["candidates"] for face in found["c.png"]["faces"]] == [[]]
    assert found["n.png"]["reason"] == "no_face"


def test_one_photo_is_searched_for_at_once(alice, people):
    gallery = enrolled(alice, people)
    with serving():
        answer = alice.search(gallery, photo(BORIS), faces="largest")
    assert {one["subject"] for one in answer["searched"][0]["candidates"]} == {"boris"}
    assert answer["left_out"] == {}


def test_two_photos_are_compared_and_no_face_is_no_no(alice):
    with serving():
        alike = alice.compare(photo(ANNA), photo(ANNA))
        lacking = alice.compare(photo(ANNA), photo(NOBODY))
    assert alike["compared"][0]["alike"] is True
    assert lacking["compared"] == []
    assert lacking["photos"][1]["reason"] == "no_face"


def test_who_is_refused_gets_an_error_and_no_empty_result(world, address):
    with client_of(world.bob, address) as police, serving():
        with pytest.raises(Refused) as caught:
            police.detect(photo(ANNA))
        assert (caught.value.rule, caught.value.decision[:4]) == ("us-police-2020", "rul_")
        with pytest.raises(Refused) as caught:
            police.submit("detect", images=[police.upload(photo(ANNA))["id"]])
        assert police.job(caught.value.job).status == "refused"


def test_a_photo_that_is_stored_is_looked_at_where_the_rules_let_it(alice, world, address):
    with serving(), client_of(world.bob, address) as police:
        stored, refused = (one.upload(photo(ANNA), detect=True) for one in (alice, police))
    assert len(stored["faces"]) == 1
    assert "faces" not in refused
    assert refused["detection"]["problem"]["rule"] == "us-police-2020"


def test_a_photo_is_enrolled_at_once_and_found_a_moment_later(alice):
    gallery = gallery_of(alice)
    with serving():
        made = alice.enroll(gallery, photo(ANNA), name="anna")
        found = alice.search(gallery, photo(ANNA))
        nobody = alice.enroll(gallery, photo(NOBODY), name="boris")
    [candidate] = found["searched"][0]["candidates"]
    assert (made["new"], candidate["face"]) == (1, made["enrolled"][0]["id"])
    assert (nobody["new"], nobody["photo"]["reason"]) == (0, "no_face")


def test_what_is_wrong_is_named(alice):
    with pytest.raises(Invalid) as caught:
        alice.create_gallery("Without its facts")
    assert {one["field"] for one in caught.value.errors} >= {"legal_basis", "owner"}
    assert "legal_basis: " in str(caught.value)


def test_jobs_are_listed_and_cancelled(alice, people):
    job = alice.submit_folder("enroll", people, gallery=gallery_of(alice), subject_from="folder")
    assert job.cancel().status == "cancelled"
    assert [one.id for one in alice.jobs("cancelled")] == [job.id]


def test_an_archive_is_sent_as_one_file(alice, people, tmp_path_factory):
    import shutil

    archive = shutil.make_archive(str(tmp_path_factory.mktemp("archive") / "people"), "zip", people)
    job = alice.submit_archive("enroll", archive, gallery=gallery_of(alice), subject_from="folder")
    work_off()
    assert job.wait(timeout=60).counts["done"] == 4
    assert len(list(job.items())) == 4
