"""How much hangs on a case, and why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import cases
from compliance.models import Case
from compliance.risk import Level, risks_of
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import determine, new_tenant
from tests.compliance.office import ANSWERS, applied, case_of

UNIT = {"name": "Westford Police", "organization_type": "law_enforcement_local"}
ARCHIVE = {"organization_type": "education", "purposes": ["media_archive"], "subject_classes": ["public"]}


def risk_of(tenant, *, later=timedelta(0)):
    case = case_of(tenant)
    with officer_scope():
        row = Case.objects.select_related("organization", "application").get(pk=case.pk)
        return risks_of([row], now=timezone.now() + later)[row.pk]


def test_a_museum_that_works_for_itself_is_usual(applicant):
    applied(applicant, **ARCHIVE)
    assert risk_of(applicant).level == Level.USUAL
    assert risk_of(applicant).reasons == ()


def test_children_raise_it(applicant):
    applied(applicant)
    assert risk_of(applicant).level == Level.RAISED
    assert "Children are searched for." in risk_of(applicant).reasons


@pytest.mark.parametrize(
    "answers",
    [
        {"end_users": [*ANSWERS["end_users"], UNIT]},
        {"organization_type": "law_enforcement_local"},
        ARCHIVE | {"purposes": ["live_watchlist"], "organization_type": "law_enforcement_state"},
    ],
    ids=["police end user", "police", "watchlist"],
)
def test_police_and_surveillance_make_it_high_and_say_so(applicant, answers):
    applied(applicant, **answers)
    risk = risk_of(applicant)
    assert risk.level == Level.HIGH
    assert risk.reasons[0] in {
        "Police are a party.",
        "A purpose of public safety or surveillance is asked for.",
    }


def test_being_overdue_raises_it(applicant):
    applied(applicant, **ARCHIVE)
    late = risk_of(applicant, later=timedelta(days=60))
    assert (late.level, late.reasons) == (Level.RAISED, ("It is overdue.",))


def test_an_end_user_of_a_new_type_raises_it(database):
    tenant = new_tenant("Museum of the Coast", "education", status="draft")
    applied(tenant, **ARCHIVE | {"end_users": [{"name": "City Hospital", "organization_type": "health"}]})
    determine(tenant, "media_archive")
    reasons = risk_of(tenant).reasons
    assert reasons == ("An end user is of a type that the organization did not serve before.",)


def test_what_may_harm_people_is_high_whatever_was_declared(database):
    tenant = new_tenant("Museum of the Coast", "education")
    with officer_scope():
        cases.open_case(
            kind="breach", organization_id=tenant.organization.pk, summary="Lost", by=Actor.system("tests")
        )
    assert risk_of(tenant).level == Level.HIGH
