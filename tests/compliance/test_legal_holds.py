"""What a legal hold keeps, and what of a demand the organization is shown."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError
from django.utils import timezone

from compliance import legal_holds
from compliance.actions import cases
from compliance.models import Case, LegalDemand, LegalHold
from compliance.models.cases import CaseKind
from portal.audit.models import Event
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import new_tenant


def demanded(tenant, officer, **fields):
    with officer_scope():
        case = cases.open_case(
            kind=CaseKind.LEGAL_DEMAND,
            organization_id=tenant.organization.pk,
            summary="A subpoena",
            by=officer,
            confidential=True,
        )
        values = {"kind": "subpoena", "issuer": "District Court", "reference": "5:26-mc-1", "scope": "Logs"}
        return LegalDemand.objects.create(
            organization=tenant.organization,
            case=case,
            recorded_by_id=officer.user_id,
            due_at=timezone.now() + timedelta(days=10),
            **values | fields,
        )


def held(demand, officer, subject=""):
    with officer_scope():
        return LegalHold.objects.create(
            organization_id=demand.organization_id,
            demand=demand,
            subject=subject,
            placed_by_id=officer.user_id,
        )


def blocked(tenant, subject):
    with tenant_scope(tenant.organization):
        return legal_holds.blocks(subject, organization=tenant.organization)


def test_a_hold_on_a_job_keeps_that_job_and_no_other(tenant, officers):
    held(demanded(tenant, officers[0]), officers[0], "job_1")
    assert blocked(tenant, "job_1")
    assert not blocked(tenant, "job_2")
    assert not blocked(new_tenant("Quayside Aid"), "job_1")


def test_a_hold_on_the_organization_keeps_everything_until_it_is_lifted(tenant, officers):
    hold = held(demanded(tenant, officers[0]), officers[0])
    assert blocked(tenant, "job_2")
    with officer_scope():
        LegalHold.objects.filter(pk=hold.pk).update(
            lifted_by_id=officers[1].user_id, lifted_at=timezone.now()
        )
    assert not blocked(tenant, "job_2")


def test_whoever_placed_a_hold_does_not_lift_it(tenant, officers):
    hold = held(demanded(tenant, officers[0]), officers[0])
    with pytest.raises(IntegrityError, match="legal_hold_lifted_by_another"), officer_scope():
        LegalHold.objects.filter(pk=hold.pk).update(
            lifted_by_id=officers[0].user_id, lifted_at=timezone.now()
        )
    assert blocked(tenant, "job_2")


def test_the_organization_can_neither_place_nor_lift_a_hold(tenant, officers):
    demand = demanded(tenant, officers[0])
    hold = held(demand, officers[0])
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(tenant.organization):
        LegalHold.objects.filter(pk=hold.pk).update(
            lifted_by_id=officers[1].user_id, lifted_at=timezone.now()
        )
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(tenant.organization):
        LegalHold.objects.create(
            organization=tenant.organization,
            demand=demand,
            subject="job_3",
            placed_by_id=officers[0].user_id,
        )


def test_nothing_of_a_demand_shows_to_its_organization_before_it_is_told(tenant, officers):
    demand = demanded(tenant, officers[0])
    with tenant_scope(tenant.organization):
        assert not LegalDemand.objects.exists()
        assert not Case.objects.filter(pk=demand.case_id).exists()
    trail = Event.objects.filter(organization=str(tenant.organization.pk))
    assert not trail.filter(target=demand.case.public_id).exists()
    with officer_scope():
        LegalDemand.objects.filter(pk=demand.pk).update(told_at=timezone.now())
    with tenant_scope(tenant.organization):
        assert LegalDemand.objects.get() == demand


def test_nobody_is_told_while_a_gag_stands(tenant, officers):
    demand = demanded(tenant, officers[0], gag_until=timezone.now() + timedelta(days=1))
    with pytest.raises(IntegrityError, match="demand_told_after_its_gag"), officer_scope():
        LegalDemand.objects.filter(pk=demand.pk).update(told_at=timezone.now())


def test_what_was_demanded_is_never_changed(tenant, officers):
    demand = demanded(tenant, officers[0])
    with pytest.raises(IntegrityError), officer_scope():
        LegalDemand.objects.filter(pk=demand.pk).update(scope="Something else")
