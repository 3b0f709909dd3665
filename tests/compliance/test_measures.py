"""What one officer does at once, what a second makes of it, and how it is undone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from compliance.actions import assignments, cases, decisions, measures, revocations, suspensions
from compliance.findings import Finding
from compliance.models import Case, Determination, Grant, Letter, Measure
from compliance.models.measures import MeasureStatus
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import standing
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine
from tests.compliance.office import applied, finding_for, second_of, status_of, under_review

SYSTEM = Actor.system("tests")
WHY = "Photos of a suspect were searched."


@pytest.fixture
def granted(tenant):
    return determine(tenant, "find_missing_child")


@pytest.fixture
def exempt(tenant, police_unit):
    return determine(
        tenant,
        "find_missing_child",
        police_unit,
        moratorium_status="exempt",
        exemption="humanitarian-exemption",
    )


def suspended(tenant, officer):
    return suspensions.suspend(organization=tenant.organization, reasons=WHY, by=officer)


def measure_of(tenant):
    with officer_scope():
        rows = Measure.objects.filter(organization=tenant.organization).select_related("case")
        return rows.latest("taken_at")


def letters_about(thing):
    case = thing.case if isinstance(thing, Measure) else thing
    with officer_scope():
        return list(Letter.objects.filter(about=case.public_id))


def overdue(tenant, officer):
    """A suspension nobody looked at for 72 hours."""
    case = suspended(tenant, officer)
    with officer_scope():
        values = {"organization": tenant.organization, "case": case, "kind": "suspension", "reasons": WHY}
        return Measure.objects.create(**values, taken_by_id=officer.user_id, due_at=timezone.now())


# Suspending and restricting


def test_one_officer_suspends_at_once_and_the_organization_reads_why(tenant, officers):
    case = suspended(tenant, officers[0])
    assert status_of(tenant) == "suspended"
    with tenant_scope(tenant.organization):
        assert Measure.objects.get().reasons == WHY
        assert Case.objects.get(pk=case.pk)
    told = [letter for letter in letters_about(measure_of(tenant)) if letter.organization_id]
    assert [letter.address for letter in told] == [tenant.administrator.email]
    assert WHY in told[0].body


def test_the_other_officers_are_asked_to_look_at_it(tenant, officers):
    suspended(tenant, officers[0])
    asked = {one.address for one in letters_about(measure_of(tenant)) if one.kind == "measure_to_judge"}
    others = User.objects.filter(pk__in=[one.user_id for one in officers[1:]])
    assert asked == {user.email for user in others}


def test_nothing_is_stopped_without_a_reason(tenant, officers):
    with pytest.raises(InvalidInput, match="reads it"):
        suspensions.suspend(organization=tenant.organization, reasons=" ", by=officers[0])
    assert status_of(tenant) == "active"
    assert not Event.objects.filter(
        verb="organization.status_changed", target=tenant.organization.public_id
    ).exists()


def test_an_active_organization_is_restricted_and_one_officer_lifts_it(tenant, officers):
    suspensions.restrict(organization=tenant.organization, reasons=WHY, by=officers[0])
    assert status_of(tenant) == "restricted"
    case, officer = under_review(tenant, officers)
    decisions.recommend_outcome(case=case, outcome="lifted", reasons="Answered.", by=officer)
    decisions.determine(case=case, by=officer)
    assert status_of(tenant) == "active"
    assert measure_of(tenant).status == MeasureStatus.LIFTED


def test_a_suspended_organization_is_not_restricted(tenant, officers):
    suspended(tenant, officers[0])
    with pytest.raises(Conflict, match="cannot go"):
        suspensions.restrict(organization=tenant.organization, reasons=WHY, by=officers[1])


def test_two_officers_who_suspend_at_the_same_instant_make_one_suspension(tenant, officers):
    def attempt(officer):
        try:
            return suspended(tenant, officer)
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, officers[:2]))
    assert sorted(isinstance(one, Conflict) for one in results) == [False, True]
    with officer_scope():
        assert Measure.objects.filter(organization=tenant.organization).count() == 1


# Four eyes after


def test_a_second_officer_ratifies_and_the_first_cannot(tenant, officers):
    suspended(tenant, officers[0])
    measure = measure_of(tenant)
    with pytest.raises(Refused, match="Another officer"):
        measures.ratify(measure=measure, by=officers[0])
    assert measure_of(tenant).status == MeasureStatus.UNRATIFIED
    measures.ratify(measure=measure, by=officers[1])
    assert measure_of(tenant).judged_by_id == officers[1].user_id
    assert Event.objects.about(measure.public_id).filter(verb="measure.ratified").exists()


def test_an_objection_lifts_nothing_and_is_told_to_all_officers(tenant, officers):
    case = suspended(tenant, officers[0])
    measure = measures.object_to(measure=measure_of(tenant), reasons="The wrong body.", by=officers[1])
    assert (status_of(tenant), measure_of(tenant).status) == ("suspended", MeasureStatus.OBJECTED)
    told = [one for one in letters_about(measure) if one.kind == "measure_objected"]
    assert len(told) == len(officers)
    with tenant_scope(tenant.organization):
        assert [one.body for one in case.messages.filter(internal=True)] == []


def test_a_measure_is_looked_at_once(tenant, officers):
    suspended(tenant, officers[0])
    measure = measure_of(tenant)
    measures.ratify(measure=measure, by=officers[1])
    with pytest.raises(Conflict, match="cannot go"):
        measures.object_to(measure=measure, reasons="Too late.", by=officers[2])


def test_whoever_belongs_to_the_organization_ratifies_nothing(tenant, officers):
    suspended(tenant, officers[0])
    Membership.objects.create(organization=tenant.organization, user_id=officers[1].user_id, role="auditor")
    with pytest.raises(Refused, match="belong"):
        measures.ratify(measure=measure_of(tenant), by=officers[1])


def test_a_measure_nobody_looked_at_escalates_once_and_stays(tenant, officers):
    overdue(tenant, officers[0])
    measures.escalate_overdue()
    measures.escalate_overdue()
    told = [one for one in letters_about(measure_of(tenant)) if one.kind == "measure_overdue"]
    assert len(told) == len(officers)
    assert status_of(tenant) == "suspended"
    assert measure_of(tenant).escalated_at is not None


def test_a_measure_that_is_not_due_is_left_alone(tenant, officers):
    suspended(tenant, officers[0])
    measures.escalate_overdue()
    assert measure_of(tenant).escalated_at is None


# Lifting and revoking


def test_lifting_a_suspension_takes_two_officers(tenant, officers, granted):
    suspended(tenant, officers[0])
    case, officer = under_review(tenant, officers)
    decisions.recommend_outcome(case=case, outcome="lifted", reasons="It was a mistake.", by=officer)
    with pytest.raises(Refused, match="second officer"):
        decisions.determine(case=case, by=officer)
    assert status_of(tenant) == "suspended"
    second = second_of(tenant, officers)
    decisions.countersign(case=case, vote="approve", reasons="I see it too.", by=second)
    assert (status_of(tenant), measure_of(tenant).status) == ("active", MeasureStatus.LIFTED)
    with officer_scope():
        assert standing(tenant.organization).determination.pk == granted.determination_id


def test_two_officers_revoke_a_suspended_organization(tenant, officers, granted):
    suspended(tenant, officers[0])
    case, officer = under_review(tenant, officers)
    decisions.recommend_outcome(case=case, outcome="revoked", reasons="Three times now.", by=officer)
    second = second_of(tenant, officers)
    decisions.countersign(case=case, vote="approve", reasons="Agreed.", by=second)
    with officer_scope():
        newest = standing(tenant.organization).determination
        assert (newest.outcome, newest.grants.count()) == ("revoked", 0)
        assert {newest.decided_by_id, newest.countersigned_by_id} == {officer.user_id, second.user_id}
    assert status_of(tenant) == "revoked"


def test_an_active_organization_is_not_revoked(tenant, officers):
    with officer_scope():
        cases.open_case(
            kind="incident", organization_id=tenant.organization.pk, summary="Hearing", by=officers[0]
        )
    case, officer = under_review(tenant, officers)
    with pytest.raises(Conflict, match="Suspend it first"):
        decisions.recommend_outcome(case=case, outcome="revoked", reasons="x", by=officer)
    assert status_of(tenant) == "active"


def test_only_an_appeal_brings_a_revoked_organization_back(tenant, officers):
    Organization.objects.filter(pk=tenant.organization.pk).update(status="revoked")
    with officer_scope():
        cases.open_case(
            kind="new_purpose", organization_id=tenant.organization.pk, summary="Again", by=officers[0]
        )
    case, officer = under_review(tenant, officers)
    with pytest.raises(Refused, match="Only an appeal"):
        decisions.recommend(case=case, finding=finding_for(tenant.itself), by=officer)
    assert status_of(tenant) == "revoked"


# Single grants and exemptions


def test_a_revoked_grant_is_gone_and_the_others_stay(tenant, officers, granted):
    other = Grant(**grant_values(granted) | {"purpose": "find_missing_adult"})
    with tenant_scope(tenant.organization):
        other.save(force_insert=True)
    epoch = Organization.objects.get(pk=tenant.organization.pk).epoch
    measure = revocations.revoke_grant(grant=granted, reasons=WHY, by=officers[0])
    with officer_scope():
        lines = standing(tenant.organization).determination.grants
        assert list(lines.values_list("purpose", flat=True)) == ["find_missing_adult"]
    assert measure.subject == granted.public_id
    assert Organization.objects.get(pk=tenant.organization.pk).epoch == epoch + 1
    assert status_of(tenant) == "active"


def grant_values(grant):
    fields = [field for field in Grant._meta.concrete_fields if field.name != "id"]
    return {field.attname: getattr(grant, field.attname) for field in fields}


def test_when_the_last_grant_is_revoked_nothing_is_granted(tenant, officers, granted):
    revocations.revoke_grant(grant=granted, reasons=WHY, by=officers[0])
    with officer_scope():
        found = standing(tenant.organization)
        assert (found.determination.outcome, found.lines) == ("revoked", ())


def test_a_revoked_exemption_leaves_the_line_covered(tenant, officers, exempt):
    revocations.revoke_exemption(grant=exempt, reasons=WHY, by=officers[0])
    with officer_scope():
        [line] = standing(tenant.organization).lines
    assert (line.status, line.grant.exemption) == ("covered", "")
    assert line.ruling.outcome == "refused"


def test_a_grant_without_exemption_has_none_to_revoke(tenant, officers, granted):
    with pytest.raises(Conflict, match="no exemption"):
        revocations.revoke_exemption(grant=granted, reasons=WHY, by=officers[0])


def test_a_grant_of_an_earlier_determination_is_not_revoked(tenant, officers, granted):
    determine(tenant, "find_missing_adult")
    with pytest.raises(Conflict, match="newer determination"):
        revocations.revoke_grant(grant=granted, reasons=WHY, by=officers[0])
    with officer_scope():
        assert Determination.objects.filter(organization=tenant.organization).count() == 2


def test_of_two_officers_who_revoke_the_same_grant_one_wins(tenant, officers, granted):
    def attempt(officer):
        try:
            return revocations.revoke_grant(grant=granted, reasons=WHY, by=officer)
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, officers[:2]))
    assert sorted(isinstance(one, Conflict) for one in results) == [False, True]


def test_what_is_granted_again_lifts_the_measure_that_took_it_away(tenant, officers, granted):
    revocations.revoke_grant(grant=granted, reasons=WHY, by=officers[0])
    with officer_scope():
        cases.open_case(
            kind="new_purpose", organization_id=tenant.organization.pk, summary="x", by=officers[0]
        )
    case, officer = under_review(tenant, officers)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=officer)
    assert measure_of(tenant).status == MeasureStatus.UNRATIFIED
    decisions.determine(case=case, by=officer)
    assert measure_of(tenant).status == MeasureStatus.LIFTED


def test_what_was_recommended_before_a_revocation_is_not_carried_out_after_it(tenant, officers, granted):
    with officer_scope():
        cases.open_case(
            kind="new_purpose", organization_id=tenant.organization.pk, summary="x", by=officers[0]
        )
    case, officer = under_review(tenant, officers)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=officer)
    revocations.revoke_grant(grant=granted, reasons=WHY, by=officers[1])
    with pytest.raises(Conflict, match="recommend anew"):
        decisions.determine(case=case, by=officer)
    assignments.take_back(case=case, by=officer)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=officer)
    assert decisions.determine(case=case, by=officer).outcome == "granted"


# Who may


@pytest.mark.parametrize("step", ["suspend", "restrict", "revoke"])
def test_an_officer_does_nothing_to_an_organization_they_belonged_to(tenant, officers, granted, step):
    Membership.objects.create(
        organization=tenant.organization,
        user_id=officers[0].user_id,
        role="auditor",
        ended_at=timezone.now(),
    )
    steps = {
        "suspend": lambda: suspended(tenant, officers[0]),
        "restrict": lambda: suspensions.restrict(
            organization=tenant.organization, reasons=WHY, by=officers[0]
        ),
        "revoke": lambda: revocations.revoke_grant(grant=granted, reasons=WHY, by=officers[0]),
    }
    with pytest.raises(Refused, match="belong"):
        steps[step]()
    assert status_of(tenant) == "active"


def test_nobody_but_an_officer_takes_a_measure(tenant, granted):
    for by in (tenant.actor, Actor.system("tests")):
        with pytest.raises(NotFound):
            revocations.revoke_grant(grant=granted, reasons=WHY, by=by)


# Appeals


def appealing(tenant, officers, case):
    """Open the case of an appeal against another, as the applicant's form does, and begin it."""
    with officer_scope():
        cases.open_case(
            kind="appeal",
            organization_id=tenant.organization.pk,
            summary="Appeal",
            subject=case.public_id,
            by=tenant.actor,
        )
    return under_review(tenant, officers)


