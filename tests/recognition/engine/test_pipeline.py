"""Order, isolation and stopping of a run, shown with a detector and an embedder that need no nets."""

from collections.abc import Iterator

import numpy as np
import pytest

from portal.common.errors import Refused
from recognition.engine.pipeline import Engine
from recognition.engine.types import Float32, Found, Pixels, Pose
from tests.recognition.engine.photos import encoded

GLARE = 150  # chip mean; part of every chip here is black border
POINTS = np.array([[30, 30], [70, 30], [50, 55], [35, 75], [65, 75]], np.float32)


class Looks:
    """Finds one face per 100 x 100 pixels; breaks on photos of 13 rows."""

    def __call__(self, pixels: Pixels) -> list[Found]:
        if len(pixels) == 13:
            raise RuntimeError("a net that fails")
        return [
            Found(np.array([0, 0, 100, 100], np.float32), POINTS, 0.9, 0.9, Pose(0, 0, 0))
            for _ in range(len(pixels) // 100)
        ]


class Embeds:
    """Gives the chip's mean as a template; bright chips come out as no number."""

    batch = 4

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, chips: Pixels) -> Float32:
        self.sizes.append(len(chips))
        means = chips.reshape(len(chips), -1).mean(axis=1) if len(chips) else np.empty(0)
        templates = np.repeat(means[:, None], 128, axis=1).astype(np.float32)
        templates[templates[:, 0] > GLARE] = np.nan
        return templates


def photo(seed: int, rows: int = 100, brightest: int = 200) -> bytes:
    noise = np.random.default_rng(seed).integers(0, brightest, (rows, 100, 3), dtype=np.uint8)
    return encoded(noise, "PNG")


def glaring() -> bytes:
    noise = np.random.default_rng(0).integers(220, 256, (100, 100, 3), dtype=np.uint8)
    return encoded(noise, "PNG")


@pytest.fixture
def engine() -> Engine:
    return Engine(Embeds(), [Looks(), Looks()], "test/1")


def many(count: int) -> Iterator[tuple[str, bytes]]:
    return ((str(number), photo(number)) for number in range(count))


def test_results_come_in_the_order_of_the_photos(engine: Engine) -> None:
    assert [result.key for result in engine.run(many(150))] == [str(number) for number in range(150)]


def test_each_photo_gets_its_own_template(engine: Engine) -> None:
    for result, (_, data) in zip(engine.run(many(30)), many(30), strict=True):
        assert np.array_equal(result.faces[0].template, engine.analyze(data).faces[0].template)


def test_a_photo_that_breaks_a_net_is_poison_and_the_others_go_on(engine: Engine) -> None:
    batch = [("a", photo(1)), ("b", photo(2, rows=13)), ("c", photo(3))]
    assert [result.reason for result in engine.run(batch)] == [None, "poison", None]


def test_a_photo_that_cannot_be_fetched_is_poison(engine: Engine) -> None:
    def missing() -> bytes:
        raise FileNotFoundError("gone")

    assert [result.reason for result in engine.run([("a", missing), ("b", photo(1))])] == ["poison", None]


def test_one_face_without_a_template_leaves_its_batch_alone(engine: Engine) -> None:
    bad, good = engine.run([("a", glaring()), ("b", photo(1))])
    assert (bad.faces[0].reason, bad.faces[0].template, bad.reason) == ("poison", None, "poison")
    assert good.faces[0].template is not None


def test_a_photo_with_many_faces_keeps_them_all(engine: Engine) -> None:
    results = list(engine.run([("a", photo(1)), ("crowd", photo(2, rows=5000)), ("b", photo(3))]))
    assert [len(result.usable) for result in results] == [1, 50, 1]


def test_faceless_photos_are_handed_on_without_waiting_for_faces(engine: Engine) -> None:
    run = engine.run((str(number), photo(number, rows=50)) for number in range(500))
    assert next(run).reason == "no_face"


def test_nothing_is_handed_out_after_the_check_between_batches_says_no(engine: Engine) -> None:
    checks = iter([None, None, Refused("moratorium", "A moratorium has begun.")])

    def check() -> None:
        if ruling := next(checks):
            raise ruling

    done: list[str] = []
    with pytest.raises(Refused):
        done.extend(result.key for result in engine.run(many(100), between_batches=check))
    assert done == [str(number) for number in range(8)]


def test_photos_are_fetched_only_as_they_are_needed(engine: Engine) -> None:
    fetched = []

    def numbered() -> Iterator[tuple[str, bytes]]:
        for key, data in many(400):
            fetched.append(key)
            yield key, data

    run = engine.run(numbered())
    next(run)
    assert len(fetched) < 100


def test_batches_are_full_wherever_photos_end() -> None:
    embeds = Embeds()
    rows = [200, 300, 100, 700, 0, 200]
    results = list(
        Engine(embeds, [Looks()], "test/1").run(
            (str(n), photo(n, rows=max(count, 50))) for n, count in enumerate(rows)
        )
    )
    assert embeds.sizes == [4, 4, 4, 3]
    assert [len(result.usable) for result in results] == [count // 100 for count in rows]


def test_two_runs_and_a_single_photo_go_on_at_the_same_time() -> None:
    engine = Engine(Embeds(), [Looks(), Looks()], "test/1", in_turn=True)
    one, other = engine.run(many(60)), engine.run(many(60))
    pairs = [(next(one).key, next(other).key) for _ in range(30)]
    assert engine.analyze(photo(1)).reason is None
    assert pairs == [(str(number), str(number)) for number in range(30)]
    assert len([*one, *other]) == 60


def test_an_abandoned_run_stops_its_threads(engine: Engine) -> None:
    run = engine.run(many(100))
    next(run)
    run.close()
    assert engine.analyze(photo(1)).reason is None
