from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from compliance.actions import gate
from compliance.models import PolicyEpoch, RulingRecord
from compliance.policy.evaluate import evaluate
from compliance.policy.vocabulary import Gate
from compliance.standing import lineage_in_force
from portal.audit.models import Event
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant, search_for_a_child

SYSTEM = Actor.system("tests")


def ruling_on(tenant, stated, at_gate=Gate.SUBMIT, subject="job_1"):
    return gate.rule(stated, gate=at_gate, subject=subject, by=SYSTEM, organization=tenant.organization)


def test_a_charity_with_a_grant_is_cleared(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    assert (ruling.outcome, ruling.rule) == ("cleared", "baseline-find_missing_child")
    assert ruling.demands.false_candidate_budget == 1


def test_an_organization_without_a_determination_is_refused(tenant):
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    assert ruling.outcome == "refused"
    assert "no-determination" in {one["rule_id"] for one in ruling.looked_at if one["counts_as"] == "refused"}


def test_police_are_refused_during_the_moratorium(database):
    police = new_tenant("Eastbrook Police", "law_enforcement_local")
    determine(police, "criminal_investigation_lead", moratorium_status="covered")
    stated = search_for_a_child(police.itself, purpose="criminal_investigation_lead", subject_class="suspect")
    ruling = ruling_on(police, stated)
    assert (ruling.outcome, ruling.rule) == ("refused", "us-police-2020")


def test_a_named_police_unit_is_served_under_the_exemption(tenant, police_unit):
    determine(
        tenant,
        "find_missing_child",
        police_unit,
        moratorium_status="exempt",
        exemption="humanitarian-exemption",
    )
    assert ruling_on(tenant, search_for_a_child(police_unit)).outcome == "cleared"


def test_a_grant_that_has_expired_refuses(tenant):
    now = timezone.now()
    determine(
        tenant, "find_missing_child", starts_at=now - timedelta(days=9), expires_at=now - timedelta(days=1)
    )
    assert ruling_on(tenant, search_for_a_child(tenant.itself)).rule == "grant-expired"


def test_a_fact_left_out_refuses_and_says_which(tenant):
    determine(tenant, "find_missing_child")
    complete = search_for_a_child(tenant.itself)
    without = gate.Stated.of({name: v for name, v in vars(complete).items() if name != "requested_by"})
    ruling = ruling_on(tenant, without)
    assert ruling.outcome == "refused"
    assert "who asked for it" in ruling.remedy


def test_an_unknown_word_is_an_error_of_the_caller(tenant):
    with pytest.raises(InvalidInput) as error:
        ruling_on(tenant, search_for_a_child(tenant.itself, subject_class="criminal"))
    assert error.value.detail["field"] == "subject_class"


def test_a_refusal_survives_what_is_raised_after_it(tenant):
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself), subject="job_survives")
    with pytest.raises(Refused) as refused:
        gate.require_cleared(ruling)
    assert refused.value.detail["decision"] == ruling.public_id
    with tenant_scope(tenant.organization):
        assert RulingRecord.objects.about("job_survives").count() == 1
    assert Event.objects.about(ruling.public_id).get().payload["outcome"] == "refused"


def test_another_tenant_does_not_see_a_ruling(tenant):
    stranger = new_tenant("Stranger")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    with tenant_scope(stranger.organization):
        assert not RulingRecord.objects.filter(pk=ruling.pk).exists()
    with officer_scope():
        assert RulingRecord.objects.filter(pk=ruling.pk).exists()


def test_a_ruling_is_never_changed(tenant):
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    with pytest.raises(IntegrityError, match="never changed"), tenant_scope(tenant.organization):
        RulingRecord.objects.filter(pk=ruling.pk).update(outcome="cleared")


def test_a_ruling_is_closed_when_its_subject_ends(tenant):
    ruling_on(tenant, search_for_a_child(tenant.itself), subject="job_ends")
    with tenant_scope(tenant.organization):
        gate.close("job_ends", organization=tenant.organization)
        assert not RulingRecord.objects.about("job_ends").still_open().exists()


def test_a_stored_ruling_can_be_made_again(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    again = evaluate(ruling.stated, lineage_in_force(), at=ruling.at, known_at=ruling.known_at)
    assert (again.outcome, again.rule_id, again.valid_until) == (
        ruling.outcome,
        ruling.rule,
        ruling.valid_until,
    )
    assert again.facts_sha256 == ruling.facts_sha256


def test_a_raised_policy_epoch_undoes_a_ruling(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    with transaction.atomic():
        assert gate.still_stands(ruling, gate.lock_epochs_for_share(tenant.organization))
    with transaction.atomic():
        gate.raise_policy_epoch()
    with transaction.atomic():
        assert not gate.still_stands(ruling, gate.lock_epochs_for_share(tenant.organization))


def test_a_raised_organization_epoch_undoes_a_ruling(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    organizations.raise_epoch(tenant.organization)
    assert not gate.still_stands(ruling, gate.current_epochs(tenant.organization))


def test_a_ruling_ends_with_the_grant(tenant):
    grant = determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    assert ruling.valid_until <= grant.expires_at
    assert gate.valid_now(ruling)
    assert not gate.valid_now(ruling, now=ruling.valid_until)


def test_a_suspended_organization_is_refused(tenant):
    determine(tenant, "find_missing_child")
    Organization.objects.filter(pk=tenant.organization.pk).update(status="suspended")
    assert ruling_on(tenant, search_for_a_child(tenant.itself)).rule == "organization-stopped"


def test_a_publication_waits_for_results_being_written(tenant):
    with transaction.atomic():
        gate.lock_epochs_for_share(tenant.organization)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock' AND pid = pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 2
    assert PolicyEpoch.objects.get().epoch >= 0