def test_an_appeal_goes_to_an_officer_who_had_no_part(tenant, officers):
    first = suspended(tenant, officers[0])
    measures.ratify(measure=measure_of(tenant), by=officers[1])
    _, officer = appealing(tenant, officers, first)
    assert officer == officers[2]


def test_where_every_officer_had_a_part_an_appeal_waits_for_another(tenant, officers):
    first = suspended(tenant, officers[0])
    measures.ratify(measure=measure_of(tenant), by=officers[1])
    User.objects.filter(pk=officers[2].user_id).update(is_active=False)
    with pytest.raises(Conflict, match="Appoint another"):
        appealing(tenant, officers, first)


def test_an_appeal_that_is_upheld_changes_nothing_and_is_told(tenant, officers):
    case, officer = appealing(tenant, officers, suspended(tenant, officers[0]))
    decisions.recommend_outcome(case=case, outcome="upheld", reasons="It was right.", by=officer)
    decisions.determine(case=case, by=officer)
    with officer_scope():
        assert Case.objects.get(pk=case.pk).outcome == "upheld"
    assert status_of(tenant) == "suspended"
    assert "It was right." in letters_about(case)[0].body


def test_overturning_a_suspension_takes_a_second_officer_without_part(tenant, officers):
    case, officer = appealing(tenant, officers, suspended(tenant, officers[0]))
    decisions.recommend_outcome(case=case, outcome="lifted", reasons="It was wrong.", by=officer)
    second = second_of(tenant, officers)
    assert second.user_id not in {officers[0].user_id, officer.user_id}
    decisions.countersign(case=case, vote="approve", reasons="Yes.", by=second)
    with officer_scope():
        assert Case.objects.get(pk=case.pk).outcome == "overturned"
    assert status_of(tenant) == "active"


