"""Celery's side of delivery: thin, imported by workers alone."""

from __future__ import annotations

from celery import shared_task

from portal.webhooks import client, lanes


@shared_task(name=client.DELIVER, time_limit=300)
def deliver() -> None:
    """Follow the trail and send what is due. Idempotent: whose turn it is stands in the database."""
    lanes.run()
