"""Independent tests: labels first, rates in the end, nothing kept, and no score of a pair for anybody."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from compliance.actions import revocations
from compliance.models import Grant
from compliance.policy.obligations import Obligations
from portal.audit.models import Event
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from portal.tenancy import secrets
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import accuracy as tests
from recognition import upkeep
from recognition.actions import accuracy, accuracy_pairs, rotations
from recognition.models import AccuracyPair, AccuracyTest
from tests.compliance.conftest import new_officer
from tests.support.calls import serving
from tests.support.jobs import NOBODY, photo
from tests.support.policy import moratorium
from tests.support.testers import VariedEngine, labels, new_tester, person, photos_of
from tests.support.world import new_side

BLACK = photo(NOBODY, "JPEG")


class Stopping(VariedEngine):
    """Something happens while it looks at photos."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens

    def run(self, images: Any, between_batches: Any = None) -> Iterator[Any]:
        yield from super().run(images, between_batches)
        self.happens()


@pytest.fixture
def tester(database):
    return new_tester()


@pytest.fixture
def engine(database):
    with serving(VariedEngine()):
        yield


def by(side) -> Actor:
    return Actor.for_key(side.key.key)


def begin(side, declared=None, **changes) -> AccuracyTest:
    values = {"labels": declared or labels(), "threshold": 60.0, "facts": {"probe_source": "data_set"}}
    return accuracy.begin(organization=side.organization, by=by(side), **values | changes)


def hand_in(side, test, pair: str, photos) -> accuracy_pairs.HandedIn:
    return accuracy_pairs.hand_in(test=test, pair=pair, photos=list(photos), by=by(side))


def hand_in_all(side, test, declared, **instead) -> AccuracyTest:
    """Hand every pair in; `instead` has photos of some by name."""
    for number, label in enumerate(declared):
        photos = instead.get(f"p{label.pair}") or photos_of(label, number)
        found = hand_in(side, test, label.pair, photos)
    return found.test


def event(verb, test) -> Event:
    return Event.objects.get(verb=verb, target=test.public_id)


def pairs(side) -> list[AccuracyPair]:
    with tenant_scope(side.organization):
        return list(AccuracyPair.objects.order_by("pk"))


def test_labels_are_in_the_trail_before_any_pair_is_scored(tester):
    declared = labels()
    test = begin(tester, declared)
    assert event("accuracy.begun", test).payload["labels_sha256"] == tests.commitment(declared)
    assert {pair.done_at for pair in pairs(tester)} == {None}


def test_the_commitment_is_one_that_a_tester_can_reckon():
    declared = [tests.Label("b", same=False), tests.Label("a", same=True, group="F")]
    # printf '[{"group":"F","pair":"a","same":true},{"group":"","pair":"b","same":false}]' | sha256sum
    reckoned = "3dc1509861b2eb20b6847ea265923b82223efe48545573c33e29532d8232d079"
    assert tests.commitment(declared) == reckoned


def test_what_a_photo_lacks_is_told_at_once_and_what_a_pair_scores_never(tester, engine):
    test, label = begin(tester), labels()[0]
    lacking = hand_in(tester, test, "0001", (photo(person(0), "JPEG"), BLACK))
    compared = hand_in(tester, test, label.pair, photos_of(label, 0))
    assert (lacking.reasons, compared.reasons) == ({"second": "no_face"}, {})
    assert set(vars(compared)) == {"pair", "reasons", "test"}


def test_a_test_ends_early_once_there_is_enough(tester, engine):
    declared = labels(same=40, different=40)
    test = begin(tester, declared)
    with pytest.raises(Conflict, match="too_few_scored"):
        accuracy.finish(test=test, by=by(tester))
    for number, label in enumerate(declared):
        if number < 27 or number >= 54:
            hand_in(tester, test, label.pair, photos_of(label, number))
    result = accuracy.finish(test=test, by=by(tester)).result
    assert (result["compared"], result["not_handed_in"]) == (53, 27)


def test_a_pair_is_scored_once(tester, engine):
    test, label = begin(tester), labels()[0]
    hand_in(tester, test, label.pair, photos_of(label, 0))
    with pytest.raises(Conflict, match="pair_done"):
        hand_in(tester, test, label.pair, photos_of(label, 1))


def test_while_a_test_is_open_a_score_lies_sealed(tester, engine):
    test, label = begin(tester), labels()[0]
    hand_in(tester, test, label.pair, photos_of(label, 0))
    [pair] = [one for one in pairs(tester) if one.done_at]
    assert bytes(pair.sealed[:4]) == b"CTE2"


def test_a_pair_nobody_declared_is_not_found(tester, engine):
    with pytest.raises(NotFound):
        hand_in(tester, begin(tester), "9999", photos_of(labels()[0], 0))


def test_without_an_engine_nothing_is_counted_and_the_pair_can_be_sent_again(tester):
    test, label = begin(tester), labels()[0]
    with pytest.raises(Unavailable, match="no_worker"):
        hand_in(tester, test, label.pair, photos_of(label, 0))
    assert {pair.done_at for pair in pairs(tester)} == {None}


