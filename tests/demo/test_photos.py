"""Photos: variants, casting, folders, packages."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from PIL import Image

from portal.web.demo import fetch, photos, variants
from portal.web.demo.casting import cast, everybody
from portal.web.demo.photos import Album, Person, Photo
from tests.demo.conftest import COLORS, person, photo


def test_the_same_photo_always_gives_the_same_variants() -> None:
    one = Photo("a.jpg", photo(COLORS["anna"]))
    assert variants.all_of(one) == variants.all_of(one)


def test_every_variant_differs_and_says_what_was_done() -> None:
    made = variants.all_of(Photo("a.png", photo(COLORS["anna"])))
    assert len({one.data for one in made}) == len(made) == 5
    assert all(one.treatment != photos.AS_TAKEN and one.name.endswith(".jpg") for one in made)


def test_a_darkened_variant_is_darker_and_a_cropped_one_smaller() -> None:
    made = {one.treatment: one for one in variants.all_of(Photo("a.png", photo((200, 200, 200))))}
    assert Image.open(io.BytesIO(made["darkened"].data)).getpixel((50, 50)) < (100, 100, 100)
    assert Image.open(io.BytesIO(made["cropped"].data)).width < 200


def test_the_people_with_fewest_photos_stay_strangers(album: Album) -> None:
    parts = cast(album.people)
    assert [name for name, _ in parts.enrolled] == ["anna", "boris"]
    assert {probe.shows for probe in parts.probes if probe.expected is None} == {"clara"}
    assert parts.strangers == 1


def test_no_photo_is_both_enrolled_and_searched_for(album: Album) -> None:
    parts = cast(album.people)
    assert not {shot.data for _, shot in parts.enrolled} & {probe.photo.data for probe in parts.probes}


def test_variants_fill_up_only_where_a_person_has_one_photo() -> None:
    parts = cast([person("anna", 1), person("boris", 1), person("clara", 2)])
    assert {probe.shows for probe in parts.probes if probe.photo.treatment != photos.AS_TAKEN} == {"anna"}
    assert parts.treated == 5


def test_photos_that_are_to_be_left_alone_get_no_variant() -> None:
    assert everybody([person("anna", 1, alterable=False)]).probes == ()


def test_one_person_alone_is_enrolled_and_nobody_is_a_stranger() -> None:
    parts = cast([person("anna", 2)])
    assert len(parts.enrolled) == len(parts.probes) == 1
    assert parts.strangers == 0


def test_a_folder_of_folders_is_read_as_people(folder: Path, album: Album) -> None:
    assert photos.of_folder(folder).people == album.people


def test_other_files_and_empty_folders_are_left_out(folder: Path) -> None:
    (folder / "anna" / "notes.txt").write_text("no photo")
    (folder / "nobody").mkdir()
    assert [len(one.photos) for one in photos.of_folder(folder).people] == [3, 2, 1]


def test_a_folder_with_nobody_in_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="one folder a person"):
        photos.of_folder(tmp_path)
    with pytest.raises(CommandError, match="no folder"):
        photos.of_folder(tmp_path / "missing")


def test_no_more_photos_a_person_are_taken_than_announced(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    for number in range(photos.MOST_PHOTOS_EACH + 2):
        (tmp_path / "anna" / f"{number}.jpg").write_bytes(photo(COLORS["anna"]))
    (anna,) = photos.of_folder(tmp_path).people
    assert [one.name for one in anna.photos] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg"]


def test_the_astronaut_in_the_package_is_the_photo_that_was_checked() -> None:
    file = fetch.in_package("skimage", "data/astronaut.png")
    assert file is not None
    assert hashlib.sha256(file.read_bytes()).hexdigest() == fetch.ASTRONAUT_SHA256


def test_an_archive_with_another_digest_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / fetch.ARCHIVE).write_bytes(b"not the archive")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    assert fetch.officials(tmp_path) == {}


def test_without_the_further_package_the_astronaut_plays_alone_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    album = photos.shipped(tmp_path)
    assert [one.name for one in album.people] == ["Eileen Collins"]
    assert any("could not be fetched" in credit for credit in album.credits)
    assert cast(album.people).treated == 5


def test_officials_are_never_altered() -> None:
    assert cast([Person("official", (Photo("a.jpg", photo(COLORS["anna"])),), alterable=False)]).probes == ()
