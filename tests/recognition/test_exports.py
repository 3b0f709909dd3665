"""Exports: ruled on with the very recipient, leads only, known by an id and by the photos they named."""

import json

import pytest

from compliance.models import EndUser, RulingRecord
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.ids import uuid7
from portal.tenancy.scope import tenant_scope
from recognition.actions import exports, leads
from recognition.actions.exports import Recipient
from recognition.models import Candidate, ExportedImage, ExportedLead, ExportRecord, Image, JobStatus
from recognition.models.exports import keyed
from tests.compliance.conftest import determine
from tests.support.jobs import ANNA, FACTS, Desk, new_desk, photo, work_off
from tests.support.review import (
    COLLEAGUE,
    a_lead,
    clear_ledger,
    hand_out,
    judge,
    member,
    now,
    searched,
)
from tests.support.threads import together


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Export House")


def registered(name: str, organization_type: str) -> EndUser:
    return EndUser.objects.create(name=f"{name} {uuid7()}", organization_type=organization_type)


def to(end_user: EndUser) -> Recipient:
    return Recipient("Shift leader", party="registered", end_user=end_user.pk)


def exported(desk: Desk, job) -> int:
    with tenant_scope(desk.tenant.organization):
        return ExportRecord.objects.filter(job=job).count()


def candidates_in(export) -> list[str]:
    return [one["status"] for row in export.rows for face in row["faces"] for one in face["candidates"]]


# To whom


def test_police_who_are_not_the_named_end_user_get_nothing_of_a_charitys_results(desk):
    job, _ = a_lead(desk)
    unit = registered("Westford Police", "law_enforcement_local")
    with pytest.raises(Refused) as refused:
        hand_out(desk, job, to(unit))
    detail = refused.value.detail
    assert (detail["rule"], detail["outcome"]) == ("us-police-2020", "refused")
    assert "humanitarian exemption" in detail["remedy"]
    assert "may not go to Shift leader" in refused.value.sentence
    assert exported(desk, job) == 0
    assert not Event.objects.filter(verb="results.exported", target=job.public_id).exists()


def test_the_refusal_is_kept_with_the_recipient_as_a_fact_and_holds_no_job(desk):
    job, _ = a_lead(desk)
    unit = registered("Westford Police", "law_enforcement_local")
    with pytest.raises(Refused) as refused:
        hand_out(desk, job, to(unit))
    with tenant_scope(desk.tenant.organization):
        ruling = RulingRecord.objects.with_public_id(refused.value.detail["ruling"])
    assert (ruling.gate, ruling.facts["recipient"]["id"]) == ("release", str(unit.pk))
    assert desk.reload(job).status == JobStatus.RELEASED
    assert hand_out(desk, job).id


def searched_for(desk: Desk, unit: EndUser):
    """A search for a police unit under the exemption that names it, with one lead."""
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    line = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}
    determine(desk.tenant, "find_missing_child", end_user=unit, **line)
    facts = FACTS | {"requested_by": "police"}
    job = desk.submit("search", [("a.png", photo(ANNA))], end_user_id=unit.pk, facts=facts)
    work_off()
    with tenant_scope(desk.tenant.organization):
        candidate = Candidate.objects.get(item__job=job)
    judge(candidate, member(desk))
    return job


def test_the_police_unit_that_an_exemption_names_gets_the_leads_of_its_case(desk):
    unit = registered("Westford Police", "law_enforcement_local")
    job = searched_for(desk, unit)
    assert candidates_in(hand_out(desk, job, to(unit))) == ["lead"]
    event = Event.objects.get(verb="results.exported", target=job.public_id)
    assert (event.payload["party"], event.payload["end_user"]) == ("registered", unit.public_id)


def test_another_police_unit_than_the_exemption_names_gets_nothing(desk):
    job = searched_for(desk, registered("Westford Police", "law_enforcement_local"))
    with pytest.raises(Refused, match="us-police-2020"):
        hand_out(desk, job, to(registered("Eastbrook Police", "law_enforcement_local")))
    assert exported(desk, job) == 0


def test_another_charity_gets_leads_where_no_rule_minds(desk):
    job, _ = a_lead(desk)
    aid = registered("Quayside Aid", "missing_persons_ngo")
    made = hand_out(desk, job, to(aid))
    with tenant_scope(desk.tenant.organization):
        ruling = RulingRecord.objects.with_public_id(made.ruling)
    assert ruling.facts["recipient"]["name"] == aid.name


def test_somebody_whom_nobody_has_verified_gets_nothing_where_a_rule_has_to_know(desk):
    job, _ = a_lead(desk)
    with pytest.raises(Refused) as refused:
        hand_out(desk, job, Recipient("Detective Lane", party="unregistered"))
    assert "not in the register" in refused.value.sentence
    assert "ask the compliance office" in refused.value.detail["remedy"]
    with tenant_scope(desk.tenant.organization):
        ruling = RulingRecord.objects.with_public_id(refused.value.detail["ruling"])
    assert "Lane" not in json.dumps(ruling.facts)
    assert exported(desk, job) == 0


