"""The page of one person: merged after a look at both, taken apart, renamed, their faces moved."""

import pytest

from portal.audit.models import Event
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from recognition.models import Face, Subject, SubjectMerge
from tests.support.jobs import ANNA, photo, work_off
from tests.web.tenant.conftest import new_site, order

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


def sought(site, other) -> str:
    """The address of a search for the first person, done: the second is who was found."""
    path = f"{site.paths()['order']}?subject={site.subject.public_id}"
    sent = {name: value for name, value in order(site.desk).items() if name not in {"images", "probe_source"}}
    answer = site.alice.post(path, sent | {"subject": site.subject.public_id})
    assert answer.status_code == 302, answer.content.decode()
    work_off()
    return answer["Location"]


def test_the_order_says_whom_it_is_for_and_takes_no_photos(site, other):
    page = site.alice.get(f"{site.paths()['order']}?subject={site.subject.public_id}").content.decode()
    assert f"Search {site.desk.gallery} for {site.subject}" in page
    assert 'name="images"' not in page
    assert "false candidates" in page


def test_whom_a_search_found_is_told_once_with_the_best_pair(site, other, read):
    site.desk.submit("enroll", [("zoe 2.png", photo(ANNA))])
    work_off()
    job = sought(site, other)
    page = site.alice.get(f"{job}people/").content.decode()
    assert page.count("<article") == 1
    assert "1 more pair of faces with zoe" in page
    assert "Who was found" in site.alice.get(f"{job}results/").content.decode()


def test_whom_a_search_found_is_not_shown_while_its_organization_is_stopped(site, other):
    job = sought(site, other)
    Organization.objects.filter(pk=site.organization.pk).update(status="suspended", epoch=7)
    answer = site.alice.get(f"{job}people/")
    assert answer.status_code == 403
    assert str(other) not in answer.content.decode()


def test_candidates_of_a_face_are_shown_by_person(site, other):
    merged(site, other)
    job = site.desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    [item] = site.desk.items(job)
    page = site.alice.get(f"/jobs/{job.public_id}/results/{item.public_id}/1/").content.decode()
    assert page.count("<article") == 1
    assert f"1 more pair of faces with {site.subject}" in page


def test_a_reviewer_is_told_no_similarity_before_they_judge(site, other):
    job = sought(site, other)
    page = site.member(Role.REVIEWER, trained=True).get(f"{job}people/").content.decode()
    assert "In no order, until you have judged them" in page
    assert "similarity of 100" not in page


def test_where_a_person_is_a_candidate_each_search_passes_the_gate(site, other, read):
    sought(site, other)
    path = f"{site.paths()['gallery']}subjects/{other.public_id}/candidates/"
    looked = Event.objects.filter(verb="results.viewed", organization=str(site.organization.pk))
    before = looked.count()
    page = site.alice.get(path).content.decode()
    assert "CASE-7" in page
    assert looked.count() == before + 1
    Organization.objects.filter(pk=site.organization.pk).update(status="suspended")
    assert "Closed to you now." in site.alice.get(path).content.decode()


def test_nobody_of_a_gallery_out_of_sight_is_searched_for(site, bob):
    path = f"{site.paths()['order']}?subject=sub_01k9"
    assert site.alice.get(path).status_code == 404
    assert bob.get(f"{site.paths()['order']}?subject={site.subject.public_id}").status_code == 404
