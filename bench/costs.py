"""Works off jobs of several sizes with an engine that costs nothing; bench/ledger.py runs this on its own."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator

import django

django.setup()

import numpy as np  # noqa: E402 - needs settings, as what follows

from bench.load import unread  # noqa: E402
from portal.api.progress import described  # noqa: E402
from portal.tenancy.scope import tenant_scope  # noqa: E402
from portal.web.jobs import progress_of  # noqa: E402
from recognition import ledger, runner, turns  # noqa: E402
from recognition.actions.images import Photo, Received  # noqa: E402
from recognition.engine.scale import DEFAULT_PIPELINE  # noqa: E402
from recognition.engine.types import Box, DetectedFace, ImageResult, Pose, Quality  # noqa: E402
from recognition.models import Heartbeat, Job, Shard  # noqa: E402
from tests.support.jobs import Desk, new_desk  # noqa: E402

SIZES = (1_000, 5_000, 50_000)
PACE = 1.0  # of the worker, as on the machine whose speed the estimates are of


class Instant:
    """An engine that finds one face in each photo without looking at it."""

    pipeline_id = DEFAULT_PIPELINE

    def run(
        self,
        images: Iterable[tuple[str, object]],
        between_batches: Callable[[], None] | None = None,
    ) -> Iterator[ImageResult]:
        """Yield a face for each photo."""
        for number, (key, _) in enumerate(images):
            if between_batches is not None and number % 64 == 0:
                between_batches()
            yield ImageResult(key, 250, 250, (_FACE,), None)


_QUALITY = Quality(0.99, 0.99, 100.0, Pose(0.0, 0.0, 0.0), 100.0, 120.0)
_TEMPLATE = np.full(128, 128**-0.5, np.float32)
_FACE = DetectedFace(
    0, Box(75.0, 75.0, 100.0, 100.0), np.full((5, 2), 100.0, np.float32), _QUALITY, _TEMPLATE, None
)


def main() -> None:
    """Measure, and print what it took as JSON."""
    rounds = int(sys.argv[1])
    desk = new_desk()
    photos = unread(desk, max(SIZES))
    Heartbeat.objects.create(worker="test:worker", pace=PACE)
    _job(desk, photos[:1_000])
    times: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            times[size].append(_job(desk, photos[:size]))
    found = {
        str(size): {name: round(statistics.median(one[name] for one in taken), 4) for name in taken[0]}
        for size, taken in times.items()
    }
    print(json.dumps(found))


def _job(desk: Desk, photos: list[Photo]) -> dict[str, float]:
    """Return what one job cost, in milliseconds an item or a look."""
    Heartbeat.objects.update(pace=PACE)  # what costs nothing would be planned in the largest shards
    begun = time.perf_counter()
    job = desk.order("detect", Received(photos), gallery=None)
    submitted = time.perf_counter()
    half = Shard.objects.filter(job_id=job.pk).count() // 2
    _work_off(half)
    looks = _looks(desk, job)
    looked = time.perf_counter()
    _work_off(half + 1)
    done = time.perf_counter()
    assert desk.reload(job).done == len(photos)
    worked = (looked - submitted - looks.pop("looking, s")) + (done - looked)
    return {
        "submit, ms an item": (submitted - begun) * 1e3 / len(photos),
        "work, ms an item": worked * 1e3 / len(photos),
        "items a shard": len(photos) / max(2 * half, 1),
        **looks,
    }


def _work_off(most: int) -> None:
    for _ in range(most):
        claim = ledger.claim("test:worker")
        if claim is None:
            return
        runner.run(claim, Instant())
        Heartbeat.objects.update(pace=PACE)


def _looks(desk: Desk, job: Job) -> dict[str, float]:
    """Return what a look at a half-done job costs."""
    begun = time.perf_counter()
    with tenant_scope(desk.tenant.organization):
        fresh = Job.objects.get(pk=job.pk)
        page, rest = _taken(lambda: progress_of(fresh)), _taken(lambda: described(fresh))
        turn = _taken(turns.in_order)
    return {
        "look at the page's progress, ms": page,
        "look over the REST API, ms": rest,
        "whose turn it is, ms": turn,
        "looking, s": time.perf_counter() - begun,
    }


def _taken(work: Callable[[], object], times: int = 20) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken)


main()
