"""Addresses of case records."""

from django.urls import path

from portal.web.records import changes, found, pages, photos

urlpatterns = [
    path("", pages.index, name="cases"),
    path("new/", changes.create, name="open_case"),
    path("<str:record_id>/", pages.detail, name="case"),
    path("<str:record_id>/change/", changes.change, name="change_case"),
    path("<str:record_id>/close/", changes.close, name="close_case"),
    path("<str:record_id>/found/", found.confirm, name="case_found"),
    path("<str:record_id>/photos/new/", photos.add, name="add_case_photo"),
    path("<str:record_id>/photos/<str:photo_id>/", photos.change, name="change_case_photo"),
    path("<str:record_id>/photos/<str:photo_id>/remove/", photos.remove, name="remove_case_photo"),
]