def test_an_appeal_brings_a_rejected_organization_back_by_a_new_determination(tenant, officers):
    Organization.objects.filter(pk=tenant.organization.pk).update(status="rejected")
    with officer_scope():
        rejected = cases.open_case(
            kind="onboarding", organization_id=tenant.organization.pk, summary="x", by=officers[0]
        )
    case, officer = appealing(tenant, officers, rejected)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=officer)
    decisions.determine(case=case, by=officer)
    assert status_of(tenant) == "active"
    with officer_scope():
        assert Case.objects.get(pk=case.pk).outcome == "overturned"


def test_two_officers_bring_a_revoked_organization_back_on_appeal(tenant, officers):
    Organization.objects.filter(pk=tenant.organization.pk).update(status="revoked")
    case, officer = appealing(tenant, officers, Case())
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=officer)
    assert status_of(tenant) == "revoked"
    second = second_of(tenant, officers)
    decisions.countersign(case=case, vote="approve", reasons="Yes.", by=second)
    assert status_of(tenant) == "active"


def test_a_rejection_on_appeal_leaves_the_decision_standing(tenant, officers):
    Organization.objects.filter(pk=tenant.organization.pk).update(status="rejected")
    case, officer = appealing(tenant, officers, Case())
    nothing = Finding(
        organization_type=OrganizationType.CHILD_PROTECTION_NGO, reasons="Right.", outcome="rejected"
    )
    decisions.recommend(case=case, finding=nothing, by=officer)
    decisions.determine(case=case, by=officer)
    with officer_scope():
        assert Case.objects.get(pk=case.pk).outcome == "upheld"
    assert status_of(tenant) == "rejected"


