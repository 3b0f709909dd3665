"""Imports: looked at beforehand as in earnest, every file named with what came of it, nothing left behind."""

import io
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings

from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from recognition.actions import images, imports, jobs, previews
from recognition.actions.imports import File, How
from recognition.actions.orders import Order
from recognition.archives import Member
from recognition.manifests import Manifest
from recognition.models import ExportedImage, Image, JobKind
from recognition.models.exports import keyed
from tests.support import photos
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off
from tests.support.photos import zipped
from tests.support.review import clear_ledger


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Import House")


def sent(named: dict[str, bytes]) -> list[File]:
    return [File(name, io.BytesIO(data)) for name, data in named.items()]


def asked(desk: Desk, of: list[File], kind: str = "enroll", subject_from: str = "filename") -> dict:
    return {
        "organization": desk.tenant.organization,
        "files": of,
        "how": How(JobKind(kind), subject_from),
        "by": desk.by,
    }


def examined(desk: Desk, of: list[File], *how: str) -> dict[str, str]:
    gallery = desk.gallery if "compare" not in how else None
    return {row.name: row.outcome for row in previews.examine(**asked(desk, of, *how), gallery=gallery)}


def received(desk: Desk, of: list[File], *how: str):
    return imports.receive(**asked(desk, of, *how))


def kept(desk: Desk) -> int:
    with tenant_scope(desk.tenant.organization):
        return Image.objects.filter(purged_at=None).count()


def stored(desk: Desk) -> list[Path]:
    own = Path(settings.MEDIA_ROOT) / "images" / str(desk.tenant.organization.pk)
    return [path for path in own.rglob("*") if path.is_file()]


MIXED = {
    "anna 1.png": photo(ANNA),
    "notes.txt": b"no photo",
    "cut.jpg": photos.truncated(),
    "bomb.png": photos.bomb(),
    "large.jpg": photos.too_large(),
    "move.gif": photos.animated(),
    "../up.png": photo(ANNA),
    " .png": photo(ANNA),
}
WHAT_COMES = {
    "anna 1.png": "accepted",
    "notes.txt": "image_format",
    "cut.jpg": "image_truncated",
    "bomb.png": "image_bomb",
    "large.jpg": "image_too_large",
    "move.gif": "image_animated",
    "../up.png": "archive_path",
    " .png": "name_unusable",
}


@pytest.mark.parametrize("packed", [False, True])
def test_a_dry_run_says_of_every_file_what_the_import_then_does(desk, packed):
    make = (lambda: sent({"all.zip": zipped(MIXED)})) if packed else (lambda: sent(MIXED))
    assert examined(desk, make()) == WHAT_COMES
    assert kept(desk) == 0
    made = received(desk, make())
    came = {one["name"]: one["reason"] for one in made.rejected}
    assert came | {photo.image.name: "accepted" for photo in made.photos} == WHAT_COMES
    assert kept(desk) == 1


def test_a_dry_run_knows_what_the_gallery_holds_and_what_comes_twice(desk):
    known = photo(ANNA)
    desk.submit("enroll", [("anna.png", known)])
    work_off()
    twice = photo(BORIS)
    outcome = examined(desk, sent({"anna 2.png": known, "boris 1.png": twice, "boris 2.png": twice}))
    assert outcome == {"anna 2.png": "duplicate", "boris 1.png": "accepted", "boris 2.png": "duplicate"}


def test_a_dry_run_knows_photos_that_left_another_organization(desk):
    data = photo(ANNA)
    other = new_desk("Exporter")
    ExportedImage.objects.create(
        digest=keyed(sha256(data).hexdigest()),
        export_id=other.gallery.pk,
        organization_id=other.tenant.organization.pk,
    )
    assert examined(desk, sent({"a.png": data}), "search") == {"a.png": "reimport"}


MANIFEST = b"path;subject;taken_on\na.png;Anna;2019\nmissing.png;Lea;\nbad.png;Max;soon\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_manifest_names_what_is_taken_and_what_it_missed(desk, packed):
    folder = {"in/manifest.csv": MANIFEST, "in/a.png": photo(ANNA), "in/b.png": photo(BORIS)}
    make = (lambda: sent({"x.zip": zipped(folder)})) if packed else (lambda: sent(folder))
    expected = {
        "in/a.png": "accepted",
        "in/b.png": "not_in_manifest",
        "manifest.csv line 3: missing.png": "manifest_missing",
        "manifest.csv line 4: bad.png": "manifest_date",
    }
    assert examined(desk, make(), "enroll", "manifest") == expected
    made = received(desk, make(), "enroll", "manifest")
    [one] = made.photos
    assert (one.subject, one.image.taken) == ("Anna", "2019")
    assert {row["name"]: row["reason"] for row in made.rejected} == {
        name: reason for name, reason in expected.items() if reason != "accepted"
    }


