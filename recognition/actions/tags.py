"""Tags of galleries, as the Rekognition interface has them. Those that mean something here may only narrow.

| tag | what it narrows |
|---|---|
| `countenance:retention_days` | faces are kept for fewer days |
| `countenance:min_similarity` | searches name nobody below a higher similarity, 0 to 100 |
| `countenance:false_candidates` | a search may be expected to name fewer false candidates |

All others are the tenant's own and mean nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

from portal.audit import actions as audit
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.models import Gallery
from recognition.models.galleries import FALSE_CANDIDATES, KEPT_DAYS, LEAST_SIMILARITY

PREFIX = "countenance:"
MOST = 200  # of one gallery
_REMEDY = "Make another collection, or a key that allows more."


def _days(text: str) -> float | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) else None  # noqa: PLR2004 - ten years are 3650 days


def _number(text: str) -> float | None:
    try:
        value = float(text) if text.isascii() else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _similarity(text: str) -> float | None:
    value = _number(text)
    return value if value is not None and value <= 100 else None  # noqa: PLR2004 - the scale of similarity


def _candidates(text: str) -> float | None:
    return _number(text) or None


_READERS: Mapping[str, Callable[[str], float | None]] = {
    KEPT_DAYS: _days,
    LEAST_SIMILARITY: _similarity,
    FALSE_CANDIDATES: _candidates,
}


def add(*, gallery: Gallery, tags: Mapping[str, str], by: Actor) -> None:
    """Add tags to a gallery, or give them other values.

    Raises:
        InvalidInput: `unknown_tag`, `bad_tag`: one that begins with `countenance:`.
        Refused: `tag_widens`.
        Conflict: `too_many_tags`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        locked = _locked(gallery, by)
        put(locked, tags)
        locked.save(update_fields=["tags", "retention_days"])
        _record(locked, by, set=len(tags), removed=0)


def remove(*, gallery: Gallery, names: Collection[str], by: Actor) -> None:
    """Take tags off a gallery; names that it does not have are passed over.

    Raises:
        Refused: `tag_widens`, for one that narrows.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        locked = _locked(gallery, by)
        gone = set(names) & locked.tags.keys()
        if narrowing := sorted(gone & _READERS.keys()):
            raise _widens(narrowing[0], "It narrows what is allowed, and stays.")
        locked.tags = {name: value for name, value in locked.tags.items() if name not in gone}
        locked.save(update_fields=["tags"])
        _record(locked, by, set=0, removed=len(gone))


def put(gallery: Gallery, tags: Mapping[str, str]) -> None:
    """Set tags on a gallery that the caller saves.

    Raises:
        DomainError: As for `add`.
    """
    wanted = {**gallery.tags, **tags}
    if len(wanted) > MOST:
        raise InvalidInput("too_many_tags", f"A collection has at most {MOST} tags.", field="tags")
    for name, value in tags.items():
        if name.startswith(PREFIX):
            _require_narrower(gallery, name, _read(name, value))
    gallery.tags = wanted
    if KEPT_DAYS in tags:
        gallery.retention_days = int(tags[KEPT_DAYS])


def _read(name: str, value: str) -> float:
    reader = _READERS.get(name)
    if reader is None:
        sentence = f"Of tags that begin with {PREFIX} these are known: {', '.join(sorted(_READERS))}."
        raise InvalidInput("unknown_tag", sentence, field=name)
    found = reader(value)
    if found is None:
        raise InvalidInput("bad_tag", f"This is no value for the tag {name}.", field=name)
    return found


def _require_narrower(gallery: Gallery, name: str, value: float) -> None:
    if name == KEPT_DAYS and value > gallery.retention_days:
        raise _widens(name, f"Faces are kept for {gallery.retention_days} days here.")
    if name == LEAST_SIMILARITY and value < gallery.least_similarity:
        raise _widens(name, f"It is {gallery.least_similarity:g} here.")
    most = gallery.most_false_candidates
    if name == FALSE_CANDIDATES and most is not None and value > most:
        raise _widens(name, f"It is {most:g} here.")


def _widens(name: str, why: str) -> Refused:
    sentence = f"The tag {name} may only narrow. {why}"
    return Refused("tag_widens", sentence, rule="tag_widens", remedy=_REMEDY, field=name)


def _locked(gallery: Gallery, by: Actor) -> Gallery:
    found: Gallery = Gallery.objects.locked().get(pk=gallery.pk)
    grants.require_use(by, found)
    return found


def _record(gallery: Gallery, by: Actor, **payload: Any) -> None:
    audit.record(
        verb="gallery.tagged", actor=by, target=gallery, organization=gallery.organization_id, **payload
    )
