"""Stops jobs that run on a real worker; bench/stops.py runs this on a database of its own."""

import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from PIL import Image  # noqa: E402 - needs settings, as what follows
from skimage import data  # noqa: E402

from portal.common.clock import database_now  # noqa: E402
from portal.common.errors import Refused  # noqa: E402
from portal.tenancy.actions import organizations  # noqa: E402
from portal.tenancy.scope import tenant_scope  # noqa: E402
from recognition.actions import images, jobs  # noqa: E402
from recognition.actions.images import Received  # noqa: E402
from recognition.models import Item, Job, JobStatus  # noqa: E402
from tests.compliance.conftest import determine  # noqa: E402
from tests.support import commits, policy  # noqa: E402
from tests.support.jobs import Desk, new_desk  # noqa: E402
from tests.support.workers import REAL, wait_for, workers  # noqa: E402

PHOTOS = 1_500  # more than the engine does before it is stopped
EXEMPT: dict[str, Any] = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}
SCOPE = 'operation = ["detect"]'
SETTLES = 3  # seconds: whoever still meant to write would have


@dataclass(frozen=True)
class Stopped:
    """What one stop came to: seconds from it, and rows around it."""

    refused: float
    held: float
    before: int
    after: int


def main() -> None:
    """Measure, and print the results as JSON."""
    desk = new_desk(**EXEMPT)
    received = _photos(desk)
    with workers(dict(os.environ), engine=REAL):
        found = {
            name: _summed([_round(desk, received, stop) for _ in range(int(sys.argv[1]))])
            for name, stop in {"a moratorium is published": _publish, "an exemption ends": _expire}.items()
        }
    print(json.dumps(found))


def _round(desk: Desk, received: Received, stop: Callable[[Desk], datetime]) -> Stopped:
    job = desk.order("detect", received, gallery=None)
    wait_for(lambda: _done(desk, job), 120, 0.02)
    stopped_at = stop(desk)
    refused_at = _refused(desk, received)
    wait_for(lambda: desk.reload(job).status == JobStatus.HELD, 60, 0.05)
    time.sleep(SETTLES)
    held, written = desk.reload(job), commits.of_results(job)
    after = sum(moment >= stopped_at for moment in written)
    _go_on(desk, held)
    return Stopped(
        (refused_at - stopped_at).total_seconds(),
        (held.held_at - stopped_at).total_seconds(),
        len(written) - after,
        after,
    )


def _publish(desk: Desk) -> datetime:
    return commits.of(policy.moratorium(scope=SCOPE))


def _expire(desk: Desk) -> datetime:
    end = database_now() + timedelta(seconds=1)
    determine(desk.tenant, "find_missing_child", exemption_expires_at=end, **EXEMPT)
    organizations.raise_epoch(desk.tenant.organization)
    while database_now() < end:
        time.sleep(0.001)
    return end


def _refused(desk: Desk, received: Received) -> datetime:
    """Submit one photo; return when the refusal was in hand, by the database's clock."""
    try:
        desk.order("detect", Received(received.photos[:1]), gallery=None)
    except Refused:
        return database_now()
    raise RuntimeError("A call after the stop was not refused.")


def _go_on(desk: Desk, job: Job) -> None:
    jobs.cancel(job=job, by=desk.by)
    if job.refused_by == "no-search-today":
        policy.lifted()
    determine(desk.tenant, "find_missing_child", **EXEMPT)
    organizations.raise_epoch(desk.tenant.organization)


def _done(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return int(Item.objects.filter(job=job, status="done").count())


def _photos(desk: Desk) -> Received:
    portrait = Image.fromarray(data.astronaut()).crop((80, 0, 380, 300))
    files = ((f"{number}.jpg", _jpeg(portrait, number)) for number in range(PHOTOS))
    organization = desk.tenant.organization
    return images.receive(organization=organization, files=files, subject_from="filename", by=desk.by)


def _jpeg(portrait: Image.Image, number: int) -> bytes:
    file = io.BytesIO()
    picture = portrait.rotate(number % 21 - 10).resize((250, 250))
    picture.save(file, "JPEG", quality=92, comment=str(number))
    return file.getvalue()


def _summed(rounds: list[Stopped]) -> dict[str, Any]:
    def spread(values: list[float]) -> dict[str, float]:
        return {"median": round(statistics.median(values), 3), "worst": round(max(values), 3)}

    return {
        "next call refused, s": spread([one.refused for one in rounds]),
        "job held, s": spread([one.held for one in rounds]),
        "rows before": sum(one.before for one in rounds),
        "rows after": sum(one.after for one in rounds),
    }


main()
