"""The address of the Rekognition interface, with and without the last slash: clients send either."""

from django.urls import path

from portal.aws.views import wire

urlpatterns = [path("rekognition", wire, name="rekognition"), path("rekognition/", wire)]