def test_an_appeal_makes_nothing_stricter(tenant, officers, granted):
    case, officer = appealing(tenant, officers, Case())
    nothing = Finding(
        organization_type=OrganizationType.CHILD_PROTECTION_NGO, reasons="No.", outcome="rejected"
    )
    decisions.recommend(case=case, finding=nothing, by=officer)
    assert decisions.determine(case=case, by=officer) is None
    with officer_scope():
        assert standing(tenant.organization).determination.pk == granted.determination_id
    assert status_of(tenant) == "active"


def test_what_the_clock_restricted_is_lifted_on_its_alert_without_telling_of_the_alert(tenant, officers):
    Organization.objects.filter(pk=tenant.organization.pk).update(status="restricted")
    with officer_scope():
        alert = cases.open_case(
            kind="alert",
            organization_id=tenant.organization.pk,
            summary="sample_unanswered:job_1",
            by=Actor.system("tests"),
            confidential=True,
        )
    drawn = cases.assign(case=alert, by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == drawn.assigned_to_id)
    cases.begin_review(case=alert, by=officer)
    decisions.recommend_outcome(case=alert, outcome="lifted", reasons="Answered late.", by=officer)
    decisions.determine(case=alert, by=officer)
    assert status_of(tenant) == "active"
    with tenant_scope(tenant.organization):
        assert alert.reference not in Letter.objects.get(kind="organization_lifted").body


