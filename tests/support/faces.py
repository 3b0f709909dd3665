"""Galleries of drawn templates, for tests of search that need no photo of anybody."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.scope import tenant_scope
from recognition import matrices
from recognition.actions import galleries
from recognition.engine import protect
from recognition.engine.scale import DEFAULT_PIPELINE
from recognition.models import Face, Gallery, Image, Subject
from tests.support.jobs import Desk

D = 128


_numbers = itertools.count()


def another_gallery(desk: Desk) -> Gallery:
    """One more gallery of the same tenant."""
    return galleries.create(
        organization=desk.tenant.organization,
        name=f"Gallery {next(_numbers)}",
        purpose="find_missing_child",
        legal_basis="Guardians' consent",
        owner="Case team",
        retention_days=365,
        image_source="guardian",
        by=desk.by,
    )


def units(count: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((count, D)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def like(templates: np.ndarray, seed: int = 1, noise: float = 0.05) -> np.ndarray:
    """Other photos of the same people."""
    near = templates + noise * units(len(templates), seed)
    return (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)


def enroll(gallery: Gallery, templates: np.ndarray, version: int | None = None) -> list[Face]:
    """Enroll templates without photos, under a version of the gallery's rotation."""
    owner = gallery.organization_id
    with tenant_scope(owner):
        row = Gallery.objects.get(pk=gallery.pk)
        version = version or row.key_version
        turned = protect.rotate(templates, matrices.turns(row, secrets.data_key(owner), D)[version])
        image = Image.objects.create(organization_id=owner, **_PHOTO)
        subject, _ = Subject.objects.get_or_create(organization_id=owner, gallery=row, name="drawn")
        faces = [_face(row, subject, image, index, one, version) for index, one in enumerate(turned)]
        Face.objects.bulk_create(faces)
        Gallery.objects.filter(pk=row.pk).update(version=row.version + 1, pipeline=DEFAULT_PIPELINE)
        return faces


_PHOTO: dict[str, Any] = {
    "sha256": "0" * 64,
    "size": 1,
    "format": "JPEG",
    "width": 1,
    "height": 1,
    "uploaded_by": "test",
}


def _face(gallery: Gallery, subject: Subject, image: Image, index: int, one: Any, version: int) -> Face:
    return Face(
        id=uuid7(),
        organization_id=gallery.organization_id,
        gallery=gallery,
        subject=subject,
        image=image,
        index=index,
        template=one,
        key_version=version,
        pipeline=DEFAULT_PIPELINE,
        box={},
    )
