import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from compliance.actions import gate
from compliance.models import Application, Evidence, RulingRecord
from compliance.policy.evaluate import evaluate
from compliance.policy.shorthand import written_out
from compliance.policy.vocabulary import Gate
from compliance.standing import lineage_in_force
from portal.audit.models import Event
from portal.common.errors import InvalidInput, Refused
from portal.common.ids import uuid7
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import ScopeRequired, officer_scope, tenant_scope
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


def test_facts_that_cannot_all_be_true_are_refused_before_anything_is_ruled_on(tenant):
    determine(tenant, "find_missing_child")
    stated = search_for_a_child(tenant.itself, subject_class="missing_adult")
    with pytest.raises(InvalidInput) as error:
        ruling_on(tenant, stated, subject="job_odd")
    assert (error.value.code, error.value.detail["field"]) == ("contradiction", "subject_class")
    assert "Find a missing child" in error.value.sentence
    with tenant_scope(tenant.organization):
        assert not RulingRecord.objects.about("job_odd").exists()
    assert not Event.objects.filter(verb="ruling.made", payload__subject="job_odd").exists()


def test_what_was_taken_in_is_not_questioned_again_later(tenant):
    determine(tenant, "find_missing_child")
    stated = search_for_a_child(tenant.itself, threshold=101.0)
    assert ruling_on(tenant, stated, at_gate=Gate.SHARD).is_cleared
    for at_gate in (Gate.SUBMIT, Gate.SYNCHRONOUS):
        with pytest.raises(InvalidInput, match="contradiction"):
            ruling_on(tenant, stated, at_gate=at_gate)


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


def test_a_stored_ruling_lists_every_rule_with_what_it_looked_at(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself))
    again = evaluate(ruling.stated, lineage_in_force(), at=ruling.at, known_at=ruling.known_at)
    with tenant_scope(tenant.organization):
        stored = RulingRecord.objects.get(pk=ruling.pk)
    assert stored.looked_at == written_out(again.looked_at)
    assert len(json.dumps(stored.findings)) < 8_000


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


def test_a_key_acts_for_its_purpose_and_end_user_only(tenant):
    determine(tenant, "find_missing_child")
    key = Actor(kind="key", id="key_1", label="k", purpose="find_missing_child", end_user_id=tenant.itself.pk)
    other = replace(key, purpose="media_archive")
    for_another = replace(key, end_user_id=new_tenant("Another").itself.pk)
    for_nobody = replace(key, end_user_id=uuid7())
    call = {"gate": Gate.SYNCHRONOUS, "subject": "call_1", "organization": tenant.organization}
    stated = search_for_a_child(tenant.itself)
    assert gate.rule(stated, by=key, **call).is_cleared
    for by in (other, for_another, for_nobody):
        assert gate.rule(stated, by=by, **call).rule == "key-bound"


def test_a_refused_ruling_is_closed_from_the_start(tenant):
    assert not ruling_on(tenant, search_for_a_child(tenant.itself)).open


def test_a_ruling_ends_with_the_first_document_it_rests_on(tenant):
    determine(tenant, "find_missing_child")
    soon = timezone.now() + timedelta(hours=2)
    with tenant_scope(tenant.organization):
        application = Application.objects.create(
            organization=tenant.organization, kind="onboarding", reference="A-TEST", expires_at=soon
        )
        Evidence.objects.create(
            organization=tenant.organization,
            application=application,
            kind="report",
            record="lawful_basis",
            name="r",
            content_type="text/plain",
            size=1,
            sha256="0" * 64,
            status="verified",
            verified_by="usr_1",
            verified_at=timezone.now(),
            expires_at=soon,
        )
    assert ruling_on(tenant, search_for_a_child(tenant.itself)).valid_until == soon


def test_whom_the_register_does_not_know_is_no_party(tenant):
    determine(tenant, "find_missing_child")
    for name, value in (("recipient", "eus_0"), ("end_user", tenant.organization.pk), ("key_operator", "x")):
        with pytest.raises(InvalidInput) as error:
            ruling_on(tenant, replace(search_for_a_child(tenant.itself), **{name: value}))
        assert error.value.detail["field"] == name


def test_a_party_is_named_by_public_id_too(tenant):
    determine(tenant, "find_missing_child")
    stated = search_for_a_child(
        tenant.itself, recipient=tenant.itself.public_id, key_operator=str(tenant.itself.pk)
    )
    assert ruling_on(tenant, stated).outcome == "cleared"


def test_a_place_nobody_knows_is_stated_as_such(tenant):
    determine(tenant, "find_missing_child")
    ruling = ruling_on(tenant, search_for_a_child(tenant.itself, subjects="unknown: an advertisement"))
    assert (ruling.outcome, ruling.facts["subjects"]) == ("cleared", {"reason": "an advertisement"})
    assert ruling_on(tenant, search_for_a_child(tenant.itself, subjects=["JP"])).stated.subjects == {"JP"}


def test_an_attribute_call_says_which_attributes(tenant):
    determine(tenant, "attribute_inference", operations=["attributes"])
    stated = search_for_a_child(tenant.itself, purpose="attribute_inference", operation="attributes")
    assert "the attributes asked for" in ruling_on(tenant, stated).remedy


def test_a_layer_overrides_an_earlier_one_and_states_only_facts():
    assert gate.Stated.of({"purpose": "a"}, {"purpose": "b"}).purpose == "b"
    with pytest.raises(InvalidInput, match="unknown_fact"):
        gate.Stated.of({"weather": "fair"})


def test_an_authorization_is_read_from_words(tenant):
    determine(tenant, "find_missing_child")
    report = {
        "issuer": "Westford Police",
        "reference": "R-1",
        "issued_at": "2026-01-01T00:00:00Z",
        "expires_at": None,
        "outcome": "granted",
    }
    stated = search_for_a_child(tenant.itself, requested_by="family", authorization=report)
    assert ruling_on(tenant, stated).outcome == "cleared"


def test_rulings_are_closed_in_a_scope_only(tenant):
    with pytest.raises(ScopeRequired):
        gate.close("job_1", organization=tenant.organization)
