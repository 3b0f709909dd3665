"""What would come of an upload, file by file: looked at as in earnest, and nothing kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from portal.common.errors import InvalidInput
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import archives, images, reimports
from recognition.actions import imports
from recognition.actions.imports import ACCEPTED, NAME_TWICE, NAME_UNUSABLE, File, How
from recognition.archives import Member
from recognition.manifests import LONGEST_NAME, Manifest
from recognition.models import Face, Gallery, JobKind

DUPLICATE = "duplicate"
_LOOKED_UP_TOGETHER = 1_000


@dataclass(frozen=True)
class Examined:
    """What would come of one file or pair: `accepted`, or the reason code why not."""

    name: str
    outcome: str
    subject: str = ""
    second: str = ""
    taken: str = ""
    sha256: str = ""


def examine(
    *, organization: Organization, files: Sequence[File], how: How, gallery: Gallery | None, by: Actor
) -> list[Examined]:
    """Say what would come of every file of an upload; nothing is kept, ruled on or recorded.

    Args:
        organization: Whose photos.
        files: The upload.
        how: How files would become items.
        gallery: To enroll in; photos that it holds already are told.
        by: Who asks.

    Raises:
        InvalidInput: As `imports.receive`.
    """
    require(by, Permission.UPLOAD, organization=organization)
    gathered = [
        (named, [_examined(member, named, how) for member in members])
        for named, members in imports.parts(files, how)
    ]
    rows = list(_of_parts(gathered, how))
    with tenant_scope(organization):
        return list(_known(rows, how, gallery, organization))


def counted(rows: Iterable[Examined]) -> dict[str, int]:
    """Return how many files would come to what, the most frequent first."""
    return dict(Counter(row.outcome for row in rows).most_common())


def _of_parts(gathered: list[tuple[Manifest, list[Examined]]], how: How) -> Iterator[Examined]:
    if how.kind == JobKind.COMPARE and not how.has_manifest:
        yield from _paired([row for _, part in gathered for row in part], Manifest(), how)
        return
    for named, part in gathered:
        yield from _paired(part, named, how) if how.kind == JobKind.COMPARE else part
        lines = imports.unmet((row.name for row in part), named, how)
        yield from (Examined(one["name"], one["reason"]) for one in lines)


def _examined(member: Member, named: Manifest, how: How) -> Examined:
    line = named.line_of(member.name)
    enrolls = how.kind == JobKind.ENROLL
    subject = archives.subject_of(member.name, how.subject_from, named) if enrolls else ""
    taken = line.taken if line else ""
    row = Examined(member.name[-LONGEST_NAME:], member.reason or ACCEPTED, subject, taken=taken)
    if member.reason:
        return row
    try:
        digest = images.inspect(member.data).sha256
    except InvalidInput as error:
        return replace(row, outcome=error.code)
    if enrolls and not imports.is_usable(subject):
        return replace(row, outcome=NAME_UNUSABLE)
    return replace(row, sha256=digest)


def _paired(part: list[Examined], named: Manifest, how: How) -> Iterator[Examined]:
    """Yield pairs as they would be made, and what would be in none."""
    rows: dict[str, Examined] = {}
    for row in part:
        if row.outcome != ACCEPTED:
            yield row
        elif rows.setdefault(row.name, row) is not row:
            yield replace(row, outcome=NAME_TWICE)
    made = imports.paired(list(rows), named, how)
    yield from (replace(rows[one], second=other) for one, other in made.pairs)
    yield from (Examined(one["name"], one["reason"]) for one in made.left)


def _known(
    rows: list[Examined], how: How, gallery: Gallery | None, organization: Organization
) -> Iterator[Examined]:
    """Tell which photos are in the gallery already, twice in the upload, or left another organization."""
    seen: set[tuple[str, str]] = set()
    every = iter(rows)
    while some := list(islice(every, _LOOKED_UP_TOGETHER)):
        digests = {row.sha256 for row in some if row.sha256}
        foreign = reimports.digests_among(digests, organization_id=organization.pk)
        if how.kind == JobKind.ENROLL and gallery is not None:
            held = Face.objects.filter(gallery=gallery, image__sha256__in=digests)
            seen |= set(held.values_list("image__sha256", "subject__name"))
        for row in some:
            identity = (row.sha256, row.subject)
            again = how.kind == JobKind.ENROLL and bool(row.sha256) and identity in seen
            outcome = reimports.REIMPORT if row.sha256 in foreign else DUPLICATE if again else row.outcome
            seen.add(identity)
            yield replace(row, outcome=outcome)