def test_an_onboarding_case_is_neither_lifted_nor_upheld(tenant, officers):
    with officer_scope():
        cases.open_case(
            kind="onboarding", organization_id=tenant.organization.pk, summary="x", by=officers[0]
        )
    case, officer = under_review(tenant, officers)
    for outcome in ("lifted", "revoked", "upheld", "granted"):
        with pytest.raises(InvalidInput, match="cannot be the outcome"):
            decisions.recommend_outcome(case=case, outcome=outcome, reasons="x", by=officer)


def test_what_one_officer_recommended_before_a_suspension_lifts_nothing_after_it(tenant, officers, granted):
    """A restriction takes one officer to lift; the suspension that came meanwhile takes two."""
    restricted = suspensions.restrict(organization=tenant.organization, reasons=WHY, by=officers[0])
    case = cases.assign(case=restricted, by=SYSTEM)
    first = next(one for one in officers if one.user_id == case.assigned_to_id)
    cases.begin_review(case=case, by=first)
    decisions.recommend_outcome(case=case, outcome="lifted", reasons="It was answered.", by=first)
    other = next(one for one in officers if one is not first)
    suspended(tenant, other)
    with pytest.raises(Conflict, match="stopped_since"):
        decisions.determine(case=case, by=first)
    assert status_of(tenant) == "suspended"


def test_a_grant_recommended_before_a_suspension_is_not_carried_out_after_it(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    Organization.objects.filter(pk=applicant.organization.pk).update(status="active")
    suspended(applicant, next(one for one in officers if one is not first))
    with pytest.raises(Conflict, match="stopped_since"):
        decisions.determine(case=case, by=first)
    assert status_of(applicant) == "suspended"


def test_a_revoked_organization_comes_back_by_no_older_recommendation(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    Organization.objects.filter(pk=applicant.organization.pk).update(status="revoked")
    with pytest.raises(Refused, match="revoked"):
        decisions.determine(case=case, by=first)
    assert status_of(applicant) == "revoked"
