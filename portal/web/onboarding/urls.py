"""Addresses of applications and of the standing."""

from django.urls import path

from portal.web.onboarding import (
    appeals,
    applications,
    documents,
    end_users,
    questions,
    standing,
    status,
    submission,
)

urlpatterns = [
    path("", applications.index, name="onboarding"),
    path("start/", applications.start, name="onboarding_start"),
    path("standing/", standing.shown, name="onboarding_standing"),
    path("standing/end_users/<str:end_user_id>/", standing.give_up, name="onboarding_give_up"),
    path("appeal/", appeals.choose, name="onboarding_appeal"),
    path("evidence/<str:evidence_id>/", documents.opened, name="onboarding_evidence_open"),
    path("<str:application_id>/", applications.tasks, name="onboarding_tasks"),
    path("<str:application_id>/precheck/", questions.precheck, name="onboarding_precheck"),
    path("<str:application_id>/evidence/", documents.listed, name="onboarding_evidence"),
    path("<str:application_id>/check/", submission.check, name="onboarding_check"),
    path("<str:application_id>/submit/", submission.submit, name="onboarding_submit"),
    path("<str:application_id>/status/", status.status, name="onboarding_status"),
    path("<str:application_id>/reply/", status.reply, name="onboarding_reply"),
    path("<str:application_id>/withdraw/", status.withdraw, name="onboarding_withdraw"),
    path("<str:application_id>/end_users/", end_users.named, name="onboarding_end_users"),
    path(
        "<str:application_id>/end_users/<int:number>/remove/",
        end_users.remove,
        name="onboarding_end_user_remove",
    ),
    path("<str:application_id>/<str:name>/", questions.question, name="onboarding_question"),
]
