"""What if: every fact can be supposed, open or not knowable, and nothing is ever stored."""

from __future__ import annotations

import pytest
from django import forms

from compliance.models import Case, Determination, RulingRecord
from compliance.policy.dimensions import FACT_LABELS
from portal.audit.models import Event
from portal.tenancy.scope import officer_scope
from portal.web.forms.whatif import OPEN_FACTS, WhatIfForm
from portal.web.officer import casefile
from portal.web.officer.whatif import after_of
from tests.web.officer.people import applicant, case_of, officer_client, only_officers, submitted

CHOICES = [name for name, field in WhatIfForm.base_fields.items() if hasattr(field, "choices")]


def options(field):
    """Return every value of a choice field, those in groups too."""
    for value, label in field.choices:
        if isinstance(label, list | tuple):
            yield from (inner for inner, _ in label)
        else:
            yield value


@pytest.fixture
def line(database):
    """A line that is asked for: its address, what the form shows first, and an officer's client."""
    officer = only_officers("Ada")[0]
    tenant = applicant()
    submitted(tenant)
    client = officer_client(officer)
    address = f"/officer/cases/{case_of(tenant).public_id}/what-if/0/"
    initial = client.get(address).context["form"].initial
    stated = {name: value for name, value in initial.items() if value not in (None, "", [])}
    places = {name: " ".join(stated[name]) for name in ("establishment", "processing", "subjects")}
    return address, stated | places, client


def supposed(line, **facts):
    address, stated, client = line
    return client.get(address, stated | facts).context


def rule_of(context):
    return str(context["after"].ruling.rule_id)


def flipped(context):
    return {one["rule"] for one in context["flips"]}


def test_what_is_declared_flips_nothing(line):
    assert supposed(line)["flips"] == []


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_of_every_fact_is_evaluated(line, name):
    address, stated, _ = line
    field = WhatIfForm.base_fields[name]
    with officer_scope():
        case = Case.objects.with_public_id(address.split("/")[3])
        [before, *_] = casefile.previews(casefile.application_of(case))
        for value in options(field):
            several = isinstance(field, forms.MultipleChoiceField)
            chosen = {"recipient_type": "health", "unstated": [], name: [value] if several else value}
            form = WhatIfForm(stated | chosen)
            assert form.is_valid(), (name, value, form.errors)
            assert after_of(before, form).ruling.looked_at


def test_every_fact_that_rules_look_at_can_be_supposed():
    shown = set(WhatIfForm.base_fields)
    renamed = {"organization": "organization_type", "key_operator": "key_operator_type", "grants": "grant"}
    assert {renamed.get(name, name) for name in FACT_LABELS} <= shown
    assert {name for name, _ in OPEN_FACTS} == set(FACT_LABELS) - {"grants"}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"organization_type": "law_enforcement_local"}, "us-police-2020"),
        ({"organization_status": "suspended"}, "organization-stopped"),
        ({"binding": "exceeded"}, "key-bound"),
        ({"grant": "expired"}, "grant-expired"),
        ({"grant": "absent"}, "not-granted"),
        ({"grant": "covered"}, "covered"),
        ({"unstated": ["requested_by"]}, None),
    ],
)
def test_a_fact_that_changes_names_the_rule_that_answers(line, facts, rule):
    context = supposed(line, **facts)
    assert str(context["after"].ruling.outcome) in {"refused", "referred"}
    assert rule is None or rule_of(context) == rule
    assert flipped(context)


def test_police_who_ask_with_and_without_a_case_reference(line):
    asked = {"requested_by": "police"}
    without = supposed(line, **asked, case_reference="none")
    assert str(without["after"].ruling.outcome) == "refused"
    assert rule_of(without) == "us-police-2020"
    assert str(supposed(line, **asked)["after"].ruling.outcome) == "cleared"


def test_another_day_gives_the_rules_of_that_day(line):
    day = {"day_month": "6", "day_day": "9", "day_year": "2020"}
    context = supposed(line, organization_type="law_enforcement_local", **day)
    assert rule_of(context) != "us-police-2020"


def test_a_fact_cannot_be_open_in_two_ways(line):
    context = supposed(line, unstated=["purpose"], unknowable=["purpose"])
    assert "after" not in context
    assert "either not stated or not knowable" in str(context["form"].errors)


def test_nothing_is_stored(line):
    before = Event.objects.count()
    supposed(line, organization_type="law_enforcement_local", grant="covered")
    assert Event.objects.count() == before
    with officer_scope():
        case = Case.objects.latest("opened_at")
        assert not Determination.objects.filter(organization=case.organization_id).exists()
        assert not RulingRecord.objects.filter(organization=case.organization_id).exists()