def test_folders_of_loose_files_name_people(desk):
    made = received(
        desk, sent({"all/anna/1.png": photo(ANNA), "all/boris/1.png": photo(BORIS)}), "enroll", "folder"
    )
    assert [one.subject for one in made.photos] == ["anna", "boris"]


def pairs_in(made) -> list[tuple[str, str]]:
    return [(one.image.name, one.second.name) for one in made.photos]


@pytest.mark.parametrize("packed", [False, True])
def test_files_of_one_name_in_two_folders_are_pairs_and_others_are_named_and_destroyed(desk, packed):
    folder = {
        "x/new/anna.png": photo(ANNA),
        "x/old/Anna.PNG": photo(ANNA),
        "x/new/lea.png": photo(BORIS),
    }
    make = (lambda: sent({"x.zip": zipped(folder)})) if packed else (lambda: sent(folder))
    outcome = examined(desk, make(), "compare", "folder")
    assert outcome == {"x/new/anna.png": "accepted", "x/new/lea.png": "unpaired"}
    made = received(desk, make(), "compare", "folder")
    assert pairs_in(made) == [("x/new/anna.png", "x/old/Anna.PNG")]
    assert made.rejected == [{"name": "x/new/lea.png", "reason": "unpaired"}]
    assert kept(desk) == 2


def test_one_photo_and_one_photo_are_a_pair_whatever_they_are_called(desk):
    made = received(
        desk, sent({"first/a.png": photo(ANNA), "second/b.png": photo(ANNA)}), "compare", "folder"
    )
    assert pairs_in(made) == [("first/a.png", "second/b.png")]


def test_two_archives_are_the_two_sides(desk):
    sides = [zipped({"1.png": photo(ANNA), "2.png": photo(BORIS)}) for _ in range(2)]
    made = received(desk, sent({"first/": sides[0], "second/": sides[1]}), "compare", "folder")
    assert pairs_in(made) == [("first/1.png", "second/1.png"), ("first/2.png", "second/2.png")]


def test_photos_in_no_two_folders_are_refused_and_none_is_kept(desk):
    with pytest.raises(InvalidInput, match="pairs_folders"):
        received(desk, sent({"a.png": photo(ANNA), "b.png": photo(ANNA)}), "compare", "folder")
    assert kept(desk) == 0


def test_a_manifest_of_pairs_compares_one_photo_with_several(desk):
    table = b"path,second path\na.png,b.png\na.png,c.png\na.png,gone.png\n"
    folder = {"manifest.csv": table, "a.png": photo(ANNA), "b.png": photo(ANNA), "c.png": photo(BORIS)}
    made = received(desk, sent({"x.zip": zipped(folder)}), "compare", "manifest")
    assert pairs_in(made) == [("a.png", "b.png"), ("a.png", "c.png")]
    assert made.rejected == [{"name": "manifest.csv line 4: gone.png", "reason": "manifest_missing"}]


def test_a_second_archive_that_is_refused_leaves_nothing_of_the_first(desk):
    good, bad = zipped({"anna.png": photo(ANNA)}), photos.zip_bomb()
    with pytest.raises(InvalidInput, match="archive_bomb"):
        received(desk, sent({"a.zip": good, "b.zip": bad, "c.png": photo(ANNA)}))
    assert kept(desk) == 0


def test_nothing_lies_among_temporary_files_after_an_import(desk, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InvalidInput):
        received(desk, sent({"a.zip": zipped(MIXED), "b.zip": photos.zip_bomb()}))
    received(desk, sent({"a.zip": zipped(MIXED)}))
    assert list(Path(tmp_path).iterdir()) == []


def test_the_report_of_an_import_names_every_file_with_what_came_of_it(desk):
    made = received(desk, sent(MIXED))
    order = Order(
        kind=JobKind.ENROLL,
        gallery=desk.gallery,
        purpose="find_missing_child",
        end_user_id=desk.tenant.itself.pk,
        facts=FACTS | {"probe_source": None},
    )
    job = jobs.submit_fresh(organization=desk.tenant.organization, order=order, received=made, by=desk.by)
    assert {row["name"]: row["outcome"] for row in imports.report(job)} == WHAT_COMES


@pytest.mark.parametrize("number", [1, 101], ids=["before", "after the first rows are written"])
def test_an_upload_that_breaks_off_leaves_nothing(desk, number):
    def members():
        yield from [Member("anna.png", photo(ANNA))] * number
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        images.receive_members(desk.tenant.organization, members(), "filename", Manifest(), by=desk.by)
    assert stored(desk) == []
    assert kept(desk) == 0


def test_a_report_that_breaks_off_says_so_in_its_last_row(desk):
    job = desk.submit("enroll", [("anna.png", photo(ANNA))])
    with tenant_scope(desk.tenant.organization):  # where it cannot open its own
        [row] = imports.report(job)
    assert (row["item"], row["outcome"]) == ("STOPPED", "interrupted")
