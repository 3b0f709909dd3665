"""What runs beside the database: broker, workers, the engine's files, storage, the published log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from redis import Redis
from redis.exceptions import RedisError

from portal.audit import checkpoints, log
from portal.common.clock import database_now
from portal.common.ids import uuid7
from portal.web.doctor.findings import Finding, Level, fault
from portal.webhooks import following
from portal.webhooks.models import Turn
from recognition import client
from recognition.engine import catalog, identity, processors
from recognition.models import FileWalk

LOG_STANDS_STILL = timedelta(minutes=5)  # events get their places every few seconds


def broker() -> Iterator[Finding]:
    """Look whether the broker answers."""
    try:
        with Redis.from_url(settings.REDIS_URL or "redis://localhost:1/0", socket_timeout=3) as redis:
            redis.ping()
    except (RedisError, ValueError):
        yield fault(
            "The broker does not answer: jobs wait until it does.",
            "Start it with `manage.py local up`, or set REDIS_URL to one that runs.",
        )


def worker() -> Iterator[Finding]:
    """Look for the sign of life of an engine worker with its model loaded."""
    if not client.engine_is_live():
        yield fault(
            "No engine worker is alive: jobs wait, and calls time out.",
            "Start one: `celery -A portal.celery worker -Q interactive,gpu -c 1`; `make run` starts all.",
        )


def webhooks() -> Iterator[Finding]:
    """Look whether somebody sends what waits for the receivers of webhooks."""
    remedy = "Start a worker: celery -A portal.celery worker -Q webhooks -c 1. Where one runs, read its log."
    if waiting := Turn.objects.all().overdue().count():
        yield fault(f"Webhooks that have waited for more than five minutes: {waiting}.", remedy)
    if following.is_behind():
        yield fault("What happened minutes ago was not read yet for those who have webhooks.", remedy)


def models() -> Iterator[Finding]:
    """Compare the engine's files with their published digests."""
    for sentence in catalog.verify():
        yield fault(sentence, "Run `make setup`, or fetch the file again: `manage.py models list`.")
    chosen = [one for one in catalog.models() if settings.COUNTENANCE_MODEL in {one.name, one.version}]
    if not chosen:
        yield fault(f"There is no model {settings.COUNTENANCE_MODEL}.", "`manage.py models list` names them.")
    elif not chosen[0].ready:
        yield fault(
            f"The files of the model {chosen[0].name} are not here.",
            f"Put them where `manage.py models list` says ({chosen[0].path}), or unset COUNTENANCE_MODEL.",
        )
    yield from _detector(settings.COUNTENANCE_DETECTOR)
    yield from _mode(settings.COUNTENANCE_MODE)
    yield from _precision(settings.COUNTENANCE_PRECISION, settings.COUNTENANCE_MODEL)


def _detector(name: str) -> Iterator[Finding]:
    if name not in catalog.DETECTORS:
        known = ", ".join(catalog.DETECTORS)
        yield fault(f"There is no detector {name}.", f"Set COUNTENANCE_DETECTOR to one of {known}.")
        return
    for file in catalog.DETECTORS[name]:
        if not catalog.file_of(file).is_file():
            yield fault(
                f"The detector {name} needs {file.name}, whose file is not here.",
                f"Put it at {catalog.file_of(file)}, or unset COUNTENANCE_DETECTOR.",
            )


def _mode(name: str) -> Iterator[Finding]:
    if name not in identity.MODES:
        known = ", ".join(identity.MODES)
        yield fault(f"There is no engine mode {name}.", f"Set COUNTENANCE_MODE to one of {known}.")


def _precision(name: str, model: str) -> Iterator[Finding]:
    if name not in identity.PRECISIONS:
        known = ", ".join(identity.PRECISIONS)
        yield fault(f"There is no precision {name}.", f"Set COUNTENANCE_PRECISION to one of {known}.")
    elif name != identity.FLOAT32 and model != identity.DEFAULT_MODEL:
        yield fault(f"{model} does not run in {name}.", "Unset COUNTENANCE_PRECISION, or COUNTENANCE_MODEL.")
    elif name == identity.BFLOAT16 and not processors.have_bfloat16():
        yield Finding(
            Level.NOTE,
            "The processors here do not compute in bfloat16: an engine worker starts only where a GPU does.",
            "Unset COUNTENANCE_PRECISION, or run the workers on another machine.",
        )


def published_log() -> Iterator[Finding]:
    """Look whether checkpoints can be signed, and whether events get their places in the log."""
    try:
        checkpoints.signer()
    except checkpoints.KeyUnusable as error:
        yield fault(
            str(error),
            "LOG_SIGNING_KEY: what `openssl rand -base64 32` prints. LOG_ORIGIN: host/transparency.",
        )
    since = log.waiting_since()
    if since and database_now() - since > LOG_STANDS_STILL:
        yield fault(
            f"The published log stands still: events wait for their place since {since:%Y-%m-%d %H:%M} UTC.",
            "Start a light worker with --beat (`make run` starts all), and read its log.",
        )


def storage() -> Iterator[Finding]:
    """Write a small object where photos go, and delete it."""
    try:
        name = default_storage.save(f"doctor/{uuid7()}", ContentFile(b"doctor"))
        default_storage.delete(name)
    except Exception as error:  # every store has errors of its own, and each means the same
        yield fault(
            f"Photos cannot be stored ({type(error).__name__}).",
            "Let the portal's user write to MEDIA_ROOT, or check S3_BUCKET and its keys.",
        )


def stored_files() -> Iterator[Finding]:
    """Look whether files without a record were found, too many for what uploads leave that died."""
    for walk in FileWalk.objects.filter(unexplained__gt=0).select_related("organization"):
        yield fault(
            f"{walk.unexplained} stored files of {walk.organization} have no record. None was destroyed.",
            "Was an older database restored? Restore the newest, or raise FILES_WITHOUT_RECORD_AT_ONCE.",
        )
