"""Addresses of the screens."""

from django.urls import include, path, re_path

from portal.web import (
    erasure,
    galleries,
    health,
    home,
    images,
    invitations,
    job_steps,
    jobs,
    keys,
    letters,
    members,
    orders,
    questions,
    results,
    reviews,
    rulings,
    switch,
    takeovers,
    trail,
)
from portal.web.records import changes as record_changes

tenant = [
    path("", home.home, name="home"),
    path("organizations/", switch.choose, name="organizations"),
    path("organizations/new/", switch.found, name="found_organization"),
    path("galleries/", galleries.index, name="galleries"),
    path("galleries/new/", galleries.create, name="create_gallery"),
    path("galleries/<str:gallery_id>/", galleries.detail, name="gallery"),
    path("galleries/<str:gallery_id>/change/", galleries.change, name="change_gallery"),
    path("galleries/<str:gallery_id>/members/", galleries.grant, name="grant_gallery"),
    path("galleries/<str:gallery_id>/delete/", erasure.gallery, name="delete_gallery"),
    path("galleries/<str:gallery_id>/subjects/<str:subject_id>/", galleries.subject, name="subject"),
    path(
        "galleries/<str:gallery_id>/subjects/<str:subject_id>/erase/", erasure.subject, name="erase_subject"
    ),
    path("galleries/<str:gallery_id>/subjects/<str:subject_id>/case/", record_changes.link, name="link_case"),
    re_path(r"^galleries/(?P<gallery_id>\w+)/(?P<kind>search|enroll)/$", orders.order, name="order"),
    re_path(
        r"^galleries/(?P<gallery_id>\w+)/(?P<kind>search|enroll)/estimate/$", orders.expect, name="expect"
    ),
    path("receipts/<uuid:event_id>/", galleries.receipt, name="receipt"),
    path("images/<str:image_id>/", images.photo, name="photo"),
    path("images/<str:image_id>/face/<str:face_id>/", images.face, name="face"),
    path("jobs/", jobs.index, name="jobs"),
    path("jobs/new/", orders.start, name="start_job"),
    path("jobs/<str:job_id>/", jobs.detail, name="job"),
    path("jobs/<str:job_id>/progress/", jobs.progress, name="job_progress"),
    re_path(
        rf"^jobs/(?P<job_id>\w+)/(?P<name>{'|'.join(job_steps.STEPS)})/$", job_steps.step, name="job_step"
    ),
    path("jobs/<str:job_id>/take-over/", takeovers.take_over, name="take_over_job"),
    path("jobs/<str:job_id>/approve/", jobs.approve, name="approve_job"),
    path("jobs/<str:job_id>/decline/", jobs.decline, name="decline_job"),
    path("jobs/<str:job_id>/export/", results.export, name="export"),
    path("jobs/<str:job_id>/review/", reviews.following, name="next_candidate"),
    path("jobs/<str:job_id>/results/", results.index, name="results"),
    path("jobs/<str:job_id>/results/<str:item_id>/", results.item, name="result"),
    path("jobs/<str:job_id>/results/<str:item_id>/<int:number>/", results.candidates, name="candidates"),
    path("candidates/<str:candidate_id>/", reviews.candidate, name="candidate"),
    path("reviews/", reviews.index, name="reviews"),
    path("questions/", questions.index, name="questions"),
    path("questions/<str:sample_id>/", questions.question, name="question"),
    path("rulings/<str:ruling_id>/", rulings.ruling, name="ruling"),
    path("members/", members.index, name="members"),
    path("members/invite/", members.invite, name="invite"),
    path("members/invitations/<str:invitation_id>/withdraw/", members.withdraw, name="withdraw_invitation"),
    path("members/<str:member_id>/", members.detail, name="member"),
    path("members/<str:member_id>/role/", members.change_role, name="change_role"),
    path("members/<str:member_id>/training/", members.train, name="record_training"),
    path("members/<str:member_id>/remove/", members.remove, name="remove_member"),
    path("invitations/<str:secret>/", invitations.accept, name="invitation"),
    path("letters/", letters.index, name="letters"),
    path("letters/<str:letter_id>/", letters.letter, name="letter"),
    path("keys/", keys.index, name="keys"),
    path("keys/new/", keys.create, name="create_key"),
    path("keys/<str:key_id>/revoke/", keys.revoke, name="revoke_key"),
    path("trail/", trail.index, name="trail"),
]

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    *tenant,
    path("cases/", include("portal.web.records.urls")),
    path("onboarding/", include("portal.web.onboarding.urls")),
    path("officer/", include("portal.web.officer.urls")),
    path("transparency/", include("portal.web.public.urls")),
]