def test_a_photo_that_cannot_be_read_is_named_and_uses_up_no_pair(tester):
    test = begin(tester)
    with pytest.raises(InvalidInput, match="image_format") as caught:
        hand_in(tester, test, "0000", (photo(person(1), "JPEG"), b"GIF89a no photo"))
    assert caught.value.detail["field"] == "second"
    assert {pair.done_at for pair in pairs(tester)} == {None}


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        (labels(24, 25), "too_few_pairs"),
        (labels(60, 9), "too_few_of_a_kind"),
        (labels(9, 60), "too_few_of_a_kind"),
        (labels() + labels(1, 0), "pair_twice"),
        (labels(2000, 1001), "too_many_pairs"),
        ([one for n in range(11) for one in labels(3, 3, group=f"g{n}")], "too_many_groups"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_labels_of_which_no_fair_rate_comes_are_not_taken(tester, declared, code):
    with pytest.raises(InvalidInput, match=code):
        begin(tester, declared)
    assert pairs(tester) == []


def test_a_key_of_another_kind_begins_no_test(database):
    with pytest.raises(Refused, match="permission"):
        begin(new_side("Harbor Light"))


def test_a_key_that_outlives_its_grant_is_refused_by_a_rule(tester):
    test = begin(tester)
    with tenant_scope(tester.organization):
        grant = Grant.objects.select_related("end_user", "determination").get()
    revocations.revoke_grant(grant=grant, reasons="Misused.", by=new_officer("Ada"))
    for step in (lambda: begin(tester), lambda: hand_in(tester, test, "0000", photos_of(labels()[0], 0))):
        with pytest.raises(Refused) as caught:
            step()
        assert caught.value.detail["decision"].startswith("rul_")


def test_the_day_has_limits_that_count_what_was_declared(tester, settings):
    settings.ACCURACY_TESTS_A_DAY, settings.ACCURACY_PAIRS_A_DAY = 3, 120
    begin(tester)
    begin(tester)
    with pytest.raises(Refused, match="quota_test_pairs"):
        begin(tester)
    settings.ACCURACY_TESTS_A_DAY = 2
    with pytest.raises(Refused, match="quota_tests"):
        begin(tester)
    assert len(pairs(tester)) == 100


def test_a_test_given_up_leaves_no_score_and_no_result(tester, engine):
    test, label = begin(tester), labels()[0]
    hand_in(tester, test, label.pair, photos_of(label, 0))
    withdrawn = accuracy.withdraw(test=test, by=by(tester))
    assert (withdrawn.status, withdrawn.result, pairs(tester)) == ("withdrawn", None, [])
    assert event("accuracy.withdrawn", test).payload == {"done": 1}
    with pytest.raises(Conflict, match="test_ended"):
        hand_in(tester, test, "0001", photos_of(label, 1))


def test_what_is_not_finished_in_time_is_destroyed(tester, engine):
    test, label = begin(tester), labels()[0]
    hand_in(tester, test, label.pair, photos_of(label, 0))
    with tenant_scope(tester.organization):
        AccuracyTest.objects.filter(pk=test.pk).update(expires_at=database_now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="test_ended"):  # by the clock, whether a sweep has come or not
        hand_in(tester, test, "0001", photos_of(label, 1))
    accuracy.sweep()
    assert pairs(tester) == []
    assert event("accuracy.expired", test).actor == "system:clock"


@pytest.mark.parametrize("lower", [0.0, 40.0])
def test_for_tests_every_threshold_may_be_tried_whatever_the_floor_of_the_grant(database, lower):
    floored = new_tester("Hillside College", conditions=Obligations(min_similarity=90.0))
    assert begin(floored, threshold=lower).threshold == lower


def test_a_moratorium_stops_a_test_between_two_pairs(fresh_database):
    tester = new_tester()
    with serving(VariedEngine()):
        test = begin(tester)
        hand_in(tester, test, "0000", photos_of(labels()[0], 0))
        moratorium("no-tests-today", scope='operation = ["accuracy_test"]')
        for step in (
            lambda: hand_in(tester, test, "0001", photos_of(labels()[1], 1)),
            lambda: accuracy.finish(test=test, by=by(tester)),
            lambda: begin(tester),
        ):
            with pytest.raises(Refused, match="no-tests-today") as caught:
                step()
            assert caught.value.detail["decision"].startswith("rul_")
    assert sum(pair.done_at is not None for pair in pairs(tester)) == 1


def test_a_moratorium_that_begins_while_the_engine_looks_lets_no_score_be_kept(fresh_database):
    tester = new_tester()
    stopping = Stopping(lambda: moratorium("no-tests-today", scope='operation = ["accuracy_test"]'))
    with serving(stopping):
        test = begin(tester)
        with pytest.raises((Refused, Unavailable), match=r"no-tests-today|rules_changed"):
            hand_in(tester, test, "0000", photos_of(labels()[0], 0))
    assert {pair.done_at for pair in pairs(tester)} == {None}


def test_a_score_is_sealed_anew_with_all_else_when_the_data_key_is_renewed(tester, engine):
    test, label = begin(tester), labels()[0]
    hand_in(tester, test, label.pair, photos_of(label, 0))
    rotations.start(organization=tester.organization, reason="routine", by=tester.actor)
    while upkeep.run():
        pass
    [pair] = [one for one in pairs(tester) if one.done_at]
    key = secrets.data_key(tester.organization)
    assert (key.version, key.older) == (2, ())
    assert tests.opened(pair, key).similarity > 80
