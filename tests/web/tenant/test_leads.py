"""Leads by HTTP: what became of one, withdrawal, exports to a named recipient, telling them, second looks."""

import csv
import io
import json

import pytest

from compliance.models import EndUser
from portal.common.ids import uuid7
from portal.tenancy.models import User
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.actions import leads
from recognition.models import Candidate, ExportRecord, Job, LeadOutcome, Notice, Reopening
from tests.support.jobs import ANNA, photo, work_off
from tests.support.review import hand_out, judge, member
from tests.web.tenant.conftest import browser, new_site

OUTCOME = {"outcome": "confirmed", "source": "Dental records", "reason": "They agree."}
TO_US = {"to": "organization", "recipient": "Shift leader Ode", "email": "", "format_": "csv"}


@pytest.fixture
def lead(database):
    """A site whose one candidate is a lead."""
    site = new_site()
    judge(site.candidate, member(site.desk))
    return site


def at(site, step: str) -> str:
    return f"/{'reviews' if step == 'again' else 'leads'}/{site.candidate.public_id}/{step}/"


def status_of(site) -> str:
    with tenant_scope(site.organization):
        return Candidate.objects.get(pk=site.candidate.pk).status


def text(answer) -> str:
    return answer.content.decode()


def test_what_became_of_a_lead_stands_on_its_page(lead):
    assert lead.alice.post(at(lead, "outcome"), OUTCOME).status_code == 302
    page = text(lead.alice.get(lead.paths()["candidate"]))
    assert "Confirmed by other means" in page
    assert "They agree. Known from: Dental records" in page


def test_an_outcome_without_a_source_is_not_recorded(lead):
    answer = lead.alice.post(at(lead, "outcome"), OUTCOME | {"source": ""})
    assert answer.status_code == 422
    with tenant_scope(lead.organization):
        assert not LeadOutcome.objects.exists()


def test_the_same_outcome_again_is_answered_on_its_field(lead):
    lead.alice.post(at(lead, "outcome"), OUTCOME)
    answer = lead.alice.post(at(lead, "outcome"), OUTCOME)
    assert answer.status_code == 422
    assert "This outcome stands already" in text(answer)


@pytest.mark.parametrize("step", ["outcome", "withdraw", "export"])
def test_what_is_no_lead_cannot_be_followed_up(database, step):
    site = new_site()
    answer = site.alice.get(at(site, step)) if step != "export" else site.alice.post(at(site, step), TO_US)
    assert answer.status_code in (409, 422)
    assert "Only what reviewers made a lead can be followed up" in text(answer)


@pytest.mark.parametrize("step", ["outcome", "withdraw"])
def test_somebody_who_only_approves_jobs_follows_up_nothing(lead, step):
    approver = lead.member(Role.APPROVER)
    assert approver.get(at(lead, step)).status_code == 403
    assert approver.post(at(lead, step), OUTCOME).status_code == 403
    assert status_of(lead) == "lead"


@pytest.mark.parametrize("step", ["outcome", "withdraw", "export", "again"])
def test_a_stranger_finds_no_lead(lead, bob, step):
    assert bob.get(at(lead, step)).status_code == 404


def test_withdrawing_names_who_is_told_first_and_shows_how_far_that_is(lead):
    hand_out(lead.desk, lead.job)
    assert "Family liaison" in text(lead.alice.get(at(lead, "withdraw")))
    lead.alice.post(at(lead, "withdraw"), {"reason": "It is her sister."})
    assert status_of(lead) == "withdrawn"
    for path in (lead.paths()["candidate"], lead.paths()["job"], "/exports/?show=to_tell"):
        assert "Not told yet" in text(lead.alice.get(path))
    assert "Recipients to tell" in text(lead.alice.get("/"))


def test_a_person_notes_that_a_recipient_was_told(lead):
    hand_out(lead.desk, lead.job)
    lead.alice.post(at(lead, "withdraw"), {"reason": "It is her sister."})
    with tenant_scope(lead.organization):
        notice = Notice.objects.select_related("export").get()
    path, field = f"/exports/told/{notice.public_id}/", f"{notice.public_id}-how"
    assert lead.alice.post(path, {field: ""}).status_code == 422
    assert lead.alice.post(path, {field: "Called their desk."}).status_code == 302
    assert "Called their desk." in text(lead.alice.get(f"/exports/{notice.export.public_id}/"))
    assert "Nobody waits to be told" in text(lead.alice.get("/exports/?show=to_tell"))
    again = lead.alice.post(path, {field: "Called again."})
    assert (again.status_code, "Somebody noted before you" in text(again)) == (422, True)


def test_a_stranger_sees_and_notes_nothing_of_an_export(lead, bob):
    hand_out(lead.desk, lead.job)
    made = leads.withdraw(lead=lead.candidate, reason="Wrong.", by=lead.desk.by)
    with tenant_scope(lead.organization):
        export = ExportRecord.objects.get().public_id
    assert bob.get(f"/exports/{export}/").status_code == 404
    path = f"/exports/told/{made[0].public_id}/"
    assert bob.post(path, {f"{made[0].public_id}-how": "x"}).status_code == 404
    assert "Nothing was handed out" in text(bob.get("/exports/"))


