"""What is stored and serves nothing: files that no record names, and photos that nothing was done with.

Bytes are stored before their record is written, so a process that dies in between leaves a file that nobody
knows of; one that dies between a purge and its last step leaves a file of a purged photo. An organization's
files are walked through once a day in the order of their names, a piece at a time: where the walk stands is a
row, so a worker that dies repeats one piece.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.db.models.functions import Now

from compliance import legal_holds
from compliance.models import Evidence
from portal.audit import actions as audit
from portal.common import files
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.actions import images
from recognition.models import FileWalk, Image
from recognition.models.jobs import RETENTION_DAYS

UPKEEP = Actor.system("upkeep")
EACH = timedelta(days=1)
SAFE_AGE = timedelta(days=1)  # an upload stores bytes and writes their record within minutes
UNUSED_KEPT = timedelta(days=RETENTION_DAYS)  # as a job's photos
# From before there were walks photos lie there that nobody was told an end of: it begins with the walks.
TIME_TO_TELL = UNUSED_KEPT
_WALKS_CAME: Final = {"app": "recognition", "name": "0038_file_walks"}
AT_ONCE = 10_000  # names in a piece
# Unused photos destroyed in one step: a store takes its time for each, and a worker has two minutes.
UNUSED_AT_ONCE = 500
WALKS_AT_ONCE = 20  # organizations that a message of upkeep looks into
_FOLDERS: Final = ("evidence", "images")  # in the order of their names
logger = logging.getLogger(__name__)


@dataclass
class _Piece:
    """Some stored files, by what they turned out to be."""

    names: list[str]  # with their folder
    orphans: list[str] = field(default_factory=list)
    strange: int = 0  # names that this portal does not give: left where they are


def organizations() -> list[UUID]:
    """Return some organizations whose files were not looked through for a day, in no order."""
    fresh = FileWalk.objects.filter(finished_at__gt=Now() - EACH).values("organization")
    due = Organization.objects.exclude(pk__in=fresh).order_by("?")
    return list(due.values_list("pk", flat=True)[:WALKS_AT_ONCE])


def step(organization_id: UUID) -> bool:
    """Look at the next piece of an organization's files; False where its walk is over for today.

    Before: files may be there that no record names. After: none older than a day is among those looked at.
    Idempotent. Files without a record go before the transaction ends: were it undone, the next walk finds
    less. Bytes of photos go after it: a walk sees files alone, so a row whose bytes were gone would stay for
    ever, and what is left of one that says it was purged is found as a file without a record.
    """
    with tenant_scope(organization_id):
        walk = _taken(organization_id)
        if walk is None:
            return False
        piece = _Piece(_names(organization_id, walk.after))
        if not piece.names or legal_holds.blocks("", organization=organization_id):
            _finish(walk)
            return False
        _sort(organization_id, piece)
        if len(piece.orphans) > settings.FILES_WITHOUT_RECORD_AT_ONCE:
            _disbelieve(walk, piece)
            return False
        unused = _purge_unused(piece.names)
        _record(organization_id, piece, unused)
        # Where there may be more of them, the next step looks again from the last one.
        last = unused[-1].path if len(unused) == UNUSED_AT_ONCE else piece.names[-1]
        FileWalk.objects.filter(pk=walk.pk).update(after=last)
        connection.check_constraints()
        for path in piece.orphans:
            files.delete(path)
    for photo in unused:
        files.delete(photo.path)
    return True


def _taken(organization_id: UUID) -> FileWalk | None:
    """Return the walk, locked, unless it is over for today or in another worker's hands."""
    FileWalk.objects.bulk_create([FileWalk(organization_id=organization_id)], ignore_conflicts=True)
    due = Q(finished_at=None) | Q(finished_at__lte=Now() - EACH)
    own = FileWalk.objects.filter(due, organization=organization_id)
    walk: FileWalk | None = own.select_for_update(skip_locked=True).first()
    if walk is not None and walk.finished_at is not None:
        FileWalk.objects.filter(pk=walk.pk).update(after="", begun_at=Now(), finished_at=None, unexplained=0)
        walk.after = ""
    return walk


