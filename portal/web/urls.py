"""Addresses of the screens."""

from django.urls import path

from portal.web import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
