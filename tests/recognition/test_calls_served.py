"""Synchronous calls with workers in processes of their own: busy, killed, and with the real engine."""

import io
from collections import Counter

import pytest
from PIL import Image as Pictures

from portal.common.errors import Unavailable
from portal.tenancy.scope import tenant_scope
from recognition import client
from recognition.actions import calls, indexing
from recognition.actions.indexing import How
from recognition.actions.pictures import Picture
from recognition.models import Call, JobStatus, Usage
from tests.recognition.engine.photos import PressPhoto, press_photos
from tests.recognition.test_calls_stopped import failed
from tests.support.calls import asked
from tests.support.jobs import ANNA, Desk, new_desk, photo
from tests.support.mortal import POISON
from tests.support.workers import REAL, wait_for, worker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]
QUEUES = "--queues=interactive,gpu"
LOADS = 150  # seconds, on a machine that others use too


def detect(desk: Desk, data: bytes):
    return calls.detect(picture=Picture(data), **asked(desk, "detect"))


def deadly() -> bytes:
    """A photo that kills the worker which looks at it."""
    buffer = io.BytesIO()
    Pictures.new("RGB", (200, 200), ANNA).save(buffer, "JPEG", comment=POISON)
    return buffer.getvalue()


def test_a_call_is_answered_while_the_worker_is_busy_with_a_batch(fresh_database, settings):
    settings.CALL_SECONDS = 60.0
    desk = new_desk()
    with worker(fresh_database | {"FAKE_SECONDS": "0.1"}, QUEUES):
        wait_for(client.engine_is_live, LOADS)
        job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(200)], gallery=None)
        wait_for(lambda: desk.reload(job).status == JobStatus.RUNNING, 60, 0.05)
        answered = detect(desk, photo(ANNA))
        assert (answered.call.faces, desk.reload(job).status) == (1, JobStatus.RUNNING)


def test_a_worker_killed_over_a_call_leaves_an_error_at_once_and_nothing_written(fresh_database, settings):
    settings.CALL_SECONDS = 600.0  # longer than this test may take: the process that follows has to tell
    desk = new_desk()
    with worker(fresh_database, QUEUES, engine="tests.support.mortal.load_fake"):
        wait_for(client.engine_is_live, LOADS)
        assert failed(lambda: detect(desk, deadly())).code == client.NO_ANSWER
        with tenant_scope(desk.tenant.organization):
            assert (Call.objects.count(), Usage.objects.count()) == (0, 0)
        settings.CALL_SECONDS = 60.0
        wait_for(lambda: answers(desk), LOADS)


def answers(desk: Desk) -> bool:
    """Whether a call is answered again: Celery starts another process in place of the one that died."""
    try:
        return detect(desk, photo(ANNA)).call.faces == 1
    except Unavailable:
        return False


def people() -> list[list[PressPhoto]]:
    """The photos of each person, whoever has most first."""
    photos = press_photos()
    counts = Counter(one.subject for one in photos)
    return [[one for one in photos if one.subject == name] for name, _ in counts.most_common(2)]


def test_the_real_engine_finds_a_person_it_indexed_a_moment_ago(fresh_database, settings):
    settings.CALL_SECONDS = 60.0
    (enrolled, probe, *_), (stranger, *_) = people()
    desk = new_desk()
    with worker(fresh_database, QUEUES, engine=REAL):
        wait_for(client.engine_is_live, LOADS)
        how = How(subject="known", most_faces=1)
        made = indexing.index(picture=Picture(enrolled.read()), how=how, **asked(desk, "enroll"))
        found, nobody = (
            calls.search(picture=Picture(one.read()), only_largest=True, **asked(desk))
            for one in (probe, stranger)
        )
        pictures = {"source": Picture(enrolled.read()), "target": Picture(probe.read())}
        alike = calls.compare(**pictures, **asked(desk, "compare"))
    assert made.call.enrolled == 1
    [candidate] = found.candidates[0]
    assert (candidate.face.subject.name, nobody.call.candidates) == ("known", 0)
    assert alike.similarities[0] == pytest.approx(candidate.similarity, abs=0.01)
