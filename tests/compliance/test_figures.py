"""Figures of the office's own work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance import figures
from compliance.actions import cases, decisions, second_looks
from compliance.models import Case
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import new_tenant
from tests.compliance.office import applied, exempt_finding, finding_for, second_of, under_review


@pytest.fixture(autouse=True)
def alone(database):
    """Leave cases of earlier tests out of the figures: tests of one process share a database."""
    Organization.objects.update(synthetic=True)


def read(name):
    with officer_scope():
        return getattr(figures, name)(timezone.now())


def open_case(tenant, kind="incident", **fields):
    with officer_scope():
        made = cases.open_case(
            kind=kind, organization_id=tenant.organization.pk, summary="x", by=Actor.system("tests")
        )
        Case.objects.filter(pk=made.pk).update(**fields)
    return made


def test_what_waits_is_counted_by_kind_with_its_oldest(database):
    tenant = new_tenant("Harbor Light")
    now = timezone.now()
    open_case(tenant, opened_at=now - timedelta(days=9), due_at=now - timedelta(days=8))
    open_case(tenant)
    open_case(tenant, kind="breach")
    [incidents, breaches] = read("waiting")
    assert (incidents.kind, incidents.open, incidents.overdue) == ("incident", 2, 1)
    assert round(incidents.oldest_days) == 9
    assert (breaches.kind, breaches.open, breaches.overdue) == ("breach", 1, 0)


def test_synthetic_organizations_are_left_out(database):
    tenant = new_tenant("Harbor Light")
    open_case(tenant)
    Organization.objects.filter(pk=tenant.organization.pk).update(synthetic=True)
    assert read("waiting") == []


def test_days_to_decision_are_a_median_with_outcomes(database):
    tenant = new_tenant("Harbor Light")
    now = timezone.now()
    for days, outcome in ((2, "granted"), (4, "granted"), (90, "rejected")):
        ended = {"status": "decided", "decided_at": now, "outcome": outcome}
        open_case(tenant, kind="exemption", opened_at=now - timedelta(days=days), **ended)
    [one] = read("decided")
    assert (one.kind, one.cases, round(one.median_days)) == ("exemption", 3, 4)
    assert one.outcomes == {"granted": 2, "rejected": 1}


def test_disagreements_of_countersignatures_are_counted_once_a_round(applicant, officers):
    applied(applicant)
    case, first = under_review(applicant, officers)
    for vote in ("return", "approve"):
        decisions.recommend(case=case, finding=exempt_finding(applicant.itself), by=first)
        second = second_of(applicant, officers)
        decisions.countersign(case=case, vote=vote, reasons="Seen.", by=second)
    agreement = read("countersignatures")
    assert (agreement.asked, agreement.agreed, agreement.share) == (2, 1, 0.5)


def test_second_looks_are_counted_by_agreement(applicant, officers, settings):
    settings.SECOND_LOOK_ONE_IN = 1
    applied(applicant)
    case, first = under_review(applicant, officers)
    decisions.recommend(case=case, finding=finding_for(applicant.itself), by=first)
    decisions.determine(case=case, by=first)
    with officer_scope():
        look = figures.SecondLook.objects.select_related("officer").get(case=case)
    by = next(one for one in officers if one.user_id == look.officer_id)
    assert read("second_looks").share is None
    answer = {"outcome": "rejected", "moratorium_status": "covered", "reasons": "Not enough was shown."}
    second_looks.judge(look=look, by=by, **answer)
    assert (read("second_looks").asked, read("second_looks").agreed) == (1, 0)