def test_an_analyst_sees_no_export_of_a_gallery_that_was_not_granted(lead):
    hand_out(lead.desk, lead.job)
    with tenant_scope(lead.organization):
        export = ExportRecord.objects.get().public_id
    analyst = lead.member(Role.ANALYST)
    assert analyst.get(f"/exports/{export}/").status_code == 404
    assert export not in text(analyst.get("/exports/"))


def test_the_file_of_a_lead_carries_the_id_of_its_export_and_what_the_similarity_means(lead):
    answer = lead.alice.post(at(lead, "export"), TO_US | {"email": "ode@example.org"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    with tenant_scope(lead.organization):
        record = ExportRecord.objects.get()
    assert (record.recipient, record.email) == ("Shift leader Ode", "ode@example.org")
    assert [row["export"] for row in rows] == [record.public_id] == [answer["X-Countenance-Export"]]
    assert record.public_id in answer["Content-Disposition"]
    assert (rows[0]["candidate"], rows[0]["candidate_status"]) == (lead.candidate.public_id, "lead")
    assert "comparisons of different people scores this high" in rows[0]["meaning"]


def test_each_line_of_json_carries_the_id_of_its_export(lead):
    answer = lead.alice.post(f"{lead.paths()['job']}export/", TO_US | {"format_": "jsonl"})
    [row] = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert row["export"] == answer["X-Countenance-Export"]
    assert "comparisons of different people" in row["faces"][0]["candidates"][0]["meaning"]


def test_an_export_to_police_is_refused_with_rule_remedy_and_decision(lead):
    unit = EndUser.objects.create(name=f"Police {uuid7()}", organization_type="law_enforcement_local")
    with tenant_scope(lead.organization):
        Job.objects.filter(pk=lead.job.pk).update(facts={**lead.job.facts, "recipient": str(unit.pk)})
    page = text(lead.alice.get(f"{lead.paths()['job']}export/"))
    assert unit.name in page
    answer = lead.alice.post(f"{lead.paths()['job']}export/", TO_US | {"to": str(unit.pk)})
    assert answer.status_code == 403
    told = text(answer)
    assert all(words in told for words in ("us-police-2020", "humanitarian exemption", "rul_"))


def test_an_export_to_somebody_unverified_says_what_to_do(lead):
    answer = lead.alice.post(f"{lead.paths()['job']}export/", TO_US | {"to": "unregistered"})
    assert answer.status_code == 403
    assert "the recipient is not in the register" in text(answer)
    with tenant_scope(lead.organization):
        assert not ExportRecord.objects.exists()


def test_a_body_that_is_not_offered_cannot_be_sent(lead):
    answer = lead.alice.post(f"{lead.paths()['job']}export/", TO_US | {"to": str(uuid7())})
    assert answer.status_code == 422


def inconclusive(site):
    reviewer = member(site.desk)
    judge(site.candidate, reviewer, "inconclusive")
    return browser(User.objects.get(pk=reviewer.user_id))


def test_without_a_new_photo_the_page_teaches_how_to_get_one(database):
    site = new_site()
    inconclusive(site)
    assert "No new photo yet" in text(site.alice.get(at(site, "again")))


def test_a_candidate_is_judged_again_beside_a_new_photo_and_blind_again(database):
    site = new_site()
    reviewer = inconclusive(site)
    site.desk.submit("enroll", [("anna 2.png", photo(ANNA))])
    work_off()
    page = text(site.alice.get(at(site, "again")))
    choice = page.split('name="photo" value="')[1].split('"')[0]
    assert choice.startswith("fac_")
    sent = {"photo": choice, "reason": "From the front."}
    assert site.alice.post(at(site, "again"), sent).status_code == 302
    assert status_of(site) == "candidate"
    blind = text(reviewer.get(site.paths()["candidate"]))
    assert "From the front." in blind
    assert "similarity of 100" not in blind
    assert "Same ear." not in blind


@pytest.mark.parametrize("wrong", [{"photo": "fac_nonsense"}, {"reason": ""}])
def test_a_second_look_needs_one_of_the_photos_and_a_reason(database, wrong):
    site = new_site()
    inconclusive(site)
    site.desk.submit("enroll", [("anna 2.png", photo(ANNA))])
    work_off()
    choice = text(site.alice.get(at(site, "again"))).split('name="photo" value="')[1].split('"')[0]
    answer = site.alice.post(at(site, "again"), {"photo": choice, "reason": "Front."} | wrong)
    assert answer.status_code == 422
    with tenant_scope(site.organization):
        assert not Reopening.objects.exists()


def test_only_an_inconclusive_candidate_is_judged_again(lead):
    assert lead.alice.get(at(lead, "again")).status_code == 409
