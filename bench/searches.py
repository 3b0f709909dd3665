"""Searches of a drawn gallery, in turn with what they cost at least; bench/search.py runs this."""

import json
import os
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402 - needs settings, as what follows
from django.db import connection  # noqa: E402

from bench.clock import Taken, taken  # noqa: E402
from portal.tenancy import secrets  # noqa: E402
from portal.tenancy.scope import tenant_scope  # noqa: E402
from recognition import matrices, search  # noqa: E402
from recognition.engine import protect, scale  # noqa: E402
from recognition.models import Gallery  # noqa: E402
from recognition.search import Wanted  # noqa: E402
from tests.support.faces import D, enroll, like, units  # noqa: E402
from tests.support.jobs import new_desk  # noqa: E402

FACES = int(os.environ.get("BENCH_FACES", "100000"))
PROBES = int(os.environ.get("BENCH_PROBES", "1000"))
AT_ONCE = 10_000
WANTED = Wanted(threshold=0.0, most=10)
BARE = """
SELECT id, subject_id, template <#> %s::vector AS score FROM recognition_face
WHERE gallery_id = %s ORDER BY score LIMIT 10
"""
Contenders = dict[str, Callable[[], object]]


def main() -> None:
    """Measure, and print the medians as JSON."""
    desk = new_desk()
    people = units(FACES)
    for first in range(0, FACES, AT_ONCE):
        enroll(desk.gallery, people[first : first + AT_ONCE])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE recognition_face")
    probes, rounds = like(people[:PROBES]), int(sys.argv[1])
    once = _once(desk.gallery)
    found = {
        "many probes": _in_turn(_many(desk.gallery, people, probes), rounds),
        "one probe": _in_turn(_one(desk.gallery, probes[0]), rounds * 5),
        "once": once,
    }
    print(json.dumps({"faces": FACES, "probes": PROBES, **found}))


def _once(gallery: Gallery) -> dict[str, float]:
    """Return what loading takes: time, the matrix itself, and how much the process grew at its highest."""
    Path("/proc/self/clear_refs").write_text("5")  # the highest memory counts from now on
    before = _memory("VmRSS")
    loading = taken(partial(_loaded, gallery))
    after = _memory("VmHWM")
    return {
        "loading the gallery, milliseconds": round(loading.wall * 1e3),
        "the gallery in memory, MB": round(_loaded(gallery).nbytes / 1e6, 1),
        "growth of the highest memory while loading, MB": round((after - before) / 1e3, 1),
    }


def _memory(name: str) -> int:
    """Return kilobytes of this process' memory, now (VmRSS) or at its highest (VmHWM)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0])


def _loaded(gallery: Gallery) -> matrices.Matrix:
    with tenant_scope(gallery.organization_id):
        row = Gallery.objects.get(pk=gallery.pk)
        return matrices.matrix(row, secrets.data_key(row.organization_id))


def _many(gallery: Gallery, people: np.ndarray, probes: np.ndarray) -> Contenders:
    return {
        "by the gallery in memory": partial(
            search.by_matrix, _loaded(gallery), probes, WANTED, scale.DEFAULT_PIPELINE
        ),
        "NumPy: multiply and argpartition": partial(_multiplied, people, probes),
        "NumPy: multiply alone": partial(np.matmul, probes, people.T),
    }


def _multiplied(people: np.ndarray, probes: np.ndarray) -> Any:
    scores = probes @ people.T
    best = np.argpartition(scores, -WANTED.most, axis=1)[:, -WANTED.most :]
    values = np.take_along_axis(scores, best, axis=1)
    order = np.argsort(-values, axis=1)
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)


def _one(gallery: Gallery, probe: np.ndarray) -> Contenders:
    matrices.forget(gallery.pk)
    with tenant_scope(gallery.organization_id):
        row = Gallery.objects.get(pk=gallery.pk)
        turn = matrices.turns(row, secrets.data_key(row.organization_id), D)[row.key_version]
    text = protect.to_text(protect.rotate(probe, turn))
    return {
        "by the database": partial(_asked, gallery, probe),
        "the SQL alone": partial(_bare, gallery, text),
    }


def _asked(gallery: Gallery, probe: np.ndarray) -> Any:
    with tenant_scope(gallery.organization_id):
        row = Gallery.objects.get(pk=gallery.pk)
        key = secrets.data_key(row.organization_id)
        return search.find(row, key, probe[None], threshold=WANTED.threshold, most=WANTED.most)


def _bare(gallery: Gallery, text: str) -> Any:
    with tenant_scope(gallery.organization_id), connection.cursor() as cursor:
        cursor.execute(BARE, [text, gallery.pk])
        return cursor.fetchall()


def _in_turn(contenders: Contenders, rounds: int) -> dict[str, Any]:
    for contender in contenders.values():
        contender()
    turns = [{name: taken(work) for name, work in contenders.items()} for _ in range(rounds)]
    ours, bare, *_ = contenders
    return {
        "milliseconds": {name: round(_median(turn[name] for turn in turns), 1) for name in contenders},
        "times": round(statistics.median(turn[ours].wall / turn[bare].wall for turn in turns), 2),
    }


def _median(times: Any) -> float:
    return statistics.median(one.wall * 1e3 for one in times if isinstance(one, Taken))


main()
