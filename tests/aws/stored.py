"""Faces of a collection, as indexing stores them: drawn templates, no photo of anybody."""

from __future__ import annotations

from typing import Any

import numpy as np

from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.scope import tenant_scope
from recognition import matrices
from recognition.engine import protect
from recognition.engine.scale import DEFAULT_PIPELINE
from recognition.models import Face, Gallery, Image, Subject
from tests.support.faces import D, like, units

_PHOTO = {"sha256": "0" * 64, "size": 1, "format": "JPEG", "width": 400, "height": 200, "uploaded_by": "test"}
_BOX = {"left": -4.0, "top": 20.0, "width": 100.0, "height": 120.0}


def index(side: Any, collection: str, templates: np.ndarray, external_image_id: str = "") -> list[str]:
    """Store one unnamed face a template, each in a photo of its own; return their ids."""
    owner = side.organization.pk
    with tenant_scope(owner):
        gallery = Gallery.objects.in_use().called(collection).get()
        turn = matrices.turns(gallery, secrets.data_key(owner), D)[gallery.key_version]
        found = [_store(gallery, one, external_image_id) for one in protect.rotate(templates, turn)]
        Gallery.objects.filter(pk=gallery.pk).update(pipeline=DEFAULT_PIPELINE)
    return found


def person(seed: int, photos: int = 1) -> np.ndarray:
    """Templates of so many photos of one person."""
    one = units(1, seed)
    return np.concatenate([like(one, seed=1_000 * seed + number) for number in range(photos)])


def _store(gallery: Gallery, template: np.ndarray, external_image_id: str) -> str:
    face = uuid7()
    subject = Subject.of_face(gallery, face)
    subject.save(force_insert=True)
    image = Image.objects.create(organization_id=gallery.organization_id, **_PHOTO)
    Face.objects.create(
        id=face,
        organization_id=gallery.organization_id,
        gallery=gallery,
        subject=subject,
        image=image,
        index=0,
        template=template,
        key_version=gallery.key_version,
        pipeline=DEFAULT_PIPELINE,
        box=_BOX,
        quality={"confidence": 0.987},
        external_image_id=external_image_id,
    )
    return str(face)
