"""The Celery application: a message is a wake-up, the database is the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("countenance")
app.config_from_object("django.conf:settings", namespace="CELERY")
