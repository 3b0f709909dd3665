"""Photos, galleries and jobs for tests that are not about recognition: the fake engine, the real ledger."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image as Pictures

from portal.tenancy.scope import tenant_scope
from recognition import ledger, runner
from recognition.actions import galleries, images, jobs
from recognition.actions.images import Received
from recognition.actions.orders import Order
from recognition.models import Gallery, Item, Job, JobKind
from tests.compliance.conftest import Tenant, determine, new_tenant
from tests.support.fake_engine import FakeEngine

_numbers = itertools.count()
ANNA, BORIS, CLARA, NOBODY = (200, 30, 30), (30, 200, 30), (30, 30, 200), (0, 0, 0)
FACTS = {
    "requested_by": "self",
    "case_reference": "CASE-1",
    "subject_class": "missing_child",
    "recipient": None,
    "probe_source": "case_file",
}


def photo(color: tuple[int, int, int], kind: str = "PNG") -> bytes:
    """A photo of the person of this color, with bytes of its own each time."""
    picture = Pictures.new("RGB", (200, 200), color)
    number = next(_numbers)
    for bit in range(16):
        picture.putpixel((bit, 0), (255, 255, 255) if number >> bit & 1 else (0, 0, 0))
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@dataclass
class Desk:
    """A tenant cleared to find missing children, with one gallery."""

    tenant: Tenant
    gallery: Gallery

    @property
    def by(self) -> Any:
        return self.tenant.actor

    def submit(self, kind: str, photos: list[tuple[str, bytes]], **changes: Any) -> Job:
        organization = self.tenant.organization
        received = images.receive(
            organization=organization, files=photos, subject_from="filename", by=self.by
        )
        return self.order(kind, received, **changes)

    def order(self, kind: str, received: Received, by: Any = None, **changes: Any) -> Job:
        values = {
            "kind": JobKind(kind),
            "gallery": self.gallery,
            "purpose": "find_missing_child",
            "end_user_id": self.tenant.itself.pk,
            "facts": FACTS,
        }
        if kind == "enroll":  # the gallery tells where its photos are from
            values["facts"] = FACTS | {"probe_source": None}
        order = Order(**values | changes)
        organization = self.tenant.organization
        return jobs.submit(organization=organization, order=order, received=received, by=by or self.by)

    def items(self, job: Job) -> list[Item]:
        with tenant_scope(self.tenant.organization):
            return list(Item.objects.filter(job=job).select_related("image").order_by("position"))

    def reload(self, job: Job) -> Job:
        with tenant_scope(self.tenant.organization):
            return Job.objects.get(pk=job.pk)


class Meanwhile(FakeEngine):
    """Something happens while it looks at faces."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens

    def run(self, images: Any, between_batches: Any = None) -> Iterator[Any]:
        yield from super().run(images, between_batches)
        self.happens()


def new_desk(name: str = "Harbor Light", **line: Any) -> Desk:
    tenant = new_tenant(name)
    determine(tenant, "find_missing_child", **line)
    gallery = galleries.create(
        organization=tenant.organization,
        name="Missing children",
        purpose="find_missing_child",
        legal_basis="Guardians' consent",
        owner="Case team",
        retention_days=365,
        image_source="guardian",
        jurisdictions=["US"],
        by=tenant.actor,
    )
    return Desk(tenant, gallery)


def work_off(engine: FakeEngine | None = None, most: int = 1000) -> int:
    """Do what an engine worker does, here and now, until nothing is ready; returns the shards done."""
    done, worker = 0, f"test:worker-{next(_numbers)}"  # what other tests left on lease is not this worker's
    while done < most and (claim := ledger.claim(worker)):
        runner.run(claim, engine or FakeEngine())
        done += 1
    return done
