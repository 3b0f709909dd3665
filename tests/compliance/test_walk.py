"""From the application to the ruling, through the hands of the office."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.utils import IntegrityError
from django.utils import timezone

from compliance import evidence as store
from compliance.actions import (
    cases,
    decisions,
    determinations,
    end_users,
    gate,
    onboarding,
    referrals,
    suspensions,
)
from compliance.findings import Finding, Line
from compliance.impartiality import draw_officer
from compliance.models import Application, Case, Determination, Evidence, Grant, Recommendation, RulingRecord
from compliance.policy.vocabulary import Gate, MoratoriumStatus, OrganizationType, Purpose, Record
from compliance.standing import standing
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_officer, new_tenant, search_for_a_child

ANSWERS = {
    "legal_name": "Harbor Light",
    "legal_form": "Charity",
    "establishment": ["US"],
    "organization_type": "child_protection_ngo",
    "police_ties": "None",
    "onward_service": "No",
    "purposes": ["find_missing_child"],
    "purpose_story": "A child is reported missing.",
    "image_sources": ["case_file"],
    "end_users": [{"name": "Harbor Light", "organization_type": None}],
    "legal_basis": "Consent of the guardian",
    "subject_classes": ["missing_child"],
    "subjects": ["US"],
    "human_review": "Two trained reviewers",
    "security": "Second factor for all",
    "processing": ["US"],
}


@pytest.fixture
def officers(database):
    User.objects.filter(officer__active=True).update(is_active=False)
    return [new_officer(name) for name in ("Ada", "Ben", "Cleo")]


@pytest.fixture
def applicant(database):
    return new_tenant("Harbor Light", status="draft")


def applied(tenant, **answers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    onboarding.save_answer(application=application, answers=ANSWERS | answers, by=tenant.actor)
    return onboarding.submit(application=application, by=tenant.actor)


def case_of(tenant):
    with tenant_scope(tenant.organization):
        return Case.objects.filter(organization=tenant.organization).latest("opened_at")


def under_review(tenant, officers):
    """Assign the newest case and begin its review; return it with the officer drawn."""
    case = cases.assign(case=case_of(tenant), by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == case.assigned_to_id)
    return cases.begin_review(case=case, by=officer), officer


def finding_for(end_user, **details):
    line = {"purpose": Purpose.FIND_MISSING_CHILD, "end_user": str(end_user.pk)}
    line |= {"expires_at": timezone.now() + timedelta(days=180)}
    line |= details.pop("line", {})
    values = {
        "organization_type": OrganizationType.CHILD_PROTECTION_NGO,
        "reasons": "Registered charity; two trained reviewers.",
        "establishment": frozenset({"US"}),
        "processing": frozenset({"US"}),
        "subjects": frozenset({"US"}),
    }
    return Finding(lines=(Line(**line),), **values | details)


def exempt_finding(end_user):
    exempt = {"moratorium_status": MoratoriumStatus.EXEMPT, "exemption": "humanitarian-exemption"}
    return finding_for(end_user, line=exempt)


def status_of(tenant):
    return Organization.objects.get(pk=tenant.organization.pk).status


def test_from_application_to_ruling(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    assert status_of(applicant) == "in_review"
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    determination = decisions.determine(case=case, by=officer)
    assert (status_of(applicant), determination.decided_by_id) == ("active", officer.user_id)
    ruling = gate.rule(
        search_for_a_child(applicant.itself),
        gate=Gate.SUBMIT,
        subject="job_1",
        by=applicant.actor,
        organization=applicant.organization,
    )
    assert ruling.is_cleared


def test_every_step_leaves_its_event(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    decisions.determine(case=case, by=officer)
    cases.close(case=case, by=officer)
    verbs = [event.verb for event in Event.objects.about(case.public_id)]
    assert verbs == ["case.opened", "case.assigned", "case.recommended", "case.decided", "case.closed"]


def test_an_application_with_gaps_is_not_submitted(applicant):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(InvalidInput) as error:
        onboarding.submit(application=application, by=applicant.actor)
    assert "purposes" in error.value.detail["fields"]
    assert status_of(applicant) == "draft"


def test_the_declaration_changes_with_an_answer(applicant):
    application = applied(applicant)
    with tenant_scope(applicant.organization):
        before = onboarding.declaration_of(application)
        application.answers["security"] = "None at all"
        assert application.declaration == before != onboarding.declaration_of(application)


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


def test_an_empty_answer_is_none(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    with pytest.raises(InvalidInput):
        onboarding.answer_question(case=case, body=" ", by=applicant.actor)
    with pytest.raises(InvalidInput):
        cases.ask(case=case, body=" ", by=officer)


def test_a_note_stays_in_the_office(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.note(case=case, body="The address is a mailbox.", by=officer)
    with tenant_scope(applicant.organization):
        assert not case.messages.filter(internal=True).exists()
    with officer_scope():
        assert case.messages.filter(internal=True).count() == 1


def test_only_the_officer_drawn_decides(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    other = next(one for one in officers if one != officer)
    with pytest.raises(Refused, match="not_assigned"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=other)


def test_a_member_is_never_drawn(applicant, officers):
    for officer in officers[1:]:
        Membership.objects.create(
            organization=applicant.organization, user_id=officer.user_id, role=Role.AUDITOR
        )
    applied(applicant)
    _case, officer = under_review(applicant, officers)
    assert officer == officers[0]


def test_nobody_left_to_draw_is_said(applicant, officers):
    for officer in officers:
        Membership.objects.create(
            organization=applicant.organization, user_id=officer.user_id, role=Role.AUDITOR
        )
    applied(applicant)
    with pytest.raises(Conflict, match="no_officer"):
        cases.assign(case=case_of(applicant), by=Actor.system("tests"))
    assert case_of(applicant).status == "new"


def test_an_officer_who_once_belonged_does_not_decide(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    Membership.objects.create(
        organization=applicant.organization,
        user_id=officer.user_id,
        role=Role.ANALYST,
        ended_at=timezone.now(),
    )
    with pytest.raises(Refused, match="own_organization"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)


def test_nobody_reviews_their_own_application(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    with tenant_scope(applicant.organization):
        Application.objects.filter(pk=application.pk).update(declared_by=officer.id)
    with pytest.raises(Refused, match="self_review"):
        decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)


def test_a_tenant_does_not_find_the_office(applicant, officers):
    applied(applicant)
    case, _ = under_review(applicant, officers)
    with pytest.raises(NotFound):
        cases.note(case=case, body="x", by=applicant.actor)


def test_an_exemption_takes_a_second_officer(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    with pytest.raises(Refused, match="second_officer"):
        decisions.determine(case=case, by=first)
    second = second_of(applicant, officers)
    assert second != first
    decisions.countersign(case=case, vote="approve", reasons="Same finding.", by=second)
    with tenant_scope(applicant.organization):
        determination = Determination.objects.get(organization=applicant.organization)
    assert (determination.decided_by_id, determination.countersigned_by_id) == (first.user_id, second.user_id)


def second_of(tenant, officers):
    return next(one for one in officers if one.user_id == case_of(tenant).second_officer_id)


def test_only_the_second_officer_countersigns(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    with pytest.raises(Refused, match="not_assigned"):
        decisions.countersign(case=case, vote="approve", reasons="Mine.", by=first)


def test_a_returned_case_is_reviewed_again(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    decisions.countersign(case=case, vote="return", reasons="Which unit?", by=second_of(applicant, officers))
    assert case_of(applicant).status == "under_review"
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    decisions.determine(case=case, by=first)
    assert status_of(applicant) == "active"


@pytest.mark.parametrize(("third_vote", "status"), [("approve", "active"), ("refuse", "rejected")])
def test_a_third_officer_breaks_the_tie(applicant, officers, police_unit, third_vote, status):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    second = second_of(applicant, officers)
    decisions.countersign(case=case, vote="refuse", reasons="No case file.", by=second)
    third = second_of(applicant, officers)
    assert len({first, second, third}) == 3
    decisions.countersign(case=case, vote=third_vote, reasons="I looked.", by=third)
    assert (status_of(applicant), case_of(applicant).status) == (status, "decided")


def test_a_vote_needs_reasons(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=exempt_finding(police_unit), by=first)
    with pytest.raises(InvalidInput, match="vote"):
        decisions.countersign(case=case, vote="approve", reasons="", by=second_of(applicant, officers))


def test_a_case_without_a_recommendation_is_not_decided(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    with pytest.raises(Refused, match="no_recommendation"):
        decisions.determine(case=case, by=officer)


def test_a_rejection_is_a_determination_without_grants(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    finding = Finding(
        organization_type=OrganizationType.DATA_BROKER, outcome="rejected", reasons="It sells results."
    )
    decisions.recommend(case=case, finding=finding, by=officer)
    decisions.determine(case=case, by=officer)
    assert status_of(applicant) == "rejected"


def test_a_determination_is_never_changed(tenant):
    grant = determine(tenant, "find_missing_child")
    for model, key in ((Grant, grant.pk), (Determination, grant.determination_id)):
        with pytest.raises(IntegrityError, match="never changed"), officer_scope():
            model.objects.filter(pk=key).update(organization_id=tenant.organization.pk)


def test_a_determination_of_another_tenant_is_not_seen(tenant):
    determine(tenant, "find_missing_child")
    stranger = new_tenant("Stranger")
    with tenant_scope(stranger.organization):
        assert not Determination.objects.exists()
        assert standing(stranger.organization).moratorium_status is MoratoriumStatus.UNKNOWN


def test_a_grant_cannot_hang_on_another_tenants_determination(tenant):
    foreign = determine(tenant, "find_missing_child")
    stranger = new_tenant("Stranger")
    with pytest.raises(IntegrityError), tenant_scope(stranger.organization):
        Grant.objects.create(
            organization=stranger.organization,
            determination_id=foreign.determination_id,
            purpose="find_missing_child",
            end_user=stranger.itself,
            operations=["search"],
            moratorium_status="not_covered",
            starts_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
        )


def test_the_strictest_line_is_the_organizations_standing(tenant, police_unit):
    determine(tenant, "find_missing_child", police_unit, moratorium_status="not_covered")
    with tenant_scope(tenant.organization):
        found = standing(tenant.organization)
        opened = determinations.open_status_differences(
            organization=tenant.organization, by=Actor.system("tests")
        )
    assert (found.lines[0].recorded, found.lines[0].computed) == ("not_covered", "covered")
    assert found.moratorium_status is MoratoriumStatus.COVERED
    assert [case.kind for case in opened] == ["status_difference"]


def test_an_exemption_is_shown_with_purpose_end_user_and_end(tenant, police_unit):
    determine(
        tenant,
        "find_missing_child",
        police_unit,
        moratorium_status="exempt",
        exemption="humanitarian-exemption",
    )
    with tenant_scope(tenant.organization):
        words = standing(tenant.organization).lines[0].words
    assert words.startswith(f"Exempt for Find a missing child / {police_unit.name} until 20")


def test_a_suspension_stops_and_takes_two_to_lift(tenant, officers):
    determine(tenant, "find_missing_child")
    epoch = Organization.objects.get(pk=tenant.organization.pk).epoch
    suspensions.suspend(organization=tenant.organization, reasons="Leads were sold.", by=officers[0])
    assert status_of(tenant) == "suspended"
    assert Organization.objects.get(pk=tenant.organization.pk).epoch > epoch
    case, first = under_review(tenant, officers)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=first)
    second = second_of(tenant, officers)
    decisions.countersign(case=case, vote="approve", reasons="It was a mistake.", by=second)
    assert status_of(tenant) == "active"


def test_a_suspension_says_why(tenant, officers):
    with pytest.raises(InvalidInput, match="reasons_missing"):
        suspensions.suspend(organization=tenant.organization, reasons=" ", by=officers[0])
    assert status_of(tenant) == "active"


def test_a_member_does_not_suspend(tenant, officers):
    Membership.objects.create(
        organization=tenant.organization, user_id=officers[0].user_id, role=Role.AUDITOR
    )
    with pytest.raises(Refused, match="own_organization"):
        suspensions.suspend(organization=tenant.organization, reasons="x", by=officers[0])


def referral(tenant):
    determine(tenant, "other")
    stated = search_for_a_child(tenant.itself, purpose="other", subject_class="consenting")
    ruling = gate.rule(
        stated, gate=Gate.SUBMIT, subject="job_odd", by=tenant.actor, organization=tenant.organization
    )
    with tenant_scope(tenant.organization):
        return ruling, referrals_of(ruling, tenant)


def referrals_of(ruling, tenant):
    return cases.open_referral(ruling, by=tenant.actor)


def test_a_purpose_no_rule_knows_goes_to_an_officer(tenant, officers):
    ruling, case = referral(tenant)
    assert (ruling.outcome, ruling.rule, case.kind) == ("referred", "no-rule", "no_rule")
    with tenant_scope(tenant.organization):
        assert referrals_of(ruling, tenant).pk == case.pk
        assert referrals.outcome_of("job_odd", organization=tenant.organization) == ""


@pytest.mark.parametrize(("approve", "outcome"), [(True, "approve"), (False, "refuse")])
def test_an_officer_decides_about_a_referral(tenant, officers, approve, outcome):
    referral(tenant)
    case, officer = under_review(tenant, officers)
    referrals.decide(case=case, approve=approve, reasons="I read the case file.", by=officer)
    with tenant_scope(tenant.organization):
        assert referrals.outcome_of("job_odd", organization=tenant.organization) == outcome


def test_only_referrals_are_decided_as_such(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    with pytest.raises(InvalidInput, match="not_a_referral"):
        referrals.decide(case=case, approve=True, reasons="x", by=officer)
    with pytest.raises(InvalidInput, match="reasons_missing"):
        referrals.decide(case=case, approve=True, reasons="", by=officer)


def test_a_document_is_sealed_and_comes_back(applicant, officers):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    evidence = add_document(application, applicant, b"Registered charity 12345")
    with default_storage.open(evidence.path, "rb") as file:
        assert b"Registered" not in file.read()
    with tenant_scope(applicant.organization):
        assert b"".join(store.stream(evidence)) == b"Registered charity 12345"
    store.delete(evidence)


def add_document(application, tenant, content=b"text", **fields):
    values = {"name": "report.txt", "kind": "report", "content_type": "text/plain", "record": "lawful_basis"}
    return onboarding.add_evidence(
        application=application, content=content, by=tenant.actor, **values | fields
    )


def test_a_verified_document_counts_as_a_record(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    determine(tenant, "find_missing_child")
    assert Record.LAWFUL_BASIS not in records_of(tenant)
    cases.verify_evidence(evidence=evidence, by=officers[0])
    assert Record.LAWFUL_BASIS in records_of(tenant)


def records_of(tenant):
    ruling = gate.rule(
        search_for_a_child(tenant.itself),
        gate=Gate.SUBMIT,
        subject="job_r",
        by=tenant.actor,
        organization=tenant.organization,
    )
    return ruling.stated.records


def test_an_expired_document_does_not_count(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    determine(tenant, "find_missing_child")
    cases.verify_evidence(evidence=evidence, by=officers[0], expires_at=timezone.now() - timedelta(days=1))
    assert Record.LAWFUL_BASIS not in records_of(tenant)


def test_a_rejected_document_says_why(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    with pytest.raises(InvalidInput, match="reason_missing"):
        cases.reject_evidence(evidence=evidence, reason="", by=officers[0])
    rejected = cases.reject_evidence(evidence=evidence, reason="It is unsigned.", by=officers[0])
    assert (rejected.status, rejected.reason) == ("rejected", "It is unsigned.")


def test_a_member_does_not_verify_documents(tenant, officers):
    application = onboarding.start(organization=tenant.organization, by=tenant.actor)
    evidence = add_document(application, tenant)
    Membership.objects.create(
        organization=tenant.organization, user_id=officers[0].user_id, role=Role.AUDITOR
    )
    with pytest.raises(Refused, match="own_organization"):
        cases.verify_evidence(evidence=evidence, by=officers[0])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"content": b""}, "evidence_empty"),
        ({"content": b"x" * (onboarding.LARGEST_EVIDENCE + 1)}, "evidence_large"),
        ({"content_type": "text/html"}, "evidence_type"),
        ({"record": "a_poem"}, "unknown_word"),
    ],
)
def test_what_is_no_document_is_refused(applicant, fields, code):
    application = onboarding.start(organization=applicant.organization, by=applicant.actor)
    with pytest.raises(InvalidInput, match=code):
        add_document(application, applicant, **fields)
    with tenant_scope(applicant.organization):
        assert not Evidence.objects.filter(application=application).exists()


def test_a_body_is_entered_once_in_the_register(officers):
    entry = {
        "name": "Northport Police",
        "organization_type": "law_enforcement_local",
        "jurisdiction": "US-WA",
    }
    first = end_users.register(**entry, by=officers[0])
    assert end_users.register(**entry | {"name": "northport police"}, by=officers[0]) == first
    with pytest.raises(InvalidInput, match="name_missing"):
        end_users.register(**entry | {"name": " "}, by=officers[0])


def test_the_office_reads_no_other_tenants_ruling_through_a_tenant_scope(tenant):
    stranger = new_tenant("Stranger")
    with tenant_scope(stranger.organization), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM compliance_rulingrecord")
        assert cursor.fetchone()[0] == RulingRecord.objects.count() == 0


def test_an_appeal_goes_to_an_officer_without_part_in_the_decision(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    decisions.determine(case=case, by=officer)
    appeal = onboarding.start(organization=applicant.organization, by=applicant.actor, kind="appeal")
    onboarding.submit(application=appeal, by=applicant.actor)
    for _ in range(5):
        with officer_scope():
            drawn = draw_officer(case_of_kind(applicant, "appeal"), besides=())
        assert drawn.pk != officer.user_id


def case_of_kind(tenant, kind):
    return Case.objects.get(organization=tenant.organization, kind=kind)


def test_a_tenant_does_not_read_what_an_officer_recommended(applicant, officers):
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    with tenant_scope(applicant.organization):
        assert not Recommendation.objects.filter(case=case).exists()
    with officer_scope():
        assert Recommendation.objects.filter(case=case).count() == 1


def test_a_tenant_does_not_assign_cases(applicant, officers):
    applied(applicant)
    with pytest.raises(NotFound):
        cases.assign(case=case_of(applicant), by=applicant.actor)


def test_a_withdrawal_while_questions_are_open_ends_both(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="Who are your reviewers?", by=officer)
    onboarding.withdraw(application=application, by=applicant.actor)
    assert (status_of(applicant), case_of(applicant).status) == ("withdrawn", "withdrawn")


def test_a_suspended_organization_that_is_rejected_is_revoked(tenant, officers):
    suspensions.suspend(organization=tenant.organization, reasons="Leads were sold.", by=officers[0])
    case, first = under_review(tenant, officers)
    finding = Finding(
        organization_type=OrganizationType.CHILD_PROTECTION_NGO, outcome="rejected", reasons="It sold leads."
    )
    decisions.recommend(case=case, finding=finding, by=first)
    decisions.countersign(case=case, vote="approve", reasons="I saw it.", by=second_of(tenant, officers))
    assert status_of(tenant) == "revoked"


def test_a_finding_the_rules_do_not_share_opens_a_case(applicant, officers, police_unit):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(police_unit), by=first)
    decisions.countersign(
        case=case, vote="approve", reasons="Not police use.", by=second_of(applicant, officers)
    )
    with tenant_scope(applicant.organization):
        opened = case_of_kind(applicant, "status_difference")
        assert standing(applicant.organization).moratorium_status is MoratoriumStatus.COVERED
    assert opened.summary.startswith("Recorded not_covered, computed covered")
