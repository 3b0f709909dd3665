"""Addresses of the REST API."""

from django.urls import path, re_path

from portal.api import (
    case_photos,
    cases,
    documentation,
    faces,
    galleries,
    images,
    job_steps,
    jobs,
    leads,
    results,
    rulings,
    standing,
    subjects,
)

urlpatterns = [
    path("standing/", standing.StandingView.as_view(), name="api-standing"),
    path("images/", images.Images.as_view(), name="api-images"),
    path("images/<str:image>/", images.ImageDetail.as_view(), name="api-image"),
    path("images/<str:image>/content/", images.ImageContent.as_view(), name="api-image-content"),
    path("galleries/", galleries.Galleries.as_view(), name="api-galleries"),
    path("galleries/<str:gallery>/", galleries.GalleryDetail.as_view(), name="api-gallery"),
    path("galleries/<str:gallery>/subjects/", subjects.Subjects.as_view(), name="api-subjects"),
    path(
        "galleries/<str:gallery>/subjects/<str:subject>/",
        subjects.SubjectDetail.as_view(),
        name="api-subject",
    ),
    path(
        "galleries/<str:gallery>/subjects/<str:subject>/merge/",
        subjects.SubjectMerges.as_view(),
        name="api-subject-merge",
    ),
    path(
        "galleries/<str:gallery>/subjects/<str:subject>/unmerge/",
        subjects.SubjectUnmerge.as_view(),
        name="api-subject-unmerge",
    ),
    path(
        "galleries/<str:gallery>/subjects/<str:subject>/history/",
        subjects.SubjectHistory.as_view(),
        name="api-subject-history",
    ),
    path("galleries/<str:gallery>/faces/", faces.Faces.as_view(), name="api-faces"),
    path("galleries/<str:gallery>/faces/<str:face>/move/", faces.FaceMoved.as_view(), name="api-face-move"),
    path("cases/", cases.Cases.as_view(), name="api-cases"),
    path("cases/<str:case>/", cases.CaseDetail.as_view(), name="api-case"),
    path("cases/<str:case>/close/", cases.CaseClose.as_view(), name="api-case-close"),
    path("cases/<str:case>/reopen/", cases.CaseReopen.as_view(), name="api-case-reopen"),
    path("cases/<str:case>/found/", cases.CaseFound.as_view(), name="api-case-found"),
    path("cases/<str:case>/photos/", case_photos.CasePhotos.as_view(), name="api-case-photos"),
    path("cases/<str:case>/photos/<str:photo>/", case_photos.CasePhoto.as_view(), name="api-case-photo"),
    path("cases/<str:case>/subjects/", cases.CaseSubjects.as_view(), name="api-case-subjects"),
    path("cases/<str:case>/subjects/<str:subject>/", cases.CaseSubject.as_view(), name="api-case-subject"),
    path("jobs/", jobs.Jobs.as_view(), name="api-jobs"),
    path("jobs/<str:job>/", jobs.JobDetail.as_view(), name="api-job"),
    path("jobs/<str:job>/items/", jobs.JobItems.as_view(), name="api-job-items"),
    path("jobs/<str:job>/results/", results.Results.as_view(), name="api-job-results"),
    path("jobs/<str:job>/cancel/", job_steps.JobCancel.as_view(), name="api-job-cancel"),
    path("jobs/<str:job>/retry/", job_steps.JobRetry.as_view(), name="api-job-retry"),
    path("jobs/<str:job>/hold/", job_steps.JobHold.as_view(), name="api-job-hold"),
    path("jobs/<str:job>/resume/", job_steps.JobResume.as_view(), name="api-job-resume"),
    path("jobs/<str:job>/accept/", job_steps.JobAccept.as_view(), name="api-job-accept"),
    path("jobs/<str:job>/recall/", job_steps.JobRecall.as_view(), name="api-job-recall"),
    path(
        "candidates/<str:candidate>/adjudications/", leads.Adjudications.as_view(), name="api-adjudications"
    ),
    path("leads/<str:lead>/outcome/", leads.LeadOutcomes.as_view(), name="api-lead-outcome"),
    path("leads/<str:lead>/withdraw/", leads.LeadWithdraw.as_view(), name="api-lead-withdraw"),
    path("rulings/<str:ruling>/", rulings.Ruling.as_view(), name="api-ruling"),
    path("schema/", documentation.Schema.as_view(), name="api-schema"),
    path("docs/", documentation.Docs.as_view(), name="api-docs"),
    re_path(r"^.*$", documentation.Unknown.as_view()),
]
