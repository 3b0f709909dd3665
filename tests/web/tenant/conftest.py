"""Alice of a cleared organization, Bob of a barred one, Charlie of none; and what they look at."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.common.ids import public_id, uuid7
from portal.tenancy.actions import members
from portal.tenancy.models import Membership, Organization, User
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.models import Candidate, Face, FoundFace, Item, Job, Subject
from tests.compliance.conftest import determine, new_tenant, new_user
from tests.support.jobs import ANNA, BORIS, Desk, new_desk, photo, work_off

_numbers = itertools.count()


def browser(user: User) -> Client:
    """A signed-in browser, as strict about forgery as a real one is not: pages are tested, not tokens."""
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def join(organization: Organization, role: Role, desk: Desk) -> User:
    """A new member of the desk's organization."""
    user = new_user(role.value)
    members.add(organization=organization, user=user, role=role, by=desk.by)
    return User.objects.get(pk=user.pk)


def upload(*colors: tuple[int, int, int]) -> list[SimpleUploadedFile]:
    """Photos as a browser sends them."""
    return [
        SimpleUploadedFile(f"person {number}.png", photo(color), "image/png")
        for number, color in enumerate(colors)
    ]


def order(desk: Desk, **changes: Any) -> dict[str, Any]:
    """What the form of a search sends when all is filled in."""
    return {
        "end_user": str(desk.tenant.itself.pk),
        "requested_by": "self",
        "case_reference": "CASE-7",
        "subject_class": "missing_child",
        "probe_source": "case_file",
        "recipient": "none",
        "threshold": "80",
        "max_candidates": "10",
        "images": upload(ANNA),
    } | changes


@dataclass
class Site:
    """Alice's organization with one enrolled person, one search and one candidate."""

    desk: Desk
    alice: Client
    job: Job
    item: Item
    found: FoundFace
    candidate: Candidate
    face: Face
    subject: Subject

    @property
    def organization(self) -> Organization:
        return self.desk.tenant.organization

    def member(self, role: Role, *, trained: bool = False) -> Client:
        user = join(self.organization, role, self.desk)
        if trained:
            own = Membership.objects.get(user=user, organization=self.organization)
            members.record_training(membership=own, trained_on=own.created_at.date(), by=self.desk.by)
        return browser(user)

    def paths(self) -> dict[str, str]:
        """Every address of something of Alice's, by name."""
        gallery, job = self.desk.gallery.public_id, self.job.public_id
        image, item = self.item.image.public_id, self.item.public_id
        return {
            "gallery": f"/galleries/{gallery}/",
            "change_gallery": f"/galleries/{gallery}/change/",
            "delete_gallery": f"/galleries/{gallery}/delete/",
            "subject": f"/galleries/{gallery}/subjects/{self.subject.public_id}/",
            "erase_subject": f"/galleries/{gallery}/subjects/{self.subject.public_id}/erase/",
            "rename_subject": f"/galleries/{gallery}/subjects/{self.subject.public_id}/name/",
            "merge_subject": f"/galleries/{gallery}/subjects/{self.subject.public_id}/merge/",
            "subject_candidates": f"/galleries/{gallery}/subjects/{self.subject.public_id}/candidates/",
            "move_face": f"/galleries/{gallery}/faces/{self.face.public_id}/move/",
            "order": f"/galleries/{gallery}/search/",
            "expect": f"/galleries/{gallery}/search/estimate/",
            "photo": f"/images/{image}/",
            "face": f"/images/{image}/face/{self.found.public_id}/",
            "enrolled": f"/images/{self.face.image.public_id}/face/{self.face.public_id}/",
            "job": f"/jobs/{job}/",
            "progress": f"/jobs/{job}/progress/",
            "export": f"/jobs/{job}/export/",
            "results": f"/jobs/{job}/results/",
            "result": f"/jobs/{job}/results/{item}/",
            "candidates": f"/jobs/{job}/results/{item}/1/",
            "candidate": f"/candidates/{self.candidate.public_id}/",
            "ruling": f"/rulings/{self.job.ruling}/",
        }


def elsewhere(path: str) -> str:
    """The same address with ids of things that never were."""
    parts = path.split("/")
    made = [public_id(part[:3], uuid7()) if part[3:4] == "_" and len(part) == 30 else part for part in parts]
    return "/".join(made)


def new_site() -> Site:
    desk = new_desk(f"Harbor Light {next(_numbers)}")
    desk.submit("enroll", [("anna 1.png", photo(ANNA)), ("boris 1.png", photo(BORIS))])
    work_off()
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        item = Item.objects.select_related("image").get(job=job)
        candidate = Candidate.objects.select_related("face", "face__image", "subject", "found").get(item=item)
    return Site(
        desk=desk,
        alice=browser(desk.tenant.administrator),
        job=desk.reload(job),
        item=item,
        found=candidate.found,
        candidate=candidate,
        face=candidate.face,
        subject=candidate.subject,
    )


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Site:
    """One organization for a whole module: its tests only look, or make things of their own."""
    with django_db_blocker.unblock():
        return new_site()


@pytest.fixture
def bob(database: None) -> Client:
    """The administrator of a police department that the moratorium bars."""
    police = new_tenant(f"Eastbrook Police {next(_numbers)}", "law_enforcement_local")
    determine(police, "criminal_investigation_lead", moratorium_status="covered")
    return browser(police.administrator)


@pytest.fixture
def charlie(database: None) -> Client:
    """Somebody with an account and no organization."""
    return browser(new_user("charlie"))


@pytest.fixture
def read(site: Site, database: None) -> Callable[[Any], Any]:
    """Run a read inside the scope of Alice's organization."""

    def inside(query: Callable[[], Any]) -> Any:
        with tenant_scope(site.organization):
            return query()

    return inside
