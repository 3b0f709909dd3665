"""Bringing many files in at once: photos, archives and folders as one upload, and what came of each file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from portal.common.errors import InvalidInput
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import archives, manifests
from recognition.actions import images, pairing
from recognition.actions.images import Photo, Received
from recognition.actions.lines import STOPPED, Stop, ended_visibly
from recognition.archives import Member
from recognition.images import MAX_BYTES
from recognition.manifests import LONGEST_NAME, Manifest, tidy
from recognition.models import Image, Item, Job, JobKind

ACCEPTED = "accepted"
NAME_UNUSABLE = "name_unusable"
NAME_TWICE = "name_twice"
REPORT_COLUMNS = ("name", "outcome", "item", "subject", "second")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK = 500


@dataclass(frozen=True)
class File:
    """One file of an upload: a photo, an archive of photos, or a manifest of the photos beside it.

    Attributes:
        name: With its folders, where the sender gave them.
        content: Its bytes, read in place; seekable.
        said_archive: The sender said that it is an archive.
    """

    name: str
    content: IO[bytes]
    said_archive: bool = False

    @property
    def is_archive(self) -> bool:
        """Whether it is read as a zip archive: by its first bytes, for names lie."""
        if self.said_archive:
            return True
        self.content.seek(0)
        return self.content.read(4) in _ZIP


@dataclass(frozen=True)
class How:
    """How files become items.

    Attributes:
        kind: Of the job.
        subject_from: Whom each photo shows: `filename`, `folder` or `manifest`. A comparison pairs photos by
            the manifest, or else by two folders.
    """

    kind: JobKind
    subject_from: str = "filename"

    @property
    def has_manifest(self) -> bool:
        """Whether a manifest names what is taken."""
        return self.subject_from == "manifest"


def receive(*, organization: Organization, files: Sequence[File], how: How, by: Actor) -> Received:
    """Receive an upload; where it is refused as a whole, and of what is of no use, nothing is kept.

    Raises:
        InvalidInput: `archive_…`, `manifest_…`, `pairs_folders`, `subject_missing`: the upload as a whole
            is refused.
    """
    require(by, Permission.UPLOAD, organization=organization)
    gathered: list[tuple[Manifest, Received]] = []
    try:
        for named, members in parts(files, how):
            part = images.receive_members(organization, members, how.subject_from, named, by=by)
            gathered.append((named, part))
        return _made(gathered, how, by)
    except Exception:  # ours as well: photos that no job needs would be kept for ever
        for _, part in gathered:
            images.discard(part, by=by)
        raise


def report(job: Job) -> Iterator[dict[str, Any]]:
    """Yield what came of every file of a job's import: the items that it became, then the files refused.

    It says nothing of what was found in the photos. Memory stays flat; each chunk is read in a scope of its
    own, so call this outside any. Where it breaks off, the last row has `STOPPED` for an item, and why.
    """
    for row in ended_visibly(_report(job)):
        yield _stopped_row(row) if isinstance(row, Stop) else row


def _report(job: Job) -> Iterator[dict[str, Any]]:
    after = -1
    while True:
        with tenant_scope(job.organization_id):
            rows = Item.objects.filter(job=job, position__gt=after).select_related("image", "second")
            items = list(rows.order_by("position")[:_CHUNK])
        if not items:
            break
        after = items[-1].position
        yield from map(_accepted_row, items)
    for one in job.rejected:
        yield {"name": one["name"], "outcome": one["reason"], "item": "", "subject": "", "second": ""}


def _stopped_row(stop: Stop) -> dict[str, Any]:
    return {"name": stop.sentence, "outcome": stop.code, "item": STOPPED, "subject": "", "second": ""}


def _accepted_row(item: Item) -> dict[str, Any]:
    return {
        "name": item.image.name,
        "outcome": ACCEPTED,
        "item": item.public_id,
        "subject": item.subject_name,
        "second": item.second.name if item.second else "",
    }


def parts(files: Sequence[File], how: How) -> Iterator[tuple[Manifest, Iterator[Member]]]:
    """Yield each archive, and all single files together, with the manifest that speaks of them.

    Single files come first: they are checked before an archive is opened.
    """
    pairs = how.kind == JobKind.COMPARE
    loose = [file for file in files if not file.is_archive]
    if loose:
        named = _loose_manifest(loose, how)
        yield named, _loose(loose, named if how.has_manifest else None)
    for file in files:
        if file.is_archive:
            named = archives.manifest(file.content, pairs=pairs) if how.has_manifest else Manifest()
            wanted = named.names if how.has_manifest else None
            prefix = file.name if file.name.endswith("/") else ""
            members = archives.members(file.content, wanted=wanted)
            yield named, (replace(member, name=f"{prefix}{member.name}") for member in members)


def _loose_manifest(files: Sequence[File], how: How) -> Manifest:
    if not how.has_manifest:
        return Manifest()
    found = [file for file in files if archives.is_manifest(tidy(file.name))]
    if not found:
        raise archives.missing_manifest()
    nearest = min(found, key=lambda file: file.name.count("/"))
    nearest.content.seek(0)
    folder = tidy(nearest.name).removesuffix(manifests.NAME)
    return manifests.read(
        nearest.content.read(MAX_BYTES + 1), pairs=how.kind == JobKind.COMPARE, folder=folder
    )


def _loose(files: Sequence[File], named: Manifest | None) -> Iterator[Member]:
    for file in files:
        name = tidy(file.name) or "photo"
        if archives.is_manifest(name):
            continue
        if archives.escapes(name):
            yield Member(name, reason="archive_path")
        elif named is not None and not named.names(name):
            yield Member(name, reason=archives.NOT_NAMED)
        else:
            file.content.seek(0)
            yield Member(name, file.content.read(MAX_BYTES + 1))  # a byte more is enough to be refused


def is_usable(subject: str) -> bool:
    """Whether a person can be enrolled under a name."""
    return bool(subject.strip()) and len(subject) <= manifests.LONGEST_SUBJECT


def unmet(names: Iterable[str], named: Manifest, how: How) -> list[dict[str, str]]:
    """Return the lines of a manifest that say nothing usable, or whose file did not come.

    Args:
        names: Of all that came, as they are stored.
        named: The manifest.
        how: Pairs tell their missing files themselves.
    """
    if how.kind == JobKind.COMPARE:
        return named.bad
    came = set(names)
    lines = [line for line in named.lines if not named.found_in(came, line.path)]
    missing = [
        {"name": f"{line.place}: {line.path}"[:LONGEST_NAME], "reason": pairing.MISSING} for line in lines
    ]
    return named.bad + missing


def paired(names: Sequence[str], named: Manifest, how: How) -> pairing.Pairing:
    """Pair files as the submitter chose.

    Raises:
        InvalidInput: `pairs_folders`.
    """
    return pairing.by_manifest(names, named) if how.has_manifest else pairing.by_folder(names)


def _made(gathered: Sequence[tuple[Manifest, Received]], how: How, by: Actor) -> Received:
    whole = Received()
    for _, part in gathered:
        whole.photos += part.photos
        whole.rejected += part.rejected
    if how.kind == JobKind.COMPARE and not how.has_manifest:
        return _with_pairs(whole, Manifest(), how, by)
    made = Received()
    for named, part in gathered:
        names = [photo.image.name for photo in part.photos] + [one["name"] for one in part.rejected]
        useful = _useful(part, named, how, by)
        made.photos += useful.photos
        made.rejected += useful.rejected + unmet(names, named, how)
    return made


def _useful(part: Received, named: Manifest, how: How, by: Actor) -> Received:
    """Return what can be worked on; the rest is destroyed and named."""
    if how.kind == JobKind.COMPARE:
        return _with_pairs(part, named, how, by)
    if how.kind != JobKind.ENROLL:
        return part
    others = [photo for photo in part.photos if not is_usable(photo.subject)]
    if others and len(others) == len(part.photos):
        sentence = "No photo says whom it shows in the way that was chosen."
        raise InvalidInput("subject_missing", sentence, field="subject_from")
    images.discard(Received(others), by=by)
    refused = [{"name": photo.image.name, "reason": NAME_UNUSABLE} for photo in others]
    return Received([photo for photo in part.photos if is_usable(photo.subject)], part.rejected + refused)


def _with_pairs(part: Received, named: Manifest, how: How, by: Actor) -> Received:
    by_name: dict[str, Image] = {}
    twice = [
        photo for photo in part.photos if by_name.setdefault(photo.image.name, photo.image) != photo.image
    ]
    made = paired(list(by_name), named, how)
    used = {name for pair in made.pairs for name in pair}
    spare = [Photo(image) for name, image in by_name.items() if name not in used]
    images.discard(Received([*spare, *twice]), by=by)
    refused = [{"name": photo.image.name, "reason": NAME_TWICE} for photo in twice]
    pairs = [Photo(by_name[one], second=by_name[other]) for one, other in made.pairs]
    return Received(pairs, part.rejected + made.left + refused)
