"""The page of one person: merged after a look at both, taken apart, renamed, their faces moved."""

import pytest

from portal.tenancy.roles import Role
from recognition.models import Face, Subject, SubjectMerge
from tests.support.jobs import ANNA, photo, work_off
from tests.web.tenant.conftest import new_site

REASON = "The scar over the left eye is the same."


@pytest.fixture
def site(database):
    """An organization for one test: each changes who is who."""
    return new_site()


@pytest.fixture
def other(site, read) -> Subject:
    """A second person in the gallery, who may be the first."""
    site.desk.submit("enroll", [("zoe.png", photo(ANNA))])
    work_off()
    return read(lambda: Subject.objects.get(gallery=site.desk.gallery, name="zoe"))


def merge(site, other, **sent):
    values = {"name": other.name, "reason": REASON} | sent
    return site.alice.post(site.paths()["merge_subject"], values)


def merged(site, other) -> str:
    """Where the merge of the two is undone."""
    merge(site, other, confirmed=other.public_id)
    return site.alice.get(site.paths()["subject"]).content.decode()


def test_both_are_shown_before_they_are_merged(site, other, read):
    page = merge(site, other)
    assert page.status_code == 200
    assert "Is this one person?" in page.content.decode()
    assert page.content.decode().count('class="face"') == 2
    assert not read(SubjectMerge.objects.exists)


def test_two_people_are_merged_and_the_page_tells_it(site, other, read):
    page = merged(site, other)
    assert "Also called" in page
    assert REASON in page
    assert read(lambda: Face.objects.filter(subject=site.subject).count()) == 2
    assert "zoe" not in site.alice.get(site.paths()["gallery"]).content.decode()


def test_whoever_was_merged_away_says_into_whom(site, other):
    merged(site, other)
    path = f"{site.paths()['gallery']}subjects/{other.public_id}/"
    page = site.alice.get(path).content.decode()
    assert f"Open {site.subject.name}" in page
    assert "Erase this person" not in page


def test_two_people_are_taken_apart_with_what_was_chosen(site, other, read):
    merged(site, other)
    site.desk.submit("enroll", [("zoe.png", photo(ANNA))])
    work_off()
    made = read(SubjectMerge.objects.get)
    path = f"{site.paths()['gallery']}merges/{made.public_id}/undo/"
    assert "Enrolled since" in site.alice.get(path).content.decode()
    newest = read(lambda: Face.objects.filter(gallery=site.desk.gallery).order_by("-pk").first())
    answer = site.alice.post(path, {"reason": "Twins.", "faces": [newest.public_id]})
    assert answer["Location"].endswith(f"/subjects/{other.public_id}/")
    assert read(lambda: Face.objects.filter(subject=other).count()) == 2


@pytest.mark.parametrize(
    ("name", "says"), [("nobody", "Nobody in this gallery"), ("", "Fill this in"), ("self", "already")]
)
def test_who_is_not_there_is_not_merged(site, other, read, name, says):
    page = merge(site, other, name=site.subject.name if name == "self" else name)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert not read(SubjectMerge.objects.exists)


def test_a_person_gets_another_name(site, other, read):
    path = site.paths()["rename_subject"]
    assert "already" in site.alice.post(path, {"name": "zoe"}).content.decode()
    assert site.alice.post(path, {"name": "Anna Lee"}).status_code == 302
    assert read(lambda: Subject.objects.get(pk=site.subject.pk).name) == "Anna Lee"


@pytest.mark.parametrize("name", ["zoe", "somebody new"])
def test_a_face_shows_somebody_else(site, other, read, name):
    answer = site.alice.post(site.paths()["move_face"], {"name": name, "reason": "Mixed up."})
    assert answer.status_code == 302
    assert read(lambda: Face.objects.select_related("subject").get(pk=site.face.pk).subject.name) == name


@pytest.mark.parametrize("name", ["merge_subject", "rename_subject", "move_face"])
def test_whoever_only_reads_changes_nobody(site, name):
    assert site.member(Role.REVIEWER).post(site.paths()[name], {"name": "x"}).status_code == 403
    page = site.member(Role.REVIEWER).get(site.paths()["subject"]).content.decode()
    assert "Merge with another person" not in page


def test_a_strangers_merge_is_no_more_there_than_one_that_never_was(site, other, bob, read):
    merged(site, other)
    made = read(SubjectMerge.objects.get)
    path = f"{site.paths()['gallery']}merges/{made.public_id}/undo/"
    assert bob.post(path, {"reason": "Mine."}).status_code == 404
    assert read(lambda: SubjectMerge.objects.in_force().exists())
