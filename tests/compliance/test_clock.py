"""What happens by date alone: lapses, warnings, renewals, recertification; each once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import cases, documents, expiries, grants, lapses, onboarding, renewals
from compliance.models import Application, Case, CaseMessage, Evidence, Grant, Letter
from compliance.models.cases import CaseKind
from compliance.models.onboarding import ApplicationStatus
from compliance.reminders import first_time
from compliance.standing import standing
from compliance.sweeps import SWEEPS
from portal.audit.models import Event
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine
from tests.compliance.office import (
    ANSWERS,
    add_document,
    applied,
    case_of,
    records_of,
    ruling_for,
    status_of,
    under_review,
)
from tests.support.workers import wait_for

BY = Actor.system("tests")
SECOND, MOMENT = timedelta(seconds=1), timedelta(microseconds=1)


def days(number):
    return timedelta(days=number)


def letters_of(tenant):
    with officer_scope():
        rows = Letter.objects.filter(organization=tenant.organization).order_by("pk")
        return [letter.kind for letter in rows]


def move_end(application, tenant, ends_at, started_at=None):
    with tenant_scope(tenant.organization):
        rows = Application.objects.filter(pk=application.pk)
        rows.update(expires_at=ends_at, **({"started_at": started_at} if started_at else {}))


def sweep():
    return [step() for step in SWEEPS]


@pytest.fixture
def draft(applicant):
    return onboarding.start(organization=applicant.organization, by=applicant.actor)


@pytest.fixture
def asked(applicant, officers):
    """An application about which an officer asked something."""
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="Who are your reviewers?", by=officer)
    return application


# Lapse


def test_a_draft_lapses_by_date_and_its_organization_is_told_once(applicant, draft):
    move_end(draft, applicant, timezone.now() - SECOND)
    lapses.lapse_due()
    lapses.lapse_due()
    with tenant_scope(applicant.organization):
        assert Application.objects.get(pk=draft.pk).status == "lapsed"
    assert letters_of(applicant) == ["application_lapsed"]
    assert Event.objects.filter(verb="application.lapsed", target=draft.public_id).count() == 1


def test_a_draft_has_lapsed_before_any_sweep_says_so(applicant, draft):
    move_end(draft, applicant, timezone.now() - SECOND)
    with tenant_scope(applicant.organization):
        row = Application.objects.get(pk=draft.pk)
        assert (row.status, row.status_at(database_now())) == ("draft", ApplicationStatus.LAPSED)
    with pytest.raises(Conflict, match="application_lapsed"):
        add_document(draft, applicant)
    with tenant_scope(applicant.organization):
        assert not Evidence.objects.exists()


def test_an_unanswered_question_lapses_with_its_case_and_organization(applicant, asked):
    move_end(asked, applicant, timezone.now() - SECOND)
    lapses.lapse_due()
    assert (status_of(applicant), case_of(applicant).status) == ("lapsed", "withdrawn")
    assert letters_of(applicant)[-1] == "application_lapsed"
    assert "application_withdrawn" not in letters_of(applicant)


def test_a_question_gives_thirty_days_to_answer(applicant, asked):
    with tenant_scope(applicant.organization):
        left = Application.objects.get(pk=asked.pk).expires_at - database_now()
    assert days(29) < left <= days(30)


def test_an_answer_that_comes_too_late_is_refused_with_what_to_do(applicant, asked):
    case = case_of(applicant)
    move_end(asked, applicant, timezone.now() - SECOND)
    with pytest.raises(Conflict) as late:
        onboarding.answer_question(case=case, body="Two of us.", by=applicant.actor)
    assert (late.value.code, "Start a new one" in late.value.sentence) == ("application_lapsed", True)
    with tenant_scope(applicant.organization):
        assert not CaseMessage.objects.filter(case=case, is_question=False).exists()


def test_after_a_lapse_a_new_application_keeps_the_answers(applicant, asked):
    move_end(asked, applicant, timezone.now() - SECOND)
    lapses.lapse_due()
    again = onboarding.start(organization=applicant.organization, by=applicant.actor)
    assert again.answers["security"] == asked.answers["security"]
    onboarding.submit(application=again, by=applicant.actor)
    assert status_of(applicant) == "submitted"


def test_seven_days_before_it_lapses_the_organization_is_told_once(applicant, draft):
    move_end(draft, applicant, timezone.now() + days(7) - SECOND, started_at=timezone.now() - days(83))
    lapses.warn()
    lapses.warn()
    assert letters_of(applicant) == ["application_lapsing"]


def test_before_the_seventh_day_nobody_is_told(applicant, draft):
    move_end(draft, applicant, timezone.now() + days(7) + days(1), started_at=timezone.now() - days(82))
    lapses.warn()
    assert letters_of(applicant) == []


# Evidence


def verified(tenant, officers, ends_at, received_at=None, kind="onboarding"):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor, kind=kind)
    evidence = add_document(application, tenant, expires_at=timezone.now() + days(90))
    documents.verify(evidence=evidence, by=officers[0])
    with tenant_scope(tenant.organization):
        rows = Evidence.objects.filter(pk=evidence.pk)
        rows.update(expires_at=ends_at, received_at=received_at or timezone.now() - days(80))
    return evidence


def test_a_document_is_warned_of_thirty_and_seven_days_before_each_once(tenant, officers):
    evidence = verified(tenant, officers, timezone.now() + days(30) - SECOND)
    expiries.warn()
    expiries.warn()
    assert letters_of(tenant) == ["evidence_expiring"]
    with tenant_scope(tenant.organization):
        Evidence.objects.filter(pk=evidence.pk).update(expires_at=timezone.now() + days(7) - SECOND)
    expiries.warn()
    assert letters_of(tenant) == ["evidence_expiring"] * 2


def test_a_document_that_another_outlasts_is_not_warned_of(tenant, officers):
    evidence = verified(tenant, officers, timezone.now() + days(20))
    with tenant_scope(tenant.organization):
        application = Application.objects.get(pk=evidence.application_id)
    documents.verify(evidence=add_document(application, tenant, b"newer"), by=officers[0])
    expiries.warn()
    assert letters_of(tenant) == []


def test_an_expired_document_says_so_on_read_and_once_swept(tenant, officers):
    evidence = verified(tenant, officers, timezone.now() - SECOND)
    with tenant_scope(tenant.organization):
        row = Evidence.objects.get(pk=evidence.pk)
        assert (row.status, row.status_at(database_now())) == ("verified", "expired")
    before = Organization.objects.get(pk=tenant.organization.pk).epoch
    expiries.expire_due()
    expiries.expire_due()
    with tenant_scope(tenant.organization):
        assert Evidence.objects.get(pk=evidence.pk).status == "expired"
    assert letters_of(tenant) == ["evidence_expired"]
    assert Organization.objects.get(pk=tenant.organization.pk).epoch == before + 1


def test_an_officer_verifies_no_expired_document(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    with pytest.raises(InvalidInput, match="evidence_expired"):
        documents.verify(evidence=evidence, by=officers[0], expires_at=timezone.now() - SECOND)
    with tenant_scope(tenant.organization):
        assert Evidence.objects.get(pk=evidence.pk).status == "received"


def test_what_officers_saw_counts_no_more_once_the_document_has_expired(tenant, officers):
    determine(tenant, "find_missing_child", records=["lawful_basis", "written_consent"])
    assert records_of(tenant) == {"lawful_basis", "written_consent"}
    verified(tenant, officers, timezone.now() - SECOND, kind="recertification")
    assert records_of(tenant) == {"written_consent"}


# Grants and exemptions


def granted(tenant, ends_at, **line):
    values = {"starts_at": timezone.now() - days(200), "expires_at": ends_at}
    return determine(tenant, "find_missing_child", **values | line)


def open_cases(tenant, kind):
    with officer_scope():
        return list(Case.objects.open().filter(organization=tenant.organization, kind=kind))


@pytest.mark.parametrize("mark", [90, 30, 7])
def test_a_case_opens_before_a_grant_ends_and_the_organization_is_told_once(tenant, mark):
    end = timezone.now() + days(mark) - SECOND
    grant = granted(tenant, end)
    renewals.announce_ends()
    renewals.announce_ends()
    (case,) = open_cases(tenant, "recertification")
    assert (case.due_at, case.subject) == (grant.expires_at, grant.public_id)
    assert letters_of(tenant).count("grants_ending") == 1


@pytest.mark.parametrize("mark", [90, 30, 7])
def test_a_second_before_a_mark_nothing_is_told(tenant, mark):
    granted(tenant, timezone.now() + days(mark) + timedelta(minutes=1))
    renewals.announce_ends()
    told = letters_of(tenant)
    assert told.count("grants_ending") == (0 if mark == 90 else 1)  # the mark before has passed


def test_grants_that_end_together_are_one_case_and_one_letter(tenant, police_unit):
    end = timezone.now() + days(20)
    first = granted(tenant, end)
    with tenant_scope(tenant.organization):
        Grant.objects.create(**_like(first) | {"purpose": "find_missing_adult", "end_user": police_unit})
    renewals.announce_ends()
    assert len(open_cases(tenant, "recertification")) == 1
    with officer_scope():
        letter = Letter.objects.get(organization=tenant.organization, kind="grants_ending")
    assert "Find a missing child" in letter.body
    assert "Find a missing adult" in letter.body


def _like(grant):
    names = ("organization_id", "determination_id", "operations", "moratorium_status")
    return {name: getattr(grant, name) for name in (*names, "starts_at", "expires_at")}


def test_a_case_closed_between_two_marks_opens_again_at_the_next(tenant, officers):
    grant = granted(tenant, timezone.now() + days(7) - SECOND)
    with officer_scope():  # the mark of 30 days, told and closed
        first_time(tenant.organization.pk, what="grant", row=grant.pk, ends_at=grant.expires_at, days=30)
    renewals.announce_ends()
    assert len(open_cases(tenant, "recertification")) == 1


def test_an_open_case_is_reminded_and_not_doubled(tenant):
    grant = granted(tenant, timezone.now() + days(7) - SECOND)
    with officer_scope():
        case = cases.open_case(
            kind=CaseKind.RECERTIFICATION, organization_id=tenant.organization.pk, summary="x", by=BY
        )
    renewals.announce_ends()
    assert [one.pk for one in open_cases(tenant, "recertification")] == [case.pk]
    with officer_scope():
        assert str(grant) in CaseMessage.objects.get(case=case, internal=True).body


def test_an_end_chosen_this_week_is_warned_of_by_nobody(tenant):
    determine(tenant, "find_missing_child", expires_at=timezone.now() + days(5))
    renewals.announce_ends()
    assert (letters_of(tenant), open_cases(tenant, "recertification")) == ([], [])


def test_a_grant_of_an_older_determination_is_not_announced(tenant):
    granted(tenant, timezone.now() + days(20))
    granted(tenant, timezone.now() + days(120))
    renewals.announce_ends()
    assert letters_of(tenant) == []


def test_an_exemption_that_ends_before_its_grant_has_a_case_of_its_own(tenant, police_unit):
    end = timezone.now() + days(30) - SECOND
    exempt = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}
    grant = granted(tenant, timezone.now() + days(120), exemption_expires_at=end, **exempt)
    renewals.announce_ends_of_exemptions()
    (case,) = open_cases(tenant, "exemption")
    assert (case.due_at, case.subject) == (end, grant.public_id)
    assert letters_of(tenant) == ["exemptions_ending"]


def test_the_case_of_the_date_is_taken_up_by_the_recertification(tenant):
    granted(tenant, timezone.now() + days(20))
    renewals.announce_ends()
    (case,) = open_cases(tenant, "recertification")
    application = recertified(tenant)
    assert [one.pk for one in open_cases(tenant, "recertification")] == [case.pk]
    with tenant_scope(tenant.organization):
        assert Case.objects.get(pk=case.pk).application_id == application.pk


def recertified(tenant):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor, kind="recertification")
    onboarding.save_answer(application=application, answers=ANSWERS, by=tenant.actor)
    return onboarding.submit(application=application, by=tenant.actor)


# Recertification


def shown(tenant, at=None):
    with tenant_scope(tenant.organization):
        organization = Organization.objects.get(pk=tenant.organization.pk)
        return standing(organization, at=at).status


def test_an_organization_is_due_thirty_days_before_its_first_grant_ends_to_the_second(tenant):
    end = granted(tenant, timezone.now() + days(60)).expires_at
    assert shown(tenant, end - days(30) - timedelta(microseconds=1)) == "active"
    assert shown(tenant, end - days(30)) == "recertification_due"


def test_it_is_due_on_read_before_any_sweep_and_rulings_use_that(tenant):
    granted(tenant, timezone.now() + days(29))
    assert (status_of(tenant), shown(tenant)) == ("active", "recertification_due")
    assert ruling_for(tenant).stated.organization.status == "recertification_due"


def test_the_sweep_moves_the_stored_status_once_and_tells(tenant):
    granted(tenant, timezone.now() + days(29))
    renewals.follow_dates()
    renewals.follow_dates()
    assert status_of(tenant) == "recertification_due"
    assert letters_of(tenant) == ["recertification_due"]


def test_a_short_grant_makes_nobody_due_before_it_ends(tenant):
    end = determine(tenant, "find_missing_child", expires_at=timezone.now() + days(5)).expires_at
    assert shown(tenant, end - SECOND) == "active"
    assert shown(tenant, end) == "recertification_due"


def test_an_urgent_grant_is_never_renewed(tenant):
    end = timezone.now() + days(1)
    determine(tenant, "find_missing_child", expires_at=end, case_reference="CASE-1")
    assert shown(tenant, end + days(1)) == "active"


def test_a_grant_that_was_given_up_makes_nobody_due(tenant):
    granted(tenant, timezone.now() + days(20))
    renewals.follow_dates()
    grants.give_up(organization=tenant.organization, end_user=tenant.itself, by=tenant.actor)
    renewals.follow_dates()
    assert (status_of(tenant), shown(tenant)) == ("active", "active")


def test_a_stopped_organization_stays_stopped_whatever_the_date(tenant):
    granted(tenant, timezone.now() + days(20))
    Organization.objects.filter(pk=tenant.organization.pk).update(status="suspended")
    renewals.follow_dates()
    assert shown(tenant) == "suspended"


def test_a_grant_holds_to_the_second_and_no_longer(tenant):
    end = granted(tenant, timezone.now() + days(3)).expires_at
    with tenant_scope(tenant.organization):
        before, after = (standing(tenant.organization, at=at).lines[0] for at in (end - MOMENT, end))
    assert (before.in_force, str(before.ruling.outcome)) == (True, "cleared")
    assert (after.in_force, after.ruling.rule_id) == (False, "grant-expired")


def test_an_exemption_holds_to_the_second_and_no_longer(tenant, police_unit):
    end = timezone.now() + days(3)
    exempt = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}
    granted(tenant, end + days(9), exemption_expires_at=end, end_user=police_unit, **exempt)
    with tenant_scope(tenant.organization):
        before, after = (standing(tenant.organization, at=at).lines[0] for at in (end - MOMENT, end))
    assert (str(before.ruling.outcome), str(before.computed)) == ("cleared", "exempt")
    assert (after.ruling.rule_id, str(after.computed)) == ("exemption-expired", "covered")


def test_the_gate_refuses_from_the_second_a_grant_ends(tenant):
    granted(tenant, timezone.now() + timedelta(seconds=1.5))
    assert ruling_for(tenant).outcome == "cleared"
    wait_for(lambda: ruling_for(tenant).rule == "grant-expired", seconds=10)


def test_every_sweep_can_run_again_and_changes_nothing_more(tenant, officers):
    granted(tenant, timezone.now() + days(20))
    verified(tenant, officers, timezone.now() + days(5), kind="recertification")
    sweep()
    with officer_scope():
        before = (Letter.objects.count(), Case.objects.count())
    sweep()
    with officer_scope():
        assert (Letter.objects.count(), Case.objects.count()) == before
