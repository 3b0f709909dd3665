"""What a test comes to, from labels and scores alone: the arithmetic, and what keeps single pairs hidden."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recognition.accuracy import Score
from recognition.accuracy_report import report
from recognition.models import AccuracyPair, AccuracyTest
from recognition.sketches import BYTES

DONE = datetime(2026, 1, 1, tzinfo=UTC)
_photos = itertools.count(1)


def new_photo() -> bytes:
    """The sketch of a photo like no other."""
    return np.random.default_rng(next(_photos)).bytes(BYTES)


def scored(same: bool, similarity: float, group: str = "", photos: Any = None, **about: Any):
    pair = AccuracyPair(name=f"{next(_photos)}", same=same, group=group, done_at=DONE, **about)
    return pair, Score(similarity, photos or (new_photo(), new_photo()))


def many(number: int, same: bool, similarity: float, group: str = "") -> list[Any]:
    return [scored(same, similarity, group) for _ in range(number)]


def result_of(*rows: Any, threshold: float = 80.0, least: float = 0.0) -> dict[str, Any]:
    test = AccuracyTest(threshold=threshold, least_threshold=least)
    return report(test, [pair for pair, _ in rows], [score for _, score in rows]).result


def test_errors_are_counted_on_both_sides():
    result = result_of(*many(28, True, 95), *many(2, True, 60), *many(39, False, 5), *many(1, False, 85))
    assert (result["fmr"]["events"], result["fmr"]["trials"]) == (1, 40)
    assert (result["fnmr"]["events"], result["fnmr"]["trials"]) == (2, 30)
    assert result["fmr"]["low"] < 1 / 40 < result["fmr"]["high"]


def test_the_table_runs_over_a_fixed_grid_from_the_floor_up():
    rows = [*many(30, True, 95), *many(30, False, 5)]
    table = result_of(*rows, threshold=91.0, least=91.0)["thresholds"]
    assert [row["threshold"] for row in table] == [92, 95, 97, 99]
    assert table[2]["fnmr"]["events"] == 30


def test_of_fewer_than_fifty_pairs_no_rate_is_told():
    result = result_of(*many(25, True, 95), *many(24, False, 5))
    assert (result["is_enough"], result["compared"]) == (False, 49)
    assert (result["fmr"], result["fnmr"], result["thresholds"], result["groups"]) == (None, None, [], [])


def test_of_fewer_than_ten_pairs_of_a_kind_no_rate_is_told():
    assert result_of(*many(60, True, 95), *many(9, False, 5))["is_enough"] is False


def test_one_pair_saved_anew_again_and_again_is_one_pair():
    photos = (new_photo(), new_photo())
    copies = [scored(True, 77.7, photos=photos[:: 1 if n % 2 else -1]) for n in range(60)]
    result = result_of(*copies, *many(30, False, 5))
    assert (result["compared"], result["is_enough"]) == (31, False)
    assert {one["reason"] for one in result["left_out"]} == {"repeated_pair"}
    assert result["fnmr"] is None


def test_two_copies_of_one_photo_are_no_pair():
    photo = new_photo()
    result = result_of(*many(30, True, 95), *many(30, False, 5), scored(True, 99.5, photos=(photo, photo)))
    assert [one["reason"] for one in result["left_out"]] == ["one_photo"]
    assert result["same"] == 30


def test_one_photo_beside_very_many_is_a_search_and_is_cut_off():
    probe = new_photo()
    searched = [scored(False, 5, photos=(probe, new_photo())) for _ in range(100)]
    result = result_of(*searched, *many(50, True, 95))
    assert (result["different"], len(result["left_out"])) == (10, 90)
    assert {one["reason"] for one in result["left_out"]} == {"photo_too_often"}


def test_photos_without_a_face_are_named_and_are_in_no_rate():
    reasons = {"first_reason": "no_face", "second_reason": "low_quality"}
    lost = AccuracyPair(name="lost", same=True, done_at=DONE, **reasons)
    result = result_of(*many(30, True, 95), *many(30, False, 5), (lost, None))
    assert [(one["photo"], one["reason"]) for one in result["failures"]] == [
        ("first", "no_face"),
        ("second", "low_quality"),
    ]
    assert (result["failure_to_enroll"]["events"], result["failure_to_enroll"]["trials"]) == (2, 122)
    assert result["fnmr"]["trials"] == 30


def test_pairs_that_were_not_handed_in_are_counted():
    waiting = [(AccuracyPair(name=f"w{n}", same=True), None) for n in range(3)]
    assert result_of(*many(30, True, 95), *many(30, False, 5), *waiting)["not_handed_in"] == 3


def test_groups_stand_side_by_side_and_small_ones_without_a_rate():
    women = [*many(60, True, 95, "F"), *many(60, False, 5, "F")]
    men = [*many(60, True, 95, "M"), *many(9, False, 5, "M")]
    first, second = result_of(*women, *men)["groups"]
    assert (first["group"], first["fnmr"]["trials"], first["withheld"]) == ("F", 60, ["fmr"])
    assert (second["different"], second["fmr"], second["withheld"]) == (9, None, ["fmr"])


def test_no_score_of_a_pair_stands_in_a_result():
    result = result_of(*many(29, True, 95), scored(True, 77.123), *many(30, False, 5.4321))
    assert "77.1" not in str(result)
    assert "5.43" not in str(result)
