"""What two jobs on the same photos came to: nothing lost, nothing twice, everything counted once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from portal.audit.models import Event
from portal.tenancy.scope import tenant_scope
from recognition import usage
from recognition.actions.images import Photo
from recognition.models import FoundFace, Image, Item, ItemStatus, Job
from tests.support.jobs import Desk


def tally(desk: Desk, calm: Job, stormy: Job, poison: dict[int, Photo], besides: int) -> dict[str, Any]:
    """Hold the job that went through faults against the undisturbed one; `besides`, items of other jobs."""
    with tenant_scope(desk.tenant.organization):
        items = list(Item.objects.filter(job=stormy).values_list("position", "image", "status", "reason"))
        named = {position for position, _, _, reason in items if reason == "poison"}
        before, after = _faces(calm), _faces(stormy)
        return {
            "lost": sum(status == ItemStatus.WAITING for _, _, status, _ in items),
            "failed without cause": sum(
                status == ItemStatus.FAILED and position not in poison for position, _, status, _ in items
            ),
            "poison named": len(named & poison.keys()),
            "innocent named as poison": len(named - poison.keys()),
            "photos with faces lost or doubled": sum(
                after.get(image, 0) != before.get(image, 0)
                for position, image, _, _ in items
                if position not in poison
            ),
            "counted in usage beyond once": usage.between(date.min, date.max)
            - (calm.total + stormy.total + besides),
            "photos without their bytes, or bytes without a photo": len(_stored(desk) ^ _known()),
            "job's counts off by": abs(stormy.done + stormy.failed - stormy.total)
            + abs(stormy.failed - len(poison)),
            "finished": Event.objects.filter(target=stormy.public_id, verb="job.finished").count(),
        }


def _stored(desk: Desk) -> set[str]:
    """Return the names of all photos in the store."""
    folder = Path(settings.MEDIA_ROOT) / "images" / str(desk.tenant.organization.pk)
    return {str(path.relative_to(settings.MEDIA_ROOT)) for path in folder.rglob("*") if path.is_file()}


def _known() -> set[str]:
    """Return the names of all photos that there are, in the scope in force."""
    return {image.path for image in Image.objects.filter(purged_at=None)}


def _faces(job: Job) -> dict[UUID, int]:
    """Return the faces found in each photo."""
    rows = FoundFace.objects.filter(item__job=job).order_by().values_list("item__image")
    return dict(rows.annotate(number=Count("pk")))
