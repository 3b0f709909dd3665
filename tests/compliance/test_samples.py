import itertools

import pytest
from django.db.models.functions import Now

from compliance.actions import samples
from compliance.actions.alerts import Alert
from compliance.models import Case, Letter, Sample
from compliance.models.cases import CaseKind
from compliance.models.samples import SampleReason, SampleStatus
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actions import members
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import Tenant, new_officer, new_tenant, new_user

_numbers = itertools.count()


@pytest.fixture
def tenant(database) -> Tenant:
    return new_tenant(f"Asked about {next(_numbers)}")


def asked(tenant: Tenant) -> Sample:
    with tenant_scope(tenant.organization):
        return samples.ask(
            organization=tenant.organization,
            subject=f"job_{next(_numbers)}",
            purpose="find_missing_child",
            size=3,
            stated_reference="CASE-1",
            reason=SampleReason.RANDOM,
            asked_of=tenant.actor.id,
        )


def answered(tenant: Tenant) -> Sample:
    words = {"case_reference": "CASE-1", "explanation": "The county police asked."}
    return samples.answer(sample=asked(tenant), by=tenant.actor, **words)


def past_due(sample: Sample) -> None:
    with officer_scope():
        Sample.objects.filter(pk=sample.pk).update(
            asked_at=Now() - samples.ANSWERED_WITHIN * 2, due_at=Now() - samples.ANSWERED_WITHIN
        )


def stored(sample: Sample) -> Sample:
    with officer_scope():
        return Sample.objects.get(pk=sample.pk)


def cases_of(tenant: Tenant, alert: Alert) -> list[Case]:
    with officer_scope():
        rows = Case.objects.filter(organization=tenant.organization, kind=CaseKind.ALERT)
        return list(rows.filter(subject__startswith=f"{alert}:"))


def status_of(tenant: Tenant) -> str:
    return Organization.objects.get(pk=tenant.organization.pk).status


def test_whoever_submitted_gets_a_letter_that_names_the_request(tenant):
    sample = asked(tenant)
    with tenant_scope(tenant.organization):
        [letter] = Letter.objects.filter(about=sample.public_id)
    assert letter.address == tenant.administrator.email
    assert sample.subject in letter.subject


def test_an_answer_names_the_case_and_waits_for_an_officer(tenant):
    sample = stored(answered(tenant))
    assert (sample.status, sample.case_reference) == (SampleStatus.ANSWERED, "CASE-1")
    assert [event.verb for event in Event.objects.about(sample.public_id)][-1] == "sample.answered"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"case_reference": " ", "explanation": "Police asked."}, "case_reference_missing"),
        ({"case_reference": "C" * 101, "explanation": "Police asked."}, "case_reference_long"),
        ({"case_reference": "CASE-1", "explanation": ""}, "explanation_missing"),
    ],
)
def test_an_answer_that_says_nothing_is_not_taken(tenant, words, code):
    sample = asked(tenant)
    with pytest.raises(InvalidInput, match=code):
        samples.answer(sample=sample, by=tenant.actor, **words)
    assert stored(sample).status == SampleStatus.ASKED


def test_a_question_is_answered_once(tenant):
    sample = answered(tenant)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        samples.answer(sample=sample, case_reference="CASE-2", explanation="Again.", by=tenant.actor)
    assert stored(sample).case_reference == "CASE-1"


def test_another_organization_cannot_answer(tenant):
    sample, stranger = asked(tenant), new_tenant("Strangers to it")
    with pytest.raises(NotFound):
        samples.answer(sample=sample, case_reference="X", explanation="X", by=stranger.actor)


def test_unanswered_for_five_days_the_organization_is_restricted(tenant):
    sample = asked(tenant)
    past_due(sample)
    samples.restrict_unanswered()
    assert (stored(sample).status, status_of(tenant)) == (SampleStatus.OVERDUE, "restricted")
    assert len(cases_of(tenant, Alert.SAMPLE_UNANSWERED)) == 1


def test_before_its_time_is_over_nothing_happens(tenant):
    sample = asked(tenant)
    samples.restrict_unanswered()
    assert (stored(sample).status, status_of(tenant)) == (SampleStatus.ASKED, "active")


def test_a_late_answer_is_taken_and_lifts_nothing_by_itself(tenant):
    sample = asked(tenant)
    past_due(sample)
    samples.restrict_unanswered()
    samples.answer(sample=sample_of(sample), case_reference="CASE-1", explanation="Late.", by=tenant.actor)
    assert (stored(sample).status, status_of(tenant)) == (SampleStatus.ANSWERED, "restricted")


def sample_of(sample: Sample) -> Sample:
    return stored(sample)


def test_an_officer_finds_an_answer_plausible(tenant):
    sample = samples.accept(sample=answered(tenant), by=new_officer("Judging"))
    assert stored(sample).status == SampleStatus.ACCEPTED
    assert not cases_of(tenant, Alert.SAMPLE_DOUBTED)


def test_a_doubt_opens_a_case_that_the_organization_does_not_see(tenant):
    samples.doubt(sample=answered(tenant), by=new_officer("Doubting"))
    [case] = cases_of(tenant, Alert.SAMPLE_DOUBTED)
    with tenant_scope(tenant.organization):
        assert not Case.objects.filter(pk=case.pk).exists()


def test_an_officer_of_the_organization_does_not_judge_its_answers(tenant):
    sample, officer = answered(tenant), new_officer("Own")
    user = new_user("unused")
    members.add(organization=tenant.organization, user=user, role=Role.ANALYST, by=tenant.actor)
    own = officer.user_id
    members.add(
        organization=tenant.organization,
        user=type(user).objects.get(pk=own),
        role=Role.ANALYST,
        by=tenant.actor,
    )
    with pytest.raises(Refused, match="own_organization"):
        samples.accept(sample=sample, by=officer)
    assert stored(sample).status == SampleStatus.ANSWERED
