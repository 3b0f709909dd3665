"""Reports from outside, persons' requests, suspected misuse, legal demands and breaches."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from compliance.actions import breaches, cases, incidents, intakes, legal_demands, person_requests
from compliance.models import Breach, BreachAction, Case, CaseMessage, Intake, LegalDemand, LegalHold, Letter
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.common.ids import public_id, uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import new_tenant, new_user

STORY = "They searched photos of my neighbor at work."
SOON = timedelta(days=10)


@pytest.fixture
def named(database):
    return new_tenant(f"Harbor Light {uuid7().hex[-8:]}")


@pytest.fixture
def privacy_contact(named):
    user = new_user("Pia")
    membership = Membership.objects.create(organization=named.organization, user=user, role="privacy_contact")
    return Actor.for_user(user, membership)


def case_with(intake):
    with officer_scope():
        return Case.objects.get(subject=intake.public_id)


def of_case(case, officers):
    """Have an officer drawn for a case and the review begun."""
    drawn = cases.assign(case=case, by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == drawn.assigned_to_id)
    return cases.begin_review(case=drawn, by=officer), officer


def letters(kind, thing):
    with officer_scope():
        case = thing if isinstance(thing, Case) else thing.case
        return list(Letter.objects.filter(kind=kind, about=case.public_id))


# Reports from outside


def test_a_report_about_a_known_name_opens_a_case_the_organization_does_not_see(named):
    intake = intakes.receive(kind="misuse_report", body=STORY, named=named.organization.name.upper())
    case = case_with(intake)
    assert (case.kind, case.organization_id) == ("misuse_report", named.organization.pk)
    with tenant_scope(named.organization):
        assert not Case.objects.exists()
        assert not Intake.objects.exists()
    trail = Event.objects.of_organization(named.organization.pk)
    assert not trail.filter(verb__in=["case.opened", "intake.received", "intake.assigned"]).exists()


def test_a_report_about_an_unknown_name_waits_for_an_officer(named, officers):
    intake = intakes.receive(kind="misuse_report", body=STORY, named="Some company in Westford")
    with officer_scope():
        assert intake in Intake.objects.waiting()
    case = intakes.assign(intake=intake, organization=named.organization, by=officers[0])
    assert case.due_at == intake.due_at
    assert intakes.with_reference(intake.reference).status == "under_review"


def test_a_name_that_two_organizations_have_is_decided_by_an_officer(named):
    new_tenant(named.organization.name)
    intake = intakes.receive(kind="misuse_report", body=STORY, named=named.organization.name)
    assert intake.case == ""


def test_a_report_is_assigned_once(named, officers):
    intake = intakes.receive(kind="misuse_report", body=STORY)
    intakes.assign(intake=intake, organization=named.organization, by=officers[0])
    with pytest.raises(Conflict, match="already"):
        intakes.dismiss(intake=intake, reasons="Nonsense.", by=officers[1])
    assert intakes.with_reference(intake.reference).intake.dismissed_at is None


def test_what_is_about_nobody_here_is_put_aside_with_reasons(officers):
    intake = intakes.receive(kind="misuse_report", body=STORY)
    with pytest.raises(InvalidInput, match="why"):
        intakes.dismiss(intake=intake, reasons=" ", by=officers[0])
    intakes.dismiss(intake=intake, reasons="Another company's product.", by=officers[0])
    assert intakes.with_reference(intake.reference).status == "closed"


def test_an_officer_assigns_nothing_to_where_they_belonged(named, officers):
    Membership.objects.create(organization=named.organization, user_id=officers[0].user_id, role="auditor")
    intake = intakes.receive(kind="misuse_report", body=STORY)
    with pytest.raises(Refused, match="belong"):
        intakes.assign(intake=intake, organization=named.organization, by=officers[0])
    assert intakes.with_reference(intake.reference).intake.case == ""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "praise", "body": "x"}, "kind"),
        ({"kind": "misuse_report", "body": " "}, "body"),
        ({"kind": "misuse_report", "body": "x" * 5001}, "body"),
        ({"kind": "person_request", "body": "x", "wish": "access"}, "contact"),
        ({"kind": "person_request", "body": "x", "contact": "a@example.org"}, "wish"),
        ({"kind": "misuse_report", "body": "x", "wish": "access"}, "wish"),
    ],
)
def test_what_cannot_be_answered_is_asked_for_again(database, given, field):
    with officer_scope():
        before = Intake.objects.count()
    with pytest.raises(InvalidInput) as error:
        intakes.receive(**given)
    assert error.value.detail["field"] == field
    with officer_scope():
        assert Intake.objects.count() == before


def test_what_was_sent_is_never_changed(database):
    intake = intakes.receive(kind="misuse_report", body=STORY)
    with pytest.raises(IntegrityError), officer_scope():
        Intake.objects.filter(pk=intake.pk).update(body="Something else")


def test_a_reference_that_was_never_given_finds_nothing(database):
    with pytest.raises(NotFound):
        intakes.with_reference("R-AAAA-AAAA")


# Suspected misuse, and how such cases end


def test_suspected_misuse_is_looked_into_unseen(named, officers):
    case = incidents.open_incident(
        organization=named.organization, summary="Odd hours", details="300 searches at night.", by=officers[0]
    )
    with tenant_scope(named.organization):
        assert not Case.objects.exists()
    with officer_scope():
        assert CaseMessage.objects.get(case=case).internal


def test_a_confidential_case_asks_the_organization_nothing(named, officers):
    case = incidents.open_incident(
        organization=named.organization, summary="Odd", details="x", by=officers[0]
    )
    case, officer = of_case(case, officers)
    with pytest.raises(Refused, match="not told"):
        cases.ask(case=case, body="Why?", by=officer)


def test_a_case_ends_with_what_was_found(named, officers):
    case = incidents.open_incident(
        organization=named.organization, summary="Odd", details="x", by=officers[0]
    )
    case, officer = of_case(case, officers)
    with pytest.raises(InvalidInput, match="cannot be the outcome"):
        incidents.close_with(case=case, outcome="answered", reasons="x", by=officer)
    incidents.close_with(case=case, outcome="unfounded", reasons="A night shift.", by=officer)
    with officer_scope():
        assert Case.objects.get(pk=case.pk).outcome == "unfounded"


def test_only_the_drawn_officer_ends_a_case(named, officers):
    case = incidents.open_incident(
        organization=named.organization, summary="Odd", details="x", by=officers[0]
    )
    case, officer = of_case(case, officers)
    other = next(one for one in officers if one is not officer)
    with pytest.raises(Refused, match="Another officer"):
        incidents.close_with(case=case, outcome="unfounded", reasons="x", by=other)


# A person's request


def requested(named):
    return intakes.receive(
        kind="person_request",
        wish="erasure",
        body="Erase my photo.",
        named=named.organization.name,
        contact="iris@example.org",
    )


def test_a_persons_request_goes_to_the_privacy_contact_and_back(named, privacy_contact, officers):
    intake = requested(named)
    case, officer = of_case(case_with(intake), officers)
    person_requests.forward(case=case, by=officer)
    [letter] = letters("person_request", case)
    assert "iris" not in letter.body
    assert "Erase my photo" not in letter.body
    with tenant_scope(named.organization):
        seen = Case.objects.get()
        assert "Erase my photo." in CaseMessage.objects.get(case=seen).body
    person_requests.reply(case=case, body="Erased, receipt 5.", by=privacy_contact)
    incidents.close_with(case=case, outcome="answered", reasons="It was erased.", by=officer)
    assert intakes.with_reference(intake.reference).status == "closed"
    [answer] = letters("person_answered", case)
    assert (answer.address, "It was erased." in answer.body) == ("iris@example.org", True)


def test_an_analyst_answers_no_persons_request(named, officers):
    case, officer = of_case(case_with(requested(named)), officers)
    person_requests.forward(case=case, by=officer)
    Membership.objects.filter(organization=named.organization).update(role="analyst")
    with pytest.raises(Refused, match="role"):
        person_requests.reply(case=case, body="Done.", by=named.actor)
    with officer_scope():
        assert Case.objects.get(pk=case.pk).status == "awaiting_tenant"


def test_a_stranger_answers_no_persons_request(named, officers):
    case, officer = of_case(case_with(requested(named)), officers)
    person_requests.forward(case=case, by=officer)
    with pytest.raises(NotFound):
        person_requests.reply(case=case, body="Done.", by=new_tenant("Quayside Aid").actor)


def test_other_cases_are_no_persons_requests(named, officers):
    intake = intakes.receive(kind="misuse_report", body=STORY, named=named.organization.name)
    case, officer = of_case(case_with(intake), officers)
    with pytest.raises(InvalidInput, match="no request of a person"):
        person_requests.forward(case=case, by=officer)
    with tenant_scope(named.organization):
        assert not Case.objects.exists()


# Legal demands


def demanded(named, officer, **changes):
    values = {
        "kind": "subpoena",
        "issuer": "District Court",
        "reference": "5:26-mc-1",
        "scope": "Logs of May",
        "due_at": timezone.now() + SOON,
    }
    return legal_demands.receive(organization=named.organization, by=officer, **values | changes)


def test_the_organization_is_told_of_a_demand_at_once(named, privacy_contact, officers):
    demand = demanded(named, officers[0])
    assert len(letters("legal_demand", demand)) == 2
    with tenant_scope(named.organization):
        assert LegalDemand.objects.get().told_at
        assert Case.objects.get().due_at == demand.due_at


def test_while_a_gag_stands_nothing_is_told_and_afterwards_once(named, officers):
    demand = demanded(named, officers[0], gag_until=timezone.now() + SOON)
    legal_demands.tell_due()
    assert letters("legal_demand", demand) == []
    with tenant_scope(named.organization):
        assert not LegalDemand.objects.exists()
        assert not Case.objects.exists()
    assert not Event.objects.of_organization(named.organization.pk).filter(verb__startswith="demand").exists()


def test_when_a_gag_ends_the_organization_is_told_once(named, officers):
    with officer_scope():
        case = cases.open_case(
            kind="legal_demand",
            organization_id=named.organization.pk,
            summary="x",
            by=officers[0],
            confidential=True,
        )
        demand = LegalDemand.objects.create(
            organization=named.organization,
            case=case,
            kind="warrant",
            issuer="Court",
            reference="1",
            scope="All",
            recorded_by_id=officers[0].user_id,
            due_at=timezone.now(),
            gag_until=timezone.now() - timedelta(minutes=1),
        )
    legal_demands.tell_due()
    legal_demands.tell_due()
    assert len(letters("legal_demand", demand)) == 1
    with tenant_scope(named.organization):
        assert Case.objects.get().pk == case.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "letter"}, "kind"),
        ({"issuer": " "}, "issuer"),
        ({"reference": ""}, "reference"),
        ({"scope": ""}, "scope"),
        ({"due_at": timezone.now() - SOON}, "due_at"),
        ({"gag_until": timezone.now() - SOON}, "gag_until"),
        ({"holds": ["gal_1"]}, "holds"),
        ({"holds": ["", ""]}, "holds"),
    ],
)
def test_a_demand_that_cannot_be_is_asked_for_again(named, officers, change, field):
    with pytest.raises(InvalidInput) as error:
        demanded(named, officers[0], **change)
    assert error.value.detail["field"] == field
    with officer_scope():
        assert not LegalDemand.objects.filter(organization=named.organization).exists()


def test_a_hold_is_lifted_by_another_officer_once(named, officers):
    job = public_id("job", uuid7())
    demand = demanded(named, officers[0], holds=[job])
    with officer_scope():
        hold = LegalHold.objects.get(demand=demand)
    with pytest.raises(Refused, match="Another officer"):
        legal_demands.lift_hold(hold=hold, by=officers[0])
    legal_demands.lift_hold(hold=hold, by=officers[1])
    with pytest.raises(Conflict, match="already"):
        legal_demands.lift_hold(hold=hold, by=officers[2])
    assert Event.objects.about(hold.public_id).filter(verb="hold.lifted").get().organization == ""


def test_a_job_is_held_for_a_demand_once(named, officers):
    demand = demanded(named, officers[0])
    legal_demands.place_hold(demand=demand, subject="", by=officers[0])
    with pytest.raises(Conflict, match="held"):
        legal_demands.place_hold(demand=demand, subject="", by=officers[1])


def test_an_answer_is_recorded_once_and_the_case_ends_after_it(named, officers):
    demand = demanded(named, officers[0])
    case, officer = of_case(demand.case, officers)
    with pytest.raises(Conflict, match="how the demand was answered"):
        incidents.close_with(case=case, outcome="handled", reasons="x", by=officer)
    legal_demands.answer(demand=demand, answer="partly", text="Logs of May 3.", by=officer)
    with pytest.raises(Conflict, match="already"):
        legal_demands.answer(demand=demand, answer="refused", text="x", by=officers[0])
    incidents.close_with(case=case, outcome="handled", reasons="Answered in part.", by=officer)
    with officer_scope():
        assert LegalDemand.objects.get(pk=demand.pk).answer == "partly"


@pytest.mark.parametrize("step", ["incident", "demand", "answer", "hold", "lift", "breach", "step"])
def test_an_officer_takes_no_step_where_they_belonged(named, officers, step):
    insider = officers[0]
    demand = demanded(named, officers[1], holds=[""])
    breach = breached(named, officers[1])
    with officer_scope():
        hold = LegalHold.objects.get(demand=demand)
    Membership.objects.create(organization=named.organization, user_id=insider.user_id, role="auditor")
    told = Event.objects.of_organization(named.organization.pk).count()
    steps = {
        "incident": lambda: incidents.open_incident(
            organization=named.organization, summary="x", details="x", by=insider
        ),
        "demand": lambda: demanded(named, insider, reference="2"),
        "answer": lambda: legal_demands.answer(demand=demand, answer="partly", text="x", by=insider),
        "hold": lambda: legal_demands.place_hold(
            demand=demand, subject=public_id("job", uuid7()), by=insider
        ),
        "lift": lambda: legal_demands.lift_hold(hold=hold, by=insider),
        "breach": lambda: breached(named, insider),
        "step": lambda: breaches.take_step(breach=breach, step="contained", note="x", by=insider),
    }
    with pytest.raises(Refused, match="belong"):
        steps[step]()
    assert Event.objects.of_organization(named.organization.pk).count() == told


def test_of_two_answers_at_the_same_instant_one_is_recorded(named, officers):
    demand = demanded(named, officers[0])

    def attempt(officer):
        try:
            return legal_demands.answer(demand=demand, answer="partly", text=officer.label, by=officer)
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, officers[:2]))
    assert sorted(isinstance(one, Conflict) for one in results) == [False, True]


# Breaches


def breached(named, officer, hours=1):
    aware_at = timezone.now() - timedelta(hours=hours)
    return breaches.open_breach(
        organization=named.organization, what="A backup was copied.", aware_at=aware_at, by=officer
    )


def test_a_breach_is_due_in_twelve_hours_and_told_at_once(named, privacy_contact, officers):
    breach = breached(named, officers[0])
    assert breach.case.due_at - breach.case.opened_at < timedelta(hours=12, seconds=5)
    assert breach.authority_due_at - breach.aware_at == timedelta(hours=72)
    assert len(letters("breach", breach)) == 2
    assert len(letters("breach_opened", breach)) == len(officers)


def test_a_breach_of_the_future_is_none(named, officers):
    with pytest.raises(InvalidInput, match="future"):
        breached(named, officers[0], hours=-1)


def test_each_step_is_taken_once_and_the_case_ends_after_the_last(named, officers):
    breach = breached(named, officers[0])
    case, officer = of_case(breach.case, officers)
    for step in ("contained", "assessed", "authority_told"):
        breaches.take_step(breach=breach, step=step, note="Done.", by=officer)
    with pytest.raises(Conflict, match="already"):
        breaches.take_step(breach=breach, step="contained", note="Again.", by=officer)
    with pytest.raises(Conflict, match="every step"):
        incidents.close_with(case=case, outcome="handled", reasons="x", by=officer)
    breaches.take_step(breach=breach, step="people_told", note="No risk.", needed=False, by=officer)
    incidents.close_with(case=case, outcome="handled", reasons="All done.", by=officer)
    with tenant_scope(named.organization):
        assert BreachAction.objects.count() == 4


def test_what_is_needless_follows_from_the_assessment(named, officers):
    breach = breached(named, officers[0])
    with pytest.raises(Conflict, match="Assess"):
        breaches.take_step(breach=breach, step="people_told", note="x", needed=False, by=officers[0])
    with pytest.raises(InvalidInput, match="contained and assessed"):
        breaches.take_step(breach=breach, step="contained", note="x", needed=False, by=officers[0])
    with officer_scope():
        assert not BreachAction.objects.filter(breach=breach).exists()


def test_after_72_hours_without_the_authority_all_officers_are_told_once(named, officers):
    late, told = breached(named, officers[0], hours=73), breached(named, officers[0], hours=73)
    breaches.take_step(breach=told, step="authority_told", note="Told.", by=officers[0])
    breaches.escalate_overdue()
    breaches.escalate_overdue()
    assert len(letters("breach_overdue", late)) == len(officers)
    assert letters("breach_overdue", told) == []


def test_a_step_is_never_taken_back(named, officers):
    breach = breached(named, officers[0])
    action = breaches.take_step(breach=breach, step="contained", note="Done.", by=officers[0])
    with pytest.raises(IntegrityError), officer_scope():
        BreachAction.objects.filter(pk=action.pk).update(note="Not done.")
    with pytest.raises(IntegrityError), officer_scope():
        Breach.objects.filter(pk=breach.pk).update(aware_at=timezone.now())
