"""Letters at each step of a case, received by a real mail server."""

import io
import logging

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from compliance.actions import cases, decisions, letters, onboarding
from compliance.findings import Finding
from compliance.models import Letter
from compliance.policy.obligations import Obligations
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import determination_in_force
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant
from tests.compliance.office import (
    ANSWERS,
    applied,
    case_of,
    exempt_finding,
    finding_for,
    second_of,
    under_review,
)
from tests.support.mail import sink


@pytest.fixture
def post(settings, database):
    """A mail server, with no letter of earlier tests waiting for it."""
    with officer_scope():
        Letter.objects.filter(sent_at=None, given_up_at=None).update(given_up_at=timezone.now())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    with sink() as server:
        settings.EMAIL_PORT = server.port
        yield server


def received(post, tenant=None):
    """Mail what is due and return the texts received since, by subject; of one tenant where one is named."""
    post.messages.clear()
    while letters.send_due():  # those of other tests too
        pass
    return {
        message["Subject"]: message.get_content()
        for message in post.messages
        if tenant is None or message["To"] == tenant.administrator.email
    }


def let_time_pass():
    """Bring the next attempt of every waiting letter to now."""
    with officer_scope():
        Letter.objects.filter(sent_at=None, given_up_at=None).update(next_try_at=Now())


def only(found):
    [(subject, text)] = found.items()
    return subject, text


def test_an_application_is_acknowledged_with_reference_case_and_due_day(applicant, post):
    application = applied(applicant)
    subject, text = only(received(post))
    assert subject == f"We have your application {application.reference}"
    case = case_of(applicant)
    assert all(word in text for word in (case.reference, application.declaration, f"{case.due_at:%B}"))
    assert f"/onboarding/{application.public_id}/status/" in text


def test_a_letter_is_a_whole_mail_with_a_stable_id(applicant, post):
    applied(applicant)
    received(post)
    [message] = post.messages
    with tenant_scope(applicant.organization):
        letter = Letter.objects.get()
    assert message["Message-ID"].startswith(f"<{letter.pk.hex}@")
    assert (message["To"], message["Auto-Submitted"]) == (applicant.administrator.email, "auto-generated")
    assert message.get_content_type() == "text/plain"
    assert post.envelopes == [[applicant.administrator.email]]


def test_a_question_reaches_the_organization_with_its_words(applicant, officers, post):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    received(post)
    cases.ask(case=case, body="Who pays for the service? Größe & Gewicht?", by=officer)
    subject, text = only(received(post))
    assert subject.startswith("A question about your application A")
    assert "Who pays for the service? Größe & Gewicht?" in text
    assert officer.label not in text


def test_a_decision_names_grants_conditions_ends_reasons_and_the_appeal(applicant, officers, post):
    applied(applicant)
    case, first = under_review(applicant, officers)
    demands = Obligations(images_in_30_days=1500, conditions=frozenset({"Tell the guardian."}))
    finding = finding_for(applicant.itself, line={"conditions": demands})
    decisions.recommend(case=case, finding=finding, by=first)
    received(post)
    made = decisions.determine(case=case, by=first)
    subject, text = only(received(post))
    assert subject == f"Decision on case {case.reference}: granted"
    said = [
        "Find a missing child, for Harbor Light",
        "1,500 images",
        "For people to keep: Tell the guardian.",
    ]
    said += [made.public_id, "Registered charity", "You can appeal", f"{finding.lines[0].expires_at:%Y}"]
    assert [words for words in said if words not in text] == []
    assert first.label not in text


def test_an_exemption_is_told_with_purpose_end_user_and_end(applicant, officers, post):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
    received(post)
    second = second_of(applicant, officers)
    decisions.countersign(case=case, vote="approve", reasons="Seen.", by=second)
    _, text = only(received(post))
    assert "Exempt for Find a missing child / Harbor Light until" in text
    assert not [word for word in (first.label, second.label, "Seen.") if word in text]


def test_a_request_for_more_that_is_rejected_leaves_what_was_granted(officers, post):
    tenant = new_tenant("Harbor Light")
    grant = determine(tenant, "find_missing_child")
    application = onboarding.start(organization=tenant.organization, by=tenant.actor, kind="new_purpose")
    asked = ("purposes", "purpose_story", "image_sources", "end_users", "legal_basis", "subject_classes")
    answers = {name: ANSWERS[name] for name in (*asked, "subjects")}
    onboarding.save_answer(application=application, answers=answers, by=tenant.actor)
    onboarding.submit(application=application, by=tenant.actor)
    case, officer = under_review(tenant, officers)
    received(post)
    rejected = {"outcome": "rejected", "reasons": "No agreement was shown."}
    found = Finding(organization_type=OrganizationType.CHILD_PROTECTION_NGO, **rejected)
    decisions.recommend(case=case, finding=found, by=officer)
    assert decisions.determine(case=case, by=officer) is None
    subject, text = only(received(post))
    assert subject.endswith("not granted")
    assert "No agreement was shown." in text
    with tenant_scope(tenant.organization):
        from_before = determination_in_force(tenant.organization)
    assert from_before.pk == grant.determination_id


def test_a_withdrawal_is_confirmed(applicant, post):
    application = applied(applicant)
    received(post)
    onboarding.withdraw(application=application, by=applicant.actor)
    subject, _ = only(received(post))
    assert subject == f"Your application {application.reference} was withdrawn"


def test_a_letter_waits_while_the_mail_server_is_down_and_keeps_its_id(applicant, post, settings):
    applied(applicant)
    settings.EMAIL_PORT = 1  # nobody listens there
    assert received(post) == {}
    with tenant_scope(applicant.organization):
        waiting = Letter.objects.get()
    assert (waiting.attempts, waiting.failure, waiting.status) == (
        1,
        "ConnectionRefusedError",
        "to_be_mailed",
    )
    settings.EMAIL_PORT = post.port
    assert received(post) == {}  # not before its time
    let_time_pass()
    received(post)
    assert post.messages[0]["Message-ID"].startswith(f"<{waiting.pk.hex}@")
    let_time_pass()
    assert received(post) == {}


def test_a_letter_that_the_server_defers_is_tried_again(applicant, post):
    applied(applicant)
    post.refuses = "450 try again later"
    assert received(post) == {}
    post.refuses = ""
    let_time_pass()
    assert len(received(post)) == 1


def test_logs_hold_no_address_and_no_word_of_a_letter(applicant, post):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    try:
        applied(applicant)
        post.refuses = "550 no such person"
        received(post)
        post.refuses = ""
        let_time_pass()
        received(post)
    finally:
        logging.getLogger().removeHandler(handler)
    said = written.getvalue()
    assert applicant.administrator.email not in said
    assert "We have your application" not in said
