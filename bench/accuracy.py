"""True persons missed by each detector and alignment, on press photos: pooled, and of the worst group.

Each detector's boxes with the landmarks of the face mesh, and with its own; the net and the photos are the
same for all. The shipped similarity scale was partly made on these photos: figures check for regressions.
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
from recognition.engine.quality import measure as measured
from recognition.engine.types import Float32, Found, Pixels

# Where five points of each detector lie in dlib's chips, eye on the photo's left first (measured on LFW).
OWN_TEMPLATES = {
    "mtcnn": [[47.72, 45.6], [100.93, 45.5], [73.42, 77.67], [51.15, 105.19], [97.45, 105.34]],
    "yunet": [[47.86, 45.25], [103.57, 46.10], [75.82, 77.45], [51.38, 101.16], [99.38, 101.87]],
}
_RATES = (1e-3, 1e-4)
_BATCH = 512


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print the table and return the results; nothing here is timed, so `rounds` is one."""
    del rounds
    rows = _rows()
    if not rows:
        print("lfw_dev is not on this machine.")
        return {"press_photos": False}
    embed = Embedder(deepface_backend.build("CountenanceDlib").model, mirror=True)
    found: dict[str, Any] = {}
    for name in (name for name, files in DETECTORS.items() if all(map(is_here, files))):
        for alignment, templates in _templates(name, rows, embed).items():
            found[f"{name}, {alignment}"] = _figures(templates, rows)
            print(f"{name}, {alignment}: {found[f'{name}, {alignment}']}", flush=True)
    return found


def _rows() -> list[dict[str, str]]:
    table = scenes.LFW.with_suffix(".csv")
    if not table.is_file():
        return []
    with table.open() as file:
        return list(csv.DictReader(file))


def _templates(name: str, rows: list[dict[str, str]], embed: Embedder) -> dict[str, Float32]:
    """Return mirrored templates a photo by alignment; rows that are not a number where no face is usable."""
    detector, chips = Detector("default", name), {"mesh landmarks": [], "own landmarks": []}
    usable = []
    for row in rows:
        photo = scenes.read(scenes.LFW / row["path"])
        mesh, own = _chips(detector, name, photo)
        usable.append(mesh is not None)
        blank = np.zeros((150, 150, 3), np.uint8)
        chips["mesh landmarks"].append(blank if mesh is None else mesh)
        if name in OWN_TEMPLATES:
            chips["own landmarks"].append(blank if own is None else own)
    made = {}
    for alignment, cut in chips.items():
        if cut:
            parts = [embed(np.stack(cut[start : start + _BATCH])) for start in range(0, len(cut), _BATCH)]
            made[alignment] = np.where(np.array(usable)[:, None], np.concatenate(parts), np.nan)
    return made


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
