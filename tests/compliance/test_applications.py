"""Each kind of application: what it begins with, what it asks, when it can be started, who is first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import cases, decisions, grants, onboarding, suspensions
from compliance.adverse import adverse
from compliance.models import Application, Case, Determination, Evidence, GrantEnd
from compliance.models.onboarding import ApplicationKind
from compliance.paths import carried_of, changed, missing, questions_of, tasks_of
from compliance.policy.packs import load_pack, pack_names
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actions import members
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant, new_user
from tests.compliance.office import (
    ANSWERS,
    add_document,
    appealed,
    applied,
    case_of,
    finding_for,
    rejected,
    ruling_for,
    status_of,
    under_review,
)
from tests.compliance.test_at_the_same_instant import codes, together

SHORT = {
    "new_purpose": {
        "purposes": ["find_missing_adult"],
        "purpose_story": "A family reports a missing adult.",
        "image_sources": ["case_file"],
        "end_users": [{"name": "Harbor Light", "organization_type": None}],
        "legal_basis": "Consent of the family",
        "subject_classes": ["missing_adult"],
        "subjects": ["US"],
    },
    "end_user_change": {
        "end_users": [{"name": "Westford Police", "organization_type": "law_enforcement_local"}],
        "purposes": ["find_missing_child"],
        "end_user_story": "The unit sends a case with photos.",
    },
    "exemption": {
        "purposes": ["find_missing_child"],
        "end_users": [{"name": "Westford Police", "organization_type": "law_enforcement_local"}],
        "exemption_grounds": "We are a charity and look for missing children only.",
        "exemption_until": (timezone.now() + timedelta(days=180)).date().isoformat(),
    },
}


@pytest.fixture
def cleared(applicant, officers):
    """An organization that applied, was determined, and has one grant for itself."""
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=officer)
    decisions.determine(case=case, by=officer)
    return applicant


@pytest.fixture
def turned_down(applicant, officers):
    """An organization that applied and was rejected; with the determination."""
    applied(applicant)
    case, officer = under_review(applicant, officers)
    decisions.recommend(case=case, finding=rejected(), by=officer)
    return applicant, decisions.determine(case=case, by=officer)


def start(tenant, kind, **more):
    return onboarding.start(organization=tenant.organization, by=tenant.actor, kind=kind, **more)


def submitted(tenant, kind):
    application = start(tenant, kind)
    onboarding.save_answer(application=application, answers=SHORT[kind], by=tenant.actor)
    return onboarding.submit(application=application, by=tenant.actor)


def count(model, tenant, **which):
    with tenant_scope(tenant.organization):
        return model.objects.filter(**which).count()


# What is asked


def test_every_rule_that_a_question_names_is_in_a_shipped_pack():
    known = {rule.id for name in pack_names() for v in load_pack(name).versions for rule in v.rules}
    asked = [one for kind in ApplicationKind for one in questions_of(kind).values()]
    assert {rule for question in asked for rule in question.rules} <= known


@pytest.mark.parametrize("kind", sorted(SHORT))
def test_a_short_path_asks_only_what_is_new_and_keeps_the_rest(cleared, kind):
    application = start(cleared, kind)
    assert {one.name for one in missing(application)} == set(SHORT[kind])
    carried = {one.name for task in carried_of(kind) for one in task.questions}
    assert carried.isdisjoint(SHORT[kind])
    assert application.answers["security"] == ANSWERS["security"]


@pytest.mark.parametrize("kind", sorted(SHORT))
def test_a_short_path_opens_a_case_of_its_kind_and_changes_nothing_until_decided(cleared, kind):
    before = ruling_for(cleared).facts_sha256
    application = submitted(cleared, kind)
    case = case_of(cleared)
    assert (case.kind, case.application_id, case.status) == (kind, application.pk, "new")
    assert (status_of(cleared), ruling_for(cleared).facts_sha256) == ("active", before)


@pytest.mark.parametrize("kind", sorted(SHORT))
@pytest.mark.parametrize("left_out", [0, -1])
def test_a_short_path_is_not_submitted_with_a_gap(cleared, kind, left_out):
    application = start(cleared, kind)
    name = list(SHORT[kind])[left_out]
    answers = {key: value for key, value in SHORT[kind].items() if key != name}
    onboarding.save_answer(application=application, answers=answers, by=cleared.actor)
    with pytest.raises(InvalidInput) as gap:
        onboarding.submit(application=application, by=cleared.actor)
    assert gap.value.detail["fields"] == [name]
    assert count(Case, cleared, kind=kind) == 0


def test_an_appeal_asks_no_question_of_onboarding():
    names = {question.name for task in tasks_of("appeal") for question in task.questions}
    assert names == {"appeal_reason", "appeal_remedy"}


def test_a_question_of_another_kind_is_refused(cleared):
    application = start(cleared, "exemption")
    with pytest.raises(InvalidInput, match="unknown_question"):
        onboarding.save_answer(application=application, answers={"security": "x"}, by=cleared.actor)


def test_a_new_end_user_is_for_purposes_that_are_granted(cleared):
    application = start(cleared, "end_user_change")
    with pytest.raises(InvalidInput) as other:
        onboarding.save_answer(
            application=application, answers={"purposes": ["media_archive"]}, by=cleared.actor
        )
    assert (other.value.code, "as a new purpose" in other.value.sentence) == ("not_granted", True)


@pytest.mark.parametrize("day", ["2020-01-01", "2999-01-01", "soon", 7])
def test_an_exemption_ends_on_a_day_ahead_within_twelve_months(cleared, day):
    application = start(cleared, "exemption")
    with pytest.raises(InvalidInput) as wrong:
        onboarding.save_answer(application=application, answers={"exemption_until": day}, by=cleared.actor)
    assert wrong.value.detail["field"] == "exemption_until"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"security": "x" * 5_001}, "too_long"),
        ({"security": "a\0b"}, "not_text"),
        ({"subjects": ["Washington"]}, "jurisdiction"),
        ({"end_users": [{"name": "A", "organization_type": "health"}] * 2}, "named_twice"),
        ({"end_users": [{"name": "A", "organization_type": "spies"}]}, "unknown_word"),
    ],
)
def test_an_answer_that_cannot_be_kept_is_refused_with_its_field(applicant, answers, code):
    application = start(applicant, "onboarding")
    with pytest.raises(InvalidInput) as wrong:
        onboarding.save_answer(application=application, answers=answers, by=applicant.actor)
    assert (wrong.value.code, wrong.value.detail["field"]) == (code, next(iter(answers)))


# Recertification


def test_recertification_begins_with_every_answer_and_wants_each_confirmed(cleared):
    application = start(cleared, "recertification")
    assert application.answers["legal_name"] == ANSWERS["legal_name"]
    assert {one.name for one in missing(application)} == set(questions_of("recertification"))
    with pytest.raises(InvalidInput, match="Confirm or change first"):
        onboarding.submit(application=application, by=cleared.actor)


def test_recertification_begins_with_what_officers_determined(cleared):
    determine(cleared, "media_archive", establishment=["DE"])
    answers = start(cleared, "recertification").answers
    assert (answers["establishment"], answers["purposes"]) == (["DE"], ["media_archive"])


def test_a_changed_answer_is_told_from_a_confirmed_one(cleared):
    application = start(cleared, "recertification")
    given = ANSWERS | {"security": "Vault"}
    row = onboarding.save_answer(application=application, answers=given, by=cleared.actor)
    assert changed(given, row) == {"security"}
    onboarding.submit(application=application, by=cleared.actor)
    assert case_of(cleared).kind == "recertification"


def test_a_renewal_is_a_new_determination(cleared, officers):
    application = start(cleared, "recertification")
    onboarding.save_answer(application=application, answers=ANSWERS, by=cleared.actor)
    onboarding.submit(application=application, by=cleared.actor)
    Organization.objects.filter(pk=cleared.organization.pk).update(status="recertification_due")
    case, officer = under_review(cleared, officers)
    decisions.recommend(case=case, finding=finding_for(cleared.itself), by=officer)
    decisions.determine(case=case, by=officer)
    assert (status_of(cleared), count(Determination, cleared)) == ("active", 2)


# When it can be started


def test_a_cleared_organization_does_not_apply_from_nothing_again(cleared):
    with pytest.raises(Conflict, match="determined"):
        start(cleared, "onboarding")


@pytest.mark.parametrize("kind", ["new_purpose", "end_user_change", "exemption", "recertification"])
def test_changes_wait_for_the_first_determination(applicant, kind):
    with pytest.raises(Conflict, match="not_determined"):
        start(applicant, kind)
    assert count(Application, applicant) == 0


def test_a_stopped_organization_can_only_appeal(cleared):
    Organization.objects.filter(pk=cleared.organization.pk).update(status="suspended")
    with pytest.raises(Conflict, match="stopped"):
        start(cleared, "new_purpose")


def test_a_rejected_organization_applies_again_with_its_answers(turned_down):
    tenant, _ = turned_down
    again = start(tenant, "onboarding")
    assert again.answers["security"] == ANSWERS["security"]
    onboarding.submit(application=again, by=tenant.actor)
    assert status_of(tenant) == "in_review"


def test_no_second_application_while_the_first_is_with_the_officers(applicant):
    applied(applicant)
    with pytest.raises(Conflict, match="application_open"):
        start(applicant, "onboarding")


# Appeals


def test_only_what_went_against_an_organization_can_be_appealed(cleared):
    with tenant_scope(cleared.organization):
        granted = Determination.objects.get()
        assert adverse(cleared.organization) == []
    with pytest.raises(InvalidInput, match="not_adverse"):
        start(cleared, "appeal", against=granted.public_id)


def test_an_appeal_names_the_decision_and_begins_with_its_application(turned_down):
    tenant, decision = turned_down
    appeal = appealed(tenant, decision.public_id)
    onboarding.submit(application=appeal, by=tenant.actor)
    case = case_of(tenant)
    assert (case.kind, case.subject) == ("appeal", decision.public_id)
    assert appeal.answers["legal_name"] == ANSWERS["legal_name"]
    assert status_of(tenant) == "rejected"


def test_one_appeal_a_decision_is_open_at_a_time(turned_down):
    tenant, decision = turned_down
    appeal = appealed(tenant, decision.public_id)
    with pytest.raises(Conflict, match=appeal.reference):
        start(tenant, "appeal", against=decision.public_id)
    onboarding.withdraw(application=appeal, by=tenant.actor)
    assert start(tenant, "appeal", against=decision.public_id).against == decision.public_id


def test_a_line_that_was_taken_away_can_be_appealed(cleared):
    determine(cleared, "media_archive")
    with tenant_scope(cleared.organization):
        (decision,) = adverse(cleared.organization)
    assert "“Find a missing child” is no longer granted" in decision.words


def test_another_organizations_decision_cannot_be_appealed(turned_down):
    _, decision = turned_down
    with pytest.raises(InvalidInput, match="not_adverse"):
        start(new_tenant("Stranger"), "appeal", against=decision.public_id)


def test_a_stop_can_be_appealed_with_its_reasons(cleared, officers):
    suspensions.suspend(
        organization=cleared.organization, reasons="Photos from the open web.", by=officers[0]
    )
    with tenant_scope(cleared.organization):
        (decision,) = adverse(Organization.objects.get(pk=cleared.organization.pk))
    assert decision.reasons == "Photos from the open web."
    assert start(cleared, "appeal", against=decision.id).against == decision.id


def test_a_refused_wish_can_be_appealed_and_takes_nothing_away(cleared, officers):
    submitted(cleared, "new_purpose")
    case, officer = under_review(cleared, officers)
    decisions.recommend(case=case, finding=rejected(), by=officer)
    decisions.determine(case=case, by=officer)
    assert ruling_for(cleared).outcome == "cleared"
    with tenant_scope(cleared.organization):
        (decision,) = adverse(cleared.organization)
    assert decision.id == case.public_id


# Giving up an end user


def test_an_end_user_is_given_up_at_once_and_the_gate_knows(cleared):
    assert ruling_for(cleared).outcome == "cleared"
    (end,) = grants.give_up(organization=cleared.organization, end_user=cleared.itself, by=cleared.actor)
    refusal = ruling_for(cleared)
    assert (refusal.outcome, refusal.rule) == ("refused", "not-granted")
    assert Event.objects.filter(verb="grant.given_up", target=end.grant.public_id).count() == 1


def test_an_end_user_is_given_up_once(cleared):
    give_up = lambda: grants.give_up(  # noqa: E731
        organization=cleared.organization, end_user=cleared.itself, by=cleared.actor
    )
    outcomes = together(give_up, give_up)
    assert codes(outcomes) == {"nothing_granted"}
    assert count(GrantEnd, cleared) == 1


def test_a_line_given_up_after_it_was_recommended_is_not_granted_again(cleared, officers):
    submitted(cleared, "new_purpose")
    case, officer = under_review(cleared, officers)
    decisions.recommend(case=case, finding=finding_for(cleared.itself), by=officer)
    grants.give_up(organization=cleared.organization, end_user=cleared.itself, by=cleared.actor)
    with pytest.raises(Conflict, match="given_up_since"):
        decisions.determine(case=case, by=officer)
    assert (ruling_for(cleared).rule, count(Determination, cleared)) == ("not-granted", 1)


def test_only_an_administrator_gives_up_an_end_user(cleared):
    analyst = new_user("analyst")
    membership = members.add(
        organization=cleared.organization, user=analyst, role=Role.ANALYST, by=cleared.actor
    )
    with pytest.raises(Refused, match="permission"):
        grants.give_up(
            organization=cleared.organization,
            end_user=cleared.itself,
            by=Actor.for_user(analyst, Membership.objects.get(pk=membership.pk)),
        )
    with pytest.raises(NotFound):
        grants.give_up(
            organization=cleared.organization, end_user=cleared.itself, by=new_tenant("Stranger").actor
        )
    assert (ruling_for(cleared).outcome, count(GrantEnd, cleared)) == ("cleared", 0)


# Who is first, and what comes too late


def test_an_application_sent_twice_at_once_is_one_case(applicant):
    application = start(applicant, "onboarding")
    onboarding.save_answer(application=application, answers=ANSWERS, by=applicant.actor)
    outcomes = together(*[lambda: onboarding.submit(application=application, by=applicant.actor)] * 4)
    assert codes(outcomes) == {"application_closed"}
    assert sum(not isinstance(one, str) for one in outcomes) == 1
    assert count(Case, applicant) == 1
    assert Event.objects.filter(verb="application.submitted", target=application.public_id).count() == 1


def test_two_who_start_at_once_start_one(applicant):
    outcomes = together(*[lambda: start(applicant, "onboarding")] * 3)
    assert codes(outcomes) == {"application_open"}
    assert count(Application, applicant) == 1


def test_a_withdrawal_and_a_submission_at_once_leave_no_case_open(applicant):
    application = start(applicant, "onboarding")
    onboarding.save_answer(application=application, answers=ANSWERS, by=applicant.actor)
    together(
        lambda: onboarding.submit(application=application, by=applicant.actor),
        lambda: onboarding.withdraw(application=application, by=applicant.actor),
    )
    with officer_scope():
        assert not Case.objects.open().filter(organization=applicant.organization).exists()
    assert status_of(applicant) in {"draft", "withdrawn"}


def test_an_answer_and_a_question_about_another_matter_do_not_block_each_other(applicant, officers):
    application = applied(applicant)
    case, officer = under_review(applicant, officers)
    cases.ask(case=case, body="Who reviews?", by=officer)
    outcomes = together(
        lambda: onboarding.answer_question(case=case, body="Two of us.", by=applicant.actor),
        lambda: onboarding.submit(application=application, by=applicant.actor),
    )
    assert codes(outcomes) <= {"application_closed", "nothing_asked"}
    assert case_of(applicant).status == "under_review"


def test_an_answer_to_a_decided_case_says_what_to_do(turned_down):
    tenant, _ = turned_down
    with pytest.raises(Conflict) as late:
        onboarding.answer_question(case=case_of(tenant), body="But…", by=tenant.actor)
    assert (late.value.code, "appeal it" in late.value.sentence) == ("nothing_asked", True)


def test_a_withdrawn_application_takes_no_document_and_says_what_to_do(applicant):
    application = applied(applicant)
    onboarding.withdraw(application=application, by=applicant.actor)
    with pytest.raises(Conflict) as late:
        add_document(application, applicant)
    assert (late.value.code, "Start a new one" in late.value.sentence) == ("application_closed", True)
    assert count(Evidence, applicant) == 0


def test_the_same_document_is_taken_once(applicant):
    application = start(applicant, "onboarding")
    add_document(application, applicant)
    with pytest.raises(Conflict, match="evidence_twice"):
        add_document(application, applicant)
    assert count(Evidence, applicant) == 1


def test_a_document_that_has_expired_is_not_taken(applicant):
    application = start(applicant, "onboarding")
    with pytest.raises(InvalidInput) as expired:
        add_document(application, applicant, expires_at=timezone.now() - timedelta(seconds=1))
    assert (expired.value.code, expired.value.detail["field"]) == ("evidence_expired", "expires_on")
    assert count(Evidence, applicant) == 0


def test_an_urgent_grant_is_no_clearance(applicant):
    determine(applicant, "find_missing_child", case_reference="CASE-1")
    Organization.objects.filter(pk=applicant.organization.pk).update(status="in_review")
    with pytest.raises(Conflict, match="not_determined"):
        start(applicant, "new_purpose")
    assert start(applicant, "onboarding").kind == "onboarding"


def test_a_new_application_knows_the_name_already(applicant):
    application = start(applicant, "onboarding")
    assert application.answers == {"legal_name": applicant.organization.name}
