"""The engine on press photos with known names: a regression check, since its scale was made on them too."""

import os
import random
from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest

from recognition.engine.pipeline import Engine
from recognition.engine.types import TEMPLATE_DIMENSIONS, Float32, ImageResult
from tests.recognition.engine.photos import PressPhoto, press_photos

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine"), pytest.mark.timeout(600)]

FULL = os.environ.get("PROOF") == "full"
PAIRS = 1_000 if FULL else 400
PAIRS_PER_PERSON = 10
FOLDS = 10
CENTER = (125, 125)

Pair = tuple[PressPhoto, PressPhoto, int]


def folds(photos: list[PressPhoto], chance: random.Random) -> list[dict[str, list[PressPhoto]]]:
    """Deal the people, with their photos, into ten groups."""
    people: dict[str, list[PressPhoto]] = defaultdict(list)
    for photo in photos:
        people[photo.subject].append(photo)
    names = sorted(people)
    chance.shuffle(names)
    return [{name: people[name] for name in names[fold::FOLDS]} for fold in range(FOLDS)]


def genuine(groups: list[dict[str, list[PressPhoto]]], chance: random.Random) -> list[Pair]:
    pairs = []
    for fold, group in enumerate(groups):
        for photos in group.values():
            own = list(combinations(photos, 2))
            pairs += [(*pair, fold) for pair in chance.sample(own, min(len(own), PAIRS_PER_PERSON))]
    return chance.sample(pairs, PAIRS)


def impostors(groups: list[dict[str, list[PressPhoto]]], chance: random.Random) -> list[Pair]:
    pairs = []
    for number in range(PAIRS):
        one, other = chance.sample(list(groups[number % FOLDS].values()), 2)
        pairs.append((chance.choice(one), chance.choice(other), number % FOLDS))
    return pairs


@pytest.fixture(scope="module")
def pairs() -> tuple[list[Pair], list[Pair]]:
    chance = random.Random(0)  # noqa: S311 - a repeatable draw, not a secret
    groups = folds(press_photos(), chance)
    return genuine(groups, chance), impostors(groups, chance)


@pytest.fixture(scope="module")
def results(engine: Engine, pairs: tuple[list[Pair], list[Pair]]) -> dict[str, ImageResult]:
    paired = [photo for side in pairs for one, other, _ in side for photo in (one, other)]
    chosen = press_photos() if FULL else paired
    needed = {photo.name: photo for photo in chosen}
    return {result.key: result for result in engine.run((name, needed[name].read) for name in sorted(needed))}


def central(result: ImageResult) -> Float32:
    """The template of the largest face over the photo's center; without one, a point like nobody's."""
    nobody = np.zeros(TEMPLATE_DIMENSIONS, np.float32)
    return next((face.template for face in result.usable if face.box.contains(*CENTER)), nobody)


def best_threshold(distances: Float32, same: np.ndarray) -> float:
    order = np.argsort(distances)
    right = np.cumsum(np.where(same[order], 1, -1))
    return float(distances[order][np.argmax(right)])


@pytest.mark.proof
def test_nearly_every_press_photo_has_a_face_over_its_center(results: dict[str, ImageResult]) -> None:
    covered = [any(face.box.contains(*CENTER) for face in result.faces) for result in results.values()]
    assert len(covered) > PAIRS
    assert np.mean(covered) >= 0.999


def test_pairs_of_press_photos_are_told_apart(
    pairs: tuple[list[Pair], list[Pair]], results: dict[str, ImageResult]
) -> None:
    everything = [*pairs[0], *pairs[1]]
    same = np.arange(len(everything)) < len(pairs[0])
    fold = np.array([pair[2] for pair in everything])
    sides = [[central(results[pair[side].name]) for pair in everything] for side in (0, 1)]
    distances = np.linalg.norm(np.array(sides[0]) - np.array(sides[1]), axis=1)
    rights = []
    for held_out in range(FOLDS):
        threshold = best_threshold(distances[fold != held_out], same[fold != held_out])
        rights.append(((distances <= threshold) == same)[fold == held_out].mean())
    assert np.mean(rights) >= 0.985
