"""What an organization does with its application."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import (
    cases,
    onboarding,
)
from compliance.answers import declaration_of
from compliance.models import Application
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import new_tenant
from tests.compliance.office import (
    applied,
    case_of,
    status_of,
    under_review,
)


def test_an_application_with_gaps_is_not_submitted(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(InvalidInput) as error:
        onboarding.submit(application=application, by=applicant.actor)
    assert "purposes" in error.value.detail["fields"]
    assert status_of(applicant) == "draft"


def test_the_declaration_changes_with_an_answer(applicant):
    application = applied(applicant)
    with tenant_scope(applicant.organization):
        before = declaration_of(application)
        application.answers["security"] = "None at all"
        assert application.declaration == before != declaration_of(application)


def test_an_unknown_purpose_is_no_answer(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(InvalidInput) as error:
        onboarding.save_answer(application=application, answers={"purposes": ["x"]}, by=applicant.actor)
    assert (error.value.code, error.value.detail["field"]) == ("unknown_word", "purposes")


def test_an_unknown_question_is_refused(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(InvalidInput, match="unknown_question"):
        onboarding.save_answer(application=application, answers={"shoe_size": "9"}, by=applicant.actor)


def test_an_answer_can_be_taken_back(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    onboarding.save_answer(
        application=application, answers={"purposes": ["media_archive"]}, by=applicant.actor
    )
    row = onboarding.save_answer(application=application, answers={"purposes": []}, by=applicant.actor)
    assert row.answers["purposes"] is None


def test_a_second_application_waits_for_the_first(applicant):
    onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(Conflict, match="application_open"):
        onboarding.start(organization=applicant.organization, by=applicant.actor)


def test_a_submitted_application_is_closed_to_its_writer(applicant):
    application = applied(applicant)
    with pytest.raises(Conflict, match="application_closed"):
        onboarding.save_answer(application=application, answers={"security": "x"}, by=applicant.actor)


def test_a_lapsed_draft_cannot_be_submitted(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with tenant_scope(applicant.organization):
        Application.objects.filter(pk=application.pk).update(expires_at=timezone.now() - timedelta(days=1))
    with pytest.raises(Conflict, match="application_lapsed"):
        onboarding.submit(application=application, by=applicant.actor)


def test_a_stranger_finds_no_application(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    stranger = new_tenant("Stranger")
    with pytest.raises(NotFound):
        onboarding.submit(application=application, by=stranger.actor)


def test_withdrawing_ends_the_case(applicant):
    application = applied(applicant)
    onboarding.withdraw(application=application, by=applicant.actor)
    assert (status_of(applicant), case_of(applicant).status) == ("withdrawn", "withdrawn")


def test_a_question_is_asked_and_answered(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="Who are your reviewers?", by=officer)
    assert (status_of(applicant), case_of(applicant).status) == ("info_requested", "awaiting_tenant")
    onboarding.answer_question(case=case, body="Two of our staff.", by=applicant.actor)
    assert (status_of(applicant), case_of(applicant).status) == ("in_review", "under_review")


def test_an_application_sent_again_brings_the_case_back(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="How do you protect keys?", by=officer)
    onboarding.save_answer(application=application, answers={"security": "Vault"}, by=applicant.actor)
    onboarding.submit(application=application, by=applicant.actor)
    assert (case_of(applicant).pk, case_of(applicant).status) == (case.pk, "under_review")


def test_answers_changed_before_a_reply_are_declared_anew(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="How do you protect keys?", by=officer)
    onboarding.save_answer(application=application, answers={"security": "Vault"}, by=applicant.actor)
    onboarding.answer_question(case=case, body="In a vault.", by=applicant.actor)
    with tenant_scope(applicant.organization):
        stored = Application.objects.get(pk=application.pk)
        assert stored.declaration == declaration_of(stored)
        assert stored.declaration != application.declaration


def test_an_empty_answer_is_none(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    with pytest.raises(InvalidInput):
        onboarding.answer_question(case=case, body=" ", by=applicant.actor)
    with pytest.raises(InvalidInput):
        cases.ask(case=case, body=" ", by=officer)


def test_a_withdrawal_while_questions_are_open_ends_both(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="Who are your reviewers?", by=officer)
    onboarding.withdraw(application=application, by=applicant.actor)
    assert (status_of(applicant), case_of(applicant).status) == ("withdrawn", "withdrawn")
