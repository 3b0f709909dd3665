"""What takes two people, tried by one: over every screen, the shell's commands, the API, and an admin site.

One officer begins everything that a second has to finish, and then sends every form of the office, with
every answer that might finish it. Nothing may come of it. The same storm sent by the second officer shows
that it is strong enough to finish what it may.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from compliance.actions import decisions, proposals, suspensions
from compliance.models import (
    BreakGlass,
    Case,
    Determination,
    Measure,
    PolicyProposal,
    PolicyVersionRecord,
)
from portal.tenancy.actions import officers as appointments
from portal.tenancy.actor import Actor
from portal.tenancy.models import Officer, OfficerProposal, Organization
from portal.tenancy.scope import officer_scope
from portal.web.officer.urls import urlpatterns
from recognition.actions import glass
from tests.compliance.conftest import Tenant, determine, new_tenant
from tests.compliance.drafting import loosening, looser, tightened
from tests.compliance.office import exempt_finding, under_review
from tests.support.jobs import ANNA, new_desk, photo, work_off
from tests.web.officer.people import applicant, officer_client, only_officers, submitted

NEW_OFFICER = "nora@office.example"
APPROVING = {
    "approve": "1",
    "accept": "1",
    "countersign": "1",
    "ratify": "1",
    "lift": "1",
    "vote": "approve",
    "decision": "approve",
    "verdict": "grant",
    "grants": "on",
    "hours": "24",
    "outcome": "lift",
    "reasons": "Because.",
    "email": NEW_OFFICER,
}
# Forms that ask for other words in fields of the same name.
VARIANTS = ({}, {"outcome": "granted", "vote": "grant", "decision": "ratify"}, {"outcome": "overturned"})


@dataclass
class World:
    """Everything that Ada began, and that takes somebody else to finish."""

    ada: Actor
    others: list[Actor]
    applicant: Tenant
    suspended: Tenant
    ids: dict[str, list[str]] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)

    def storm(self, officer: Actor) -> int:
        """Send every form of the office about everything there is; return how many were sent."""
        client, sent = officer_client(officer), 0
        for pattern in urlpatterns:
            names = list(pattern.pattern.converters)
            for values in product(*(self.ids[name] for name in names)):
                address = reverse(pattern.name, kwargs=dict(zip(names, values, strict=True)))
                hashes = {"sha256": self.sha256.get(str(values[-1]), "")} if values else {}
                for variant in VARIANTS:
                    answer = client.post(address, APPROVING | hashes | variant)
                    assert answer.status_code < 500, (address, answer.status_code)
                    sent += 1
        return sent


@pytest.fixture
def world(fresh_database: dict[str, str]) -> World:
    ada, *others = only_officers("Ada", "Ben", "Cleo")
    made = World(ada, others, applicant(), new_tenant("Suspended charity"))
    _recommend_an_exemption(made)
    _suspend(made)
    _ask_for_faces(made)
    _propose_policy(made)
    _propose_an_officer(made)
    nothing = {"number": ["0"], "what": ["scope"]}
    made.ids = {name: made.ids.get(name, []) for name in _kwargs()} | {
        name: value for name, value in nothing.items() if name in _kwargs()
    }
    return made


def _kwargs() -> set[str]:
    return {name for pattern in urlpatterns for name in pattern.pattern.converters}


def _recommend_an_exemption(world: World) -> None:
    submitted(world.applicant)
    case, _ = under_review(world.applicant, [world.ada, *world.others])
    with officer_scope():  # whoever was drawn: it is Ada's now
        Case.objects.filter(pk=case.pk).update(assigned_to=world.ada.user_id)
    decisions.recommend(case=case, finding=exempt_finding(world.applicant.itself), by=world.ada)
    world.ids.setdefault("case_id", []).append(case.public_id)


def _suspend(world: World) -> None:
    determine(world.suspended, "find_missing_child")
    case = suspensions.suspend(organization=world.suspended.organization, reasons="Misuse.", by=world.ada)
    with officer_scope():
        measure = Measure.objects.get(organization=world.suspended.organization)
    world.ids["case_id"].append(case.public_id)
    world.ids["measure_id"] = [measure.public_id]
    world.ids["organization_id"] = [world.suspended.organization.public_id]


def _propose_policy(world: World) -> None:
    record = tightened(world.ada)
    proposal = loosening(world.ada)
    world.ids["policy_id"] = [record.public_id]
    world.ids["proposal_id"] = [proposal.public_id]
    world.ids["draft_id"] = [proposal.public_id]
    world.sha256[proposal.public_id] = proposal.sha256


def _propose_an_officer(world: World) -> None:
    proposal = appointments.propose(email=NEW_OFFICER, by=world.ada)
    world.ids["proposal_id"].append(proposal.public_id)


def _ask_for_faces(world: World) -> None:
    desk = new_desk()
    job = desk.submit("search", [("a.png", photo(ANNA))])
    work_off()
    items = [item.public_id for item in desk.items(job)]
    asked = glass.request(
        organization=desk.tenant.organization, items=items, reasons="A complaint.", by=world.ada
    )
    world.ids["glass_id"], world.ids["item_id"] = [asked.public_id], items


def finished(world: World) -> dict[str, bool]:
    """What of all that takes two was done."""
    with officer_scope():
        measure = Measure.objects.get(organization=world.suspended.organization)
        opened = BreakGlass.objects.get()
        exempted = Determination.objects.filter(organization=world.applicant.organization, outcome="granted")
        return {
            "exemption": exempted.exists(),
            "measure ratified": measure.status == "ratified",
            "suspension lifted": _status(world.suspended) != "suspended",
            "tightening ratified": PolicyVersionRecord.objects.filter(
                recorded_by=world.ada.id, ratified_at__isnull=False
            ).exists(),
            "loosening published": PolicyProposal.objects.exclude(loosenings=[])
            .filter(status="published")
            .exists(),
            "officer appointed": Officer.objects.filter(user__email=NEW_OFFICER).exists(),
            "faces opened": opened.status == "open",
        }


def _status(tenant: Tenant) -> str:
    return str(Organization.objects.get(pk=tenant.organization.pk).status)


def test_one_officer_finishes_nothing_that_takes_two(world):
    assert world.storm(world.ada) > 100
    assert not any(finished(world).values()), finished(world)


def test_the_same_storm_of_the_others_finishes_what_a_second_may(world):
    for officer in world.others:
        world.storm(officer)
    done = finished(world)
    assert done.pop("suspension lifted") is False  # it takes a case of its own
    assert all(done.values()), done


def test_an_officer_who_was_dismissed_finishes_nothing(world):
    Officer.objects.filter(user_id=world.others[0].user_id).update(active=False)
    client = officer_client(world.others[0])
    page = reverse("officer_glass", kwargs={"glass_id": world.ids["glass_id"][0]})
    assert client.post(page, APPROVING).status_code == 404
    assert not any(finished(world).values())


# The shell


def test_a_shell_that_proposes_in_an_officers_name_signs_nothing(world, tmp_path):
    """Whoever has the shell may be an officer too: with one sign-in of their own it is still one person."""
    proposals.refuse(proposal=PolicyProposal.objects.get(status="waiting"), by=world.others[0])
    document = tmp_path / "next.toml"
    document.write_text(looser())
    email = "--by=" + _email(world.others[0])
    told = io.StringIO()
    call_command("policies", "simulate", str(document), email, "--json", stdout=told)
    simulation = _json(told)["simulation"]
    told = io.StringIO()
    call_command(
        "policies", "propose", str(document), email, f"--simulation={simulation}", "--json", stdout=told
    )
    proposal = PolicyProposal.objects.get(status="waiting")
    for _ in range(2):
        _countersign(proposal, world.ada)
    assert PolicyProposal.objects.get(pk=proposal.pk).status == "waiting"
    _countersign(proposal, world.others[1])
    assert PolicyProposal.objects.get(pk=proposal.pk).status == "published"


def _countersign(proposal: PolicyProposal, officer: Actor) -> None:
    page = reverse("officer_proposal", kwargs={"proposal_id": proposal.public_id})
    officer_client(officer).post(page, {"countersign": "1", "sha256": proposal.sha256})


def test_a_shell_publishes_for_tests_only_where_provisioning_is_on(world, tmp_path, settings):
    settings.ALLOW_PROVISION = False
    document = tmp_path / "next.toml"
    document.write_text(looser())
    with pytest.raises(CommandError, match="COUNTENANCE_ALLOW_PROVISION"):
        call_command("policies", "propose", str(document), "--by=" + _email(world.ada), "--ratified")
    assert not finished(world)["loosening published"]


def test_a_shell_only_proposes_a_third_officer(world, settings):
    settings.ALLOW_PROVISION = False
    call_command("officer", "create", "shell@office.example", "--json", stdout=io.StringIO())
    assert not Officer.objects.filter(user__email="shell@office.example").exists()
    assert OfficerProposal.objects.filter(email="shell@office.example", status="waiting").exists()


# The API, and no admin site


@pytest.mark.parametrize("path", ["/admin/", "/officer/admin/", "/django-admin/"])
def test_there_is_no_admin_site(database, path):
    assert Client().get(path).status_code == 404


def test_a_program_finds_no_office(world):
    desk_key = {"Authorization": "Bearer ck_000000000000_nothing"}
    for name in ("officer_queue", "officer_policies", "officer_officers"):
        answer = Client().post(reverse(name), APPROVING, headers=desk_key)
        assert answer.headers["Location"].startswith("/accounts/login/")
    assert not any(finished(world).values())


def _email(officer: Actor) -> str:
    return str(Officer.objects.select_related("user").get(user_id=officer.user_id).user.email)


def _json(told: io.StringIO) -> dict[str, Any]:
    return dict(json.loads(told.getvalue()))
