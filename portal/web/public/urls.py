"""Addresses for everybody."""

from django.urls import path

from portal.web.public import transparency

urlpatterns = [
    path("", transparency.page, name="transparency"),
]