def test_the_recipient_a_job_declared_is_not_ruled_on_twice(desk):
    job, _ = a_lead(desk)
    made = hand_out(desk, job)
    with tenant_scope(desk.tenant.organization):
        newest = RulingRecord.objects.about(job.public_id).latest("pk")
    assert newest.public_id == made.ruling


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        (Recipient(" "), "recipient_missing"),
        (Recipient("x" * 201), "recipient_too_long"),
        (Recipient("Ode", email="no address"), "email_invalid"),
        (Recipient("Ode", party="registered"), "unknown_party"),
        (Recipient("Ode", party="registered", end_user=uuid7()), "unknown_party"),
        (Recipient("Ode", end_user=uuid7()), "unknown_party"),
        (Recipient("Ode", party="somebody"), "unknown_party"),
    ],
)
def test_a_recipient_is_named_so_that_they_can_be_told(desk, recipient, code):
    job, _ = searched(desk)
    with pytest.raises(InvalidInput, match=code):
        hand_out(desk, job, recipient)
    assert exported(desk, job) == 0


def test_a_format_that_nobody_writes_is_refused(desk):
    job, _ = searched(desk)
    with pytest.raises(InvalidInput, match="format_unknown"):
        exports.export(job=job, recipient=COLLEAGUE, format_="xlsx", by=desk.by)


# What


def test_only_leads_are_handed_on_and_all_others_counted(desk):
    job, candidate = searched(desk)
    judge(candidate, member(desk), "rejected")
    [row] = hand_out(desk, job).rows
    [face] = row["faces"]
    assert (face["candidates"], face["unreviewed"], face["left_out"]) == ([], 0, {"rejected": 1})


def test_an_export_remembers_its_leads_and_the_photos_of_both_sides(desk):
    job, lead = a_lead(desk)
    made = hand_out(desk, job)
    with tenant_scope(desk.tenant.organization):
        record = ExportRecord.objects.with_public_id(made.id)
        assert [row.lead_id for row in ExportedLead.objects.filter(export=record)] == [lead.pk]
        photos = {lead.item.image.sha256, lead.face.image.sha256}
    named = ExportedImage.objects.filter(export_id=record.pk)
    assert {row.digest for row in named} == {keyed(one) for one in photos}
    assert not photos & {row.digest for row in named}


def test_photos_of_candidates_that_are_no_leads_are_not_remembered(desk):
    job, candidate = searched(desk)
    judge(candidate, member(desk), "inconclusive")
    made = hand_out(desk, job)
    with tenant_scope(desk.tenant.organization):
        record = ExportRecord.objects.with_public_id(made.id)
    assert not ExportedImage.objects.filter(export_id=record.pk).exists()


def test_a_lead_that_left_is_known_again_by_its_photo(desk):
    job, lead = a_lead(desk)
    made = hand_out(desk, job)
    with tenant_scope(desk.tenant.organization):
        sha256 = Image.objects.get(pk=lead.item.image_id).sha256
        record = ExportRecord.objects.with_public_id(made.id)
    assert record.pk in {row.export_id for row in ExportedImage.objects.showing(sha256.upper())}
    assert not ExportedImage.objects.showing("0" * 64).exists()


def test_one_lead_is_handed_on_alone(desk):
    job, lead = a_lead(desk)
    made = hand_out(desk, job, lead=lead)
    assert [[one["id"] for one in face["candidates"]] for row in made.rows for face in row["faces"]] == [
        [lead.public_id]
    ]


def test_a_withdrawn_lead_is_not_handed_on(desk):
    job, lead = a_lead(desk)
    leads.withdraw(lead=lead, reason="Another person.", by=desk.by)
    with pytest.raises(Conflict, match="not_a_lead: This lead was withdrawn"):
        hand_out(desk, job, lead=lead)
    assert exported(desk, job) == 0
    [row] = hand_out(desk, job).rows
    assert row["faces"][0]["left_out"] == {"withdrawn": 1}


@pytest.mark.parametrize("verdict", ["rejected", "inconclusive"])
def test_what_is_no_lead_is_not_handed_on_as_one(desk, verdict):
    job, candidate = searched(desk)
    judge(candidate, member(desk), verdict)
    with pytest.raises(Conflict, match="not_a_lead"):
        hand_out(desk, job, lead=candidate)


def test_a_lead_of_another_job_is_not_handed_on_with_this_one(desk):
    _, lead = a_lead(desk)
    other, _ = searched(desk)
    with pytest.raises(Conflict, match="lead_of_another_job"):
        hand_out(desk, other, lead=lead)


def test_a_lead_made_after_the_export_was_recorded_is_not_in_its_file(desk):
    job, candidate = searched(desk)
    made = hand_out(desk, job)
    judge(candidate, member(desk))
    assert candidates_in(made) == []


def test_a_lead_withdrawn_while_its_file_is_made_is_left_out_or_its_recipient_told(desk):
    job, lead = a_lead(desk)
    outcomes = together(
        lambda: candidates_in(hand_out(desk, job)),
        lambda: leads.withdraw(lead=lead, reason="Another person.", by=desk.by),
    )
    carried, notices = outcomes
    assert carried in ([], ["lead"])
    if carried:
        assert len(notices) == 1
    assert now(desk, lead).status == "withdrawn"
