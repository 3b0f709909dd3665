"""True persons missed by each detector and alignment, on press photos: pooled, and of the worst group.

Each detector's boxes with the landmarks of the face mesh, and with its own; the net and the photos are the
same for all. Chips on the mesh's landmarks are embedded mirrored and plain, in both precisions; photos this
small are searched alike in both modes. The shipped similarity scale was partly made on these photos: figures
check for regressions.
"""

import csv
from typing import Any

import numpy as np

from bench import scenes
from recognition.engine import calibration, deepface_backend
from recognition.engine.align import MESH_TEMPLATE, chip
from recognition.engine.catalog import DETECTORS, is_here
from recognition.engine.detect import Detector
from recognition.engine.embed import Embedder
from recognition.engine.grades import reason_against
from recognition.engine.narrow import narrowed
from recognition.engine.quality import measure as measured
from recognition.engine.runtime import computes_bfloat16
from recognition.engine.types import TEMPLATE_DIMENSIONS, Float32, Found, Pixels

# Where five points of each detector lie in dlib's chips, eye on the photo's left first (measured on LFW).
OWN_TEMPLATES = {
    "mtcnn": [[47.72, 45.6], [100.93, 45.5], [73.42, 77.67], [51.15, 105.19], [97.45, 105.34]],
    "yunet": [[47.86, 45.25], [103.57, 46.10], [75.82, 77.45], [51.38, 101.16], [99.38, 101.87]],
}
_RATES = (1e-3, 1e-4)
_BATCH = 512
MIRRORED = "mirrored"


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print the table and return the results; nothing here is timed, so `rounds` is one."""
    del rounds
    rows = _rows()
    if not rows:
        print("lfw_dev is not on this machine.")
        return {"press_photos": False}
    embedders = _embedders()
    found: dict[str, Any] = {}
    for name in (name for name, files in DETECTORS.items() if all(map(is_here, files))):
        for way, templates in _templates(name, rows, embedders).items():
            found[f"{name}, {way}"] = _figures(templates, rows)
            print(f"{name}, {way}: {found[f'{name}, {way}']}", flush=True)
    return found


def _embedders() -> dict[str, Embedder]:
    net = deepface_backend.build("CountenanceDlib").model
    nets = {"": net} | ({", bfloat16": narrowed(net)} if computes_bfloat16() else {})
    embedders = {
        f"{averaging}{precision}": Embedder(one, mirror=averaging == MIRRORED)
        for precision, one in nets.items()
        for averaging in (MIRRORED, "plain")
    }
    for embedder in embedders.values():
        embedder.warm_up()
    return embedders


def _rows() -> list[dict[str, str]]:
    table = scenes.LFW.with_suffix(".csv")
    if not table.is_file():
        return []
    with table.open() as file:
        return list(csv.DictReader(file))


def _templates(name: str, rows: list[dict[str, str]], embedders: dict[str, Embedder]) -> dict[str, Float32]:
    """Return templates a photo by how they were made; rows that are not a number where no face is usable."""
    detector = Detector("default", name)
    cut = [_chips(detector, name, scenes.read(scenes.LFW / row["path"])) for row in rows]
    meshes = [mesh for mesh, _ in cut]
    made = {f"mesh landmarks, {way}": _embedded(meshes, embed) for way, embed in embedders.items()}
    if name in OWN_TEMPLATES:
        made[f"own landmarks, {MIRRORED}"] = _embedded([own for _, own in cut], embedders[MIRRORED])
    return made


def _embedded(chips: list[Pixels | None], embed: Embedder) -> Float32:
    usable = [chip for chip in chips if chip is not None]
    parts = [embed(np.stack(usable[start : start + _BATCH])) for start in range(0, len(usable), _BATCH)]
    templates = np.full((len(chips), TEMPLATE_DIMENSIONS), np.nan, np.float32)
    templates[[chip is not None for chip in chips]] = np.concatenate(parts)
    return templates


def _chips(detector: Detector, name: str, photo: Pixels) -> tuple[Pixels | None, Pixels | None]:
    middle = photo.shape[1] / 2
    faces = [one for one in detector(photo) if one.box[0] < middle < one.box[2]]
    if not faces:
        return None, None
    mesh = chip(photo, faces[0].landmarks, MESH_TEMPLATE)
    if reason_against(measured(faces[0], mesh, 1.0)):
        return None, None
    return mesh, _own_chip(detector, name, photo, faces[0]) if name in OWN_TEMPLATES else None


def _own_chip(detector: Detector, name: str, photo: Pixels, face: Found) -> Pixels:
    finds = detector.search(photo)
    place = int(np.abs(finds.boxes - face.box).sum(axis=1).argmin())
    return chip(photo, finds.points[place], np.array(OWN_TEMPLATES[name], np.float32))


def _figures(templates: Float32, rows: list[dict[str, str]]) -> dict[str, Any]:
    usable = np.isfinite(templates).all(axis=1)
    kept = [row for row, is_usable in zip(rows, usable, strict=True) if is_usable]
    found = calibration.calibrate(
        "bench", templates[usable], [row["subject"] for row in kept], [row["group"] for row in kept]
    )
    missed = {
        f"missed_percent_at_{rate:g}_{'pooled' if pooled else 'worst_group'}": [
            round(100 * share, 1) for share in found.missed_at(rate, pooled=pooled)
        ]
        for rate in _RATES
        for pooled in (True, False)
    }
    return {"photos": len(rows), "usable": len(kept), "genuine_pairs": found.genuine_pairs} | missed
