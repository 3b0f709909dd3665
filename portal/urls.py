"""Every address of the portal."""

from django.urls import include, path

handler400 = "portal.web.errors.bad_request"
handler500 = "portal.web.errors.server_error"
urlpatterns = [
    path("", include("portal.web.urls")),
    path("api/v1/", include("portal.api.urls")),
    path("", include("portal.aws.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("django_prometheus.urls")),
]
