"""Addresses of the compliance office."""

from django.urls import path

from portal.web.officer import (
    cases,
    determinations,
    officers,
    organizations,
    policies,
    proposals,
    queue,
    samples,
    trail,
    whatif,
)

urlpatterns = [
    path("", queue.queue, name="officer_queue"),
    path("cases/<str:case_id>/", cases.case_page, name="officer_case"),
    path("cases/<str:case_id>/assign/", cases.assign, name="officer_assign"),
    path("cases/<str:case_id>/begin/", cases.begin, name="officer_begin"),
    path("cases/<str:case_id>/ask/", cases.ask, name="officer_ask"),
    path("cases/<str:case_id>/note/", cases.note, name="officer_note"),
    path("cases/<str:case_id>/refer/", cases.refer, name="officer_refer"),
    path("cases/<str:case_id>/close/", cases.close, name="officer_close"),
    path("cases/<str:case_id>/register/", cases.register, name="officer_register"),
    path("cases/<str:case_id>/evidence/<str:evidence_id>/", cases.judge_evidence, name="officer_evidence"),
    path("cases/<str:case_id>/determine/", determinations.determine, name="officer_determine"),
    path("cases/<str:case_id>/carry-out/", determinations.carry_out, name="officer_carry_out"),
    path("cases/<str:case_id>/countersign/", determinations.countersign, name="officer_countersign"),
    path("cases/<str:case_id>/what-if/<int:number>/", whatif.what_if, name="officer_what_if"),
    path("evidence/<str:evidence_id>/", cases.open_evidence, name="officer_evidence_open"),
    path("organizations/", organizations.listed, name="officer_organizations"),
    path("organizations/<str:organization_id>/", organizations.shown, name="officer_organization"),
    path("organizations/<str:organization_id>/suspend/", organizations.suspend, name="officer_suspend"),
    path("policies/", policies.listed, name="officer_policies"),
    path("policies/proposals/<str:proposal_id>/", proposals.proposal, name="officer_proposal"),
    path("policies/<str:policy_id>/ratify/", proposals.ratify, name="officer_ratify"),
    path("policies/<str:policy_id>/", policies.shown, name="officer_policy"),
    path("officers/", officers.listed, name="officer_officers"),
    path("officers/<str:officer_id>/dismiss/", officers.dismiss, name="officer_dismiss"),
    path("officers/proposals/<str:proposal_id>/", officers.decide, name="officer_officers_decide"),
    path("samples/", samples.listed, name="officer_samples"),
    path("samples/<str:sample_id>/", samples.judge, name="officer_judge_sample"),
    path("trail/", trail.listed, name="officer_trail"),
]
