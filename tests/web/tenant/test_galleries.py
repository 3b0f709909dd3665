"""Galleries by HTTP: made, read, granted, erased with a receipt."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.models import Event
from portal.tenancy.models import Membership
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import upkeep
from recognition.actions import galleries
from recognition.models import Face, Gallery, Subject
from tests.aws.stored import index, person
from tests.support.jobs import photo, work_off
from tests.support.reembedding import NEXT, Blind, work_next, workers
from tests.web.tenant.conftest import browser, join, new_site, order, upload

GALLERY = {
    "name": "Shelter guests",
    "purpose": "find_missing_child",
    "legal_basis": "State Act 12.4",
    "owner": "Case team",
    "retention_days": "90",
    "image_source": "guardian",
    "jurisdictions": "us-wa, DE",
}


def queries_of(client, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_gallery_is_made_with_all_that_makes_it_lawful(site, read):
    answer = site.alice.post("/galleries/new/", GALLERY)
    gallery = read(lambda: Gallery.objects.get(name="Shelter guests"))
    assert answer["Location"] == f"/galleries/{gallery.public_id}/"
    assert (gallery.retention_days, gallery.jurisdictions) == (90, ["US-WA", "DE"])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("legal_basis", "", "Legal basis"),
        ("retention_days", "0", "Retention"),
        ("jurisdictions", "Washington", "is no jurisdiction"),
        ("name", "Missing children", "gallery of this name"),
    ],
)
def test_what_is_wrong_in_a_gallery_is_said_where_it_is_mended(site, database, field, value, words):
    answer = site.alice.post("/galleries/new/", GALLERY | {"name": "Another", field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_gallery_page_shows_its_people_and_why_they_are_held(site, database):
    page = site.alice.get(site.paths()["gallery"]).content.decode()
    assert "2 subjects, 2 faces" in page
    assert f'src="{site.paths()["enrolled"]}"' in page
    assert "consent" in page


def test_a_gallery_page_asks_no_more_queries_for_more_people(site, database):
    path = site.paths()["gallery"]
    before = queries_of(site.alice, path)
    site.desk.submit("enroll", [(f"extra{n}.png", photo((40 * n, 90, 10))) for n in range(1, 6)])
    work_off()
    assert queries_of(site.alice, path) == before


def test_subjects_come_in_pages(site, database, read):
    def many():
        rows = [
            Subject(organization=site.organization, gallery=site.desk.gallery, name=f"zz {n:02}")
            for n in range(30)
        ]
        Subject.objects.bulk_create(rows)

    read(many)
    first = site.alice.get(site.paths()["gallery"]).content.decode()
    assert "zz 29" not in first
    assert 'href="?page=2"' in first
    assert "zz 29" in site.alice.get(site.paths()["gallery"] + "?page=2").content.decode()


def test_a_gallery_is_changed_but_for_its_purpose(site, read):
    values = {**GALLERY, "name": "Missing children", "owner": "Night team", "purpose": "other"}
    assert site.alice.post(site.paths()["change_gallery"], values).status_code == 302
    changed = read(lambda: Gallery.objects.get(pk=site.desk.gallery.pk))
    assert (changed.owner, changed.purpose) == ("Night team", "find_missing_child")


def test_an_analyst_uses_a_gallery_after_the_grant_and_not_after_its_end(site, database):
    user = join(site.organization, Role.ANALYST, site.desk)
    analyst, path = browser(user), site.paths()["gallery"]
    member = Membership.objects.get(user=user).public_id
    assert analyst.get(path).status_code == 404
    site.alice.post(f"{path}members/", {"member": member})
    assert analyst.get(path).status_code == 200
    site.alice.post(f"{path}members/", {"member": member, "action": "withdraw"})
    assert analyst.get(path).status_code == 404


def test_only_who_manages_members_grants(site, database):
    member = Membership.objects.filter(organization=site.organization).first().public_id
    answer = site.member(Role.ANALYST).post(f"{site.paths()['gallery']}members/", {"member": member})
    assert answer.status_code == 403


def test_erasing_a_person_takes_the_name_typed_and_leaves_a_receipt(database):
    own = new_site()
    path = own.paths()["erase_subject"]
    assert own.alice.post(path, {"typed": "somebody"}).status_code == 422
    answer = own.alice.post(path, {"typed": own.subject.name})
    receipt = own.alice.get(answer["Location"]).content.decode()
    assert "Receipt of an erasure" in receipt
    assert own.subject.public_id in receipt
    with tenant_scope(own.organization):
        assert not Face.objects.filter(subject=own.subject.pk).exists()


def test_deleting_a_gallery_leaves_a_receipt_and_nothing_else(database):
    own = new_site()
    answer = own.alice.post(own.paths()["delete_gallery"], {"typed": "Missing children"})
    assert own.alice.get(answer["Location"]).status_code == 200
    assert own.alice.get(own.paths()["gallery"]).status_code == 404
    assert own.alice.get(own.paths()["enrolled"]).status_code == 404


def test_a_stranger_cannot_read_a_receipt(bob, database):
    own = new_site()
    receipt = own.alice.post(own.paths()["erase_subject"], {"typed": own.subject.name})["Location"]
    assert bob.get(receipt).status_code == 404


def test_an_ordinary_event_is_no_receipt(site, database):
    event = Event.objects.filter(organization=str(site.organization.pk), verb="gallery.created").first()
    assert site.alice.get(f"/receipts/{event.pk}/").status_code == 404


def test_a_privacy_contact_erases_without_seeing_faces(site, database):
    contact = site.member(Role.PRIVACY_CONTACT)
    assert contact.get(site.paths()["erase_subject"]).status_code == 200
    assert '<img class="face"' not in contact.get(site.paths()["gallery"]).content.decode()


def test_enrolling_through_the_form_adds_people(site, read):
    sent = order(site.desk, images=upload((120, 10, 200)), subject_from="filename")
    path = f"{site.paths()['gallery']}enroll/"
    answer = site.alice.post(path, sent)
    assert answer["Location"].startswith("/jobs/job_")
    work_off()
    assert read(lambda: Subject.objects.filter(name="person").exists())


def test_a_gallery_is_re_keyed_from_its_page(site, database):
    path = site.paths()["gallery"] + "rekey/"
    assert f'href="{path}"' in site.alice.get(site.paths()["gallery"]).content.decode()
    assert site.alice.post(path, {}).status_code == 422
    site.alice.post(path, {"reason": "theft"})
    assert "faces done" in site.alice.get(path).content.decode()
    assert site.alice.post(path, {"reason": "theft"}).status_code == 422  # it runs already
    while upkeep.run():
        pass
    assert "all under key 2." in site.alice.get(path).content.decode()


@workers()
def test_a_gallery_is_re_embedded_from_its_page(site, database, read):
    path = site.paths()["gallery"] + "reembed/"
    assert f'href="{path}"' in site.alice.get(site.paths()["gallery"]).content.decode()
    assert site.alice.post(path, {"action": "start", "pipeline": "unheard-of"}).status_code == 422
    assert site.alice.post(path, {"action": "start", "pipeline": NEXT}).status_code == 302
    assert "Nobody is enrolled meanwhile" in site.alice.get(path).content.decode()
    work_next(Blind())
    assert "Switch without them" in site.alice.get(path).content.decode()
    assert site.alice.post(path, {"action": "accept"}).status_code == 422  # no face has a new template
    site.alice.post(path, {"action": "start"})
    work_next()
    assert f"searched with <code>{NEXT}</code>" in site.alice.get(path).content.decode()


def test_only_an_administrator_re_embeds(site, database):
    path = site.paths()["gallery"] + "reembed/"
    assert site.member(Role.ANALYST).get(path).status_code in (403, 404)


def test_only_an_administrator_re_keys(site, database):
    path = site.paths()["gallery"] + "rekey/"
    before = site.alice.get(path).content.decode()
    assert site.member(Role.ANALYST).post(path, {"reason": "theft"}).status_code in (403, 404)
    assert "all under key" in before
    assert "all under key" in site.alice.get(path).content.decode()


def test_a_page_says_what_aws_sdks_call_a_gallery_and_that_a_face_is_nobodys(site, database):
    made = galleries.create_collection(
        organization=site.organization,
        collection_id="from-boto3",
        labels={"countenance:retention_days": "30"},
        purpose="find_missing_child",
        legal_basis="Consent",
        owner="Case team",
        retention_days=90,
        image_source="guardian",
        by=site.desk.by,
    )
    index(site, "from-boto3", person(1))
    page = site.alice.get(f"/galleries/{made.public_id}/").content.decode()
    told = ("Collection id", "from-boto3", "countenance:retention_days: 30", "Not named")
    assert [word for word in told if word not in page] == []
