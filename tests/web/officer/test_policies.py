"""Policy through the office: a loosening takes a second officer's own sign-in."""

import pytest

from compliance.actions import proposals, simulations
from compliance.models import PolicyProposal, PolicyVersionRecord
from tests.compliance.test_policies import LOOSER, TIGHTER
from tests.web.officer.people import officer_client, only_officers


@pytest.fixture
def officers(fresh_database):
    return only_officers("Ada", "Ben")


@pytest.fixture
def loosening(officers):
    simulated = simulations.simulate(document=LOOSER, by=officers[0])
    return proposals.propose(document=LOOSER, by=officers[0], simulated=simulated)


def address(proposal):
    return f"/officer/policies/proposals/{proposal.public_id}/"


def status_of(proposal):
    return PolicyProposal.objects.get(pk=proposal.pk).status


def test_a_second_officer_reads_what_becomes_looser_and_countersigns(officers, loosening):
    client = officer_client(officers[1])
    assert address(loosening) in client.get("/officer/policies/").content.decode()
    page = client.get(address(loosening))
    assert page.context["can_decide"]
    assert loosening.sha256 in page.content.decode()
    client.post(address(loosening), {"countersign": "1", "sha256": loosening.sha256})
    assert status_of(loosening) == "published"


def test_the_one_who_proposed_cannot_countersign(officers, loosening):
    client = officer_client(officers[0])
    assert not client.get(address(loosening)).context["can_decide"]
    page = client.post(address(loosening), {"countersign": "1", "sha256": loosening.sha256})
    assert (page.status_code, status_of(loosening)) == (403, "waiting")


def test_a_countersignature_is_over_the_hash_that_was_read(officers, loosening):
    client = officer_client(officers[1])
    page = client.post(address(loosening), {"countersign": "1", "sha256": "0" * 64})
    assert (page.status_code, status_of(loosening)) == (403, "waiting")


def test_a_second_officer_refuses_a_loosening(officers, loosening):
    officer_client(officers[1]).post(address(loosening), {"refuse": "1"})
    assert status_of(loosening) == "refused"


def test_a_tightening_is_ratified_by_another_officer(officers):
    record = proposals.propose(document=TIGHTER, by=officers[0]).published
    page = f"/officer/policies/{record.public_id}/"
    assert not officer_client(officers[0]).get(page).context["can_ratify"]
    client = officer_client(officers[1])
    assert client.get(page).context["status"] == "in_force_unratified"
    client.post(f"{page}ratify/")
    assert PolicyVersionRecord.objects.get(pk=record.pk).countersigned_by == officers[1].id
    assert client.get(page).context["status"] == "in_force"
