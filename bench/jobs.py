"""Runs jobs on a real worker and the bare pipeline beside; bench/job.py runs this on its own database."""

import json
import os
import statistics
import sys
import time
from itertools import islice

import django

django.setup()

from django.db.models import Avg, F  # noqa: E402 - needs settings, as what follows

from bench import loads  # noqa: E402
from recognition.actions import images  # noqa: E402
from recognition.actions.images import Received  # noqa: E402
from recognition.engine import registry  # noqa: E402
from recognition.engine.pipeline import Engine  # noqa: E402
from recognition.models import Job, JobStatus, Shard  # noqa: E402
from tests.support.jobs import Desk, new_desk  # noqa: E402
from tests.support.workers import REAL, wait_for, workers  # noqa: E402

ENROLLED = 500
OVER = (JobStatus.AWAITING_REVIEW, JobStatus.RELEASED, JobStatus.PARTIAL)


def main() -> None:
    """Measure, and print the results as JSON."""
    count, rounds = int(sys.argv[1]), int(sys.argv[2])
    desk, photos = new_desk(), list(loads.load_set(count))
    with workers(dict(os.environ), engine=REAL):
        _run(desk, "enroll", _received(desk, list(loads.load_set(ENROLLED, seed=2))))
        received = _received(desk, photos)
        _run(desk, "search", Received(received.photos[:256]))  # nothing is measured cold
        bare = Bare(photos)
        times = [(bare.run(), *_run(desk, "search", received)) for _ in range(rounds)]
    own, portal, _ = (statistics.median(column) for column in zip(*times, strict=True))
    found = {
        "photos": count,
        "rounds": rounds,
        "press_photos": loads.PRESS_PHOTOS.is_dir(),
        "bare pipeline": round(count / own, 1),
        "job through the portal": round(count / portal, 1),
        "share": round(statistics.median(mine / through for mine, through, _ in times), 3),
        "shard seconds": round(statistics.median(shard for _, _, shard in times), 2),
    }
    print(json.dumps(found))


class Bare:
    """The engine in this process, as a worker uses it, without gate, ledger or results."""

    def __init__(self, photos: list[bytes]) -> None:
        self._photos = photos
        self._engine: Engine = registry.load()
        list(self._engine.run((str(n), photo) for n, photo in enumerate(photos[:256])))

    def run(self) -> float:
        """Return the seconds it takes for all photos."""
        began = time.perf_counter()
        results = self._engine.run((str(n), _reader(photo)) for n, photo in enumerate(self._photos))
        while list(islice(results, 64)):
            pass
        return time.perf_counter() - began


def _reader(photo: bytes):  # noqa: ANN202 - a source of the engine
    return lambda: photo


def _run(desk: Desk, kind: str, received: Received) -> tuple[float, float]:
    """Return the seconds from submit to the last result, and those of a shard from its lease."""
    began = time.perf_counter()
    job = desk.order(kind, received)
    wait_for(lambda: desk.reload(job).status in OVER, 600, 0.05)
    return time.perf_counter() - began, _shard_seconds(job)


def _shard_seconds(job: Job) -> float:
    taken = Shard.objects.filter(job_id=job.pk).aggregate(seconds=Avg(F("finished_at") - F("leased_at")))
    return float(taken["seconds"].total_seconds())


def _received(desk: Desk, photos: list[bytes]) -> Received:
    files = ((f"{number}.jpg", photo) for number, photo in enumerate(photos))
    organization = desk.tenant.organization
    return images.receive(organization=organization, files=files, subject_from="filename", by=desk.by)


main()