def _finish(walk: FileWalk, unexplained: int = 0) -> None:
    FileWalk.objects.filter(pk=walk.pk).update(finished_at=Now(), unexplained=unexplained)


def _names(organization_id: UUID, after: str) -> list[str]:
    """Return the next names, of one folder or, where it has no more, of the one behind it."""
    for folder in _FOLDERS:
        own = f"{folder}/{organization_id}"
        if after > f"{own}0":  # "0" follows "/": the walk is past this folder
            continue
        last = after.removeprefix(f"{own}/") if after.startswith(f"{own}/") else ""
        if names := files.listing(own, after=last, most=AT_ONCE):
            return [f"{own}/{name}" for name in names]
    return []


def _sort(organization_id: UUID, piece: _Piece) -> None:
    """Find the files of a piece that no record names and that are old enough, in the caller's scope."""
    keys = {path: _key_of(path) for path in piece.names}
    recorded = _recorded(key for key in keys.values() if key is not None)
    unnamed = [path for path, key in keys.items() if key is not None and key not in recorded]
    unnamed += [path for path in piece.names if files.is_draft(path)]  # of a worker that died re-sealing it
    piece.strange = sum(key is None and not files.is_draft(path) for path, key in keys.items())
    if unnamed:
        safe = files.now() - SAFE_AGE
        ages = ((path, files.modified_at(path)) for path in unnamed)
        piece.orphans = [path for path, at in ages if at is not None and at < safe]
    if piece.strange:
        about = {"organization": str(organization_id), "files": piece.strange}
        logger.warning("Stored files have names that this portal does not give", extra=about)


def _key_of(path: str) -> UUID | None:
    """Return the id that a stored file is named by, if it is one."""
    try:
        return UUID(PurePosixPath(path).name)
    except ValueError:
        return None


def _recorded(keys: Iterable[UUID]) -> Collection[UUID]:
    """Return the ids that a record has: of a photo that was not purged, or of a document. In scope."""
    wanted = list(keys)
    kept = Image.objects.filter(pk__in=wanted, purged_at=None).values_list("pk", flat=True)
    return {*kept, *Evidence.objects.filter(pk__in=wanted).values_list("pk", flat=True)}


def _purge_unused(paths: Iterable[str]) -> list[Image]:
    """Mark the first photos as purged that were kept long enough and that nothing needs. In scope."""
    if MigrationRecorder.Migration.objects.filter(**_WALKS_CAME, applied__gt=Now() - TIME_TO_TELL).exists():
        return []
    keys = [key for path in paths if (key := _key_of(path))]
    old = Image.objects.filter(pk__in=keys, created_at__lte=Now() - UNUSED_KEPT)
    rows: Any = images.unneeded(old).order_by("pk").select_for_update(of=("self",), skip_locked=True)
    unused = list(rows[:UNUSED_AT_ONCE])
    images.purge_all(unused, by=UPKEEP)
    return unused


def _record(organization_id: UUID, piece: _Piece, unused: Collection[Image]) -> None:
    if not (piece.orphans or unused):
        return
    counts = {"files": len(piece.orphans), "unused": len(unused)}
    organization = Organization.objects.get(pk=organization_id)
    audit.record(
        verb="files.swept", actor=UPKEEP, target=organization, organization=organization_id, **counts
    )
    logger.info("Stored files were destroyed", extra={"organization": str(organization_id), **counts})


def _disbelieve(walk: FileWalk, piece: _Piece) -> None:
    """End a walk that found too much: rather an older database was restored than so many processes died."""
    number = len(piece.orphans)
    _finish(walk, unexplained=number)
    about = {"organization": str(walk.organization_id), "files": number}
    logger.error("Too many stored files have no record; none was destroyed", extra=about)
