"""Whose call a worker takes next: organizations in turn by weight, and nothing is left behind in Redis."""

import itertools
import random
from collections import Counter as Tally
from collections.abc import Iterator
from threading import Timer
from uuid import UUID

import pytest

from portal.common.ids import uuid7
from recognition import line
from recognition.line import A_CALL, Taken

NOW = 0.01  # seconds to wait for a call where none is in line
WORKER = "test:line"


@pytest.fixture(autouse=True)
def empty(settings) -> Iterator[None]:
    """Find and leave nobody in line: tests of one process share a Redis."""
    settings.CALLS_IN_LINE = 100
    _drain()
    yield
    _drain()


def _drain() -> None:
    for name in line._redis().scan_iter("countenance:*"):
        line._redis().delete(name)


def ask(owner: UUID, number: int = 1, weight: int = 1) -> list[UUID]:
    calls = [uuid7() for _ in range(number)]
    for call in calls:
        assert line.ask(call, b"sealed", organization=owner, weight=weight)
    return calls


def serve(seconds: float = A_CALL) -> Taken | None:
    """Take the next call and answer it as if it had taken so long."""
    taken = line.next_call(NOW, worker=WORKER)
    if taken:
        line.answer(taken, b"answer", worker=WORKER, seconds=seconds)
    return taken


def owners(number: int) -> list[UUID]:
    served = (serve() for _ in range(number))
    return [taken.organization for taken in served if taken]


def test_one_call_comes_next_however_many_another_organization_has_in_line():
    many, one = uuid7(), uuid7()
    ask(many, 50)
    owners(5)
    ask(one)
    assert one in owners(2)


def test_calls_of_one_organization_are_served_as_they_came():
    owner = uuid7()
    calls = ask(owner, 5)
    assert [serve().call for _ in calls] == calls


def test_a_weight_of_three_is_served_three_times_as_often():
    heavy, light = uuid7(), uuid7()
    ask(heavy, 60, weight=3)
    ask(light, 60)
    assert Tally(owners(40)) == {heavy: 30, light: 10}


def test_whose_calls_take_longer_is_served_less_often():
    slow, quick = uuid7(), uuid7()
    ask(slow, 60)
    ask(quick, 60)
    served = Tally()
    for _ in range(44):
        taken = line.next_call(NOW, worker=WORKER)
        served[taken.organization] += 1
        line.answer(taken, b"", worker=WORKER, seconds=1.0 if taken.organization == slow else 0.1)
    assert served[quick] / served[slow] == pytest.approx(10, rel=0.3)


def test_who_was_away_has_saved_nothing_up():
    busy, away = uuid7(), uuid7()
    ask(busy, 90)
    owners(50)
    ask(away, 40)
    assert Tally(owners(20))[away] == pytest.approx(10, abs=1)


def test_who_was_alone_does_not_pay_for_it():
    busy, late = uuid7(), uuid7()
    ask(busy, 50)
    owners(50)
    ask(late, 20)
    ask(busy, 20)
    assert Tally(owners(20))[busy] == pytest.approx(10, abs=1)


@pytest.mark.parametrize("seed", range(3))
def test_of_any_two_that_wait_neither_gets_ahead_by_more_than_a_call_each(seed):
    """The bound of start-time fair queueing, over random arrivals, weights and lengths of calls."""
    chance = random.Random(seed)  # noqa: S311 - repeats itself on purpose
    weights = {uuid7(): chance.choice((1, 2, 5)) for _ in range(4)}
    left, since, history = Tally(), dict.fromkeys(weights, 0), []
    for _ in range(150):
        if chance.random() < 0.25 or not +left:
            owner, number = chance.choice(list(weights)), chance.randint(1, 8)
            ask(owner, number, weights[owner])
            left[owner] += number
        seconds = chance.uniform(0.01, 1)
        taken = serve(seconds)
        history.append((taken.organization, seconds / weights[taken.organization]))
        left[taken.organization] -= 1
        since |= {owner: len(history) for owner in weights if not left[owner]}
        for one, other in itertools.combinations(+left, 2):
            both = history[max(since[one], since[other]) :]
            got = [sum(used for owner, used in both if owner == whose) for whose in (one, other)]
            assert abs(got[0] - got[1]) <= 1 / weights[one] + 1 / weights[other] + 1e-9


def test_a_call_is_taken_once_however_many_workers_there_are():
    (call,) = ask(uuid7())
    taken = [line.next_call(NOW, worker=f"test:{number}") for number in range(2)]
    assert (taken[0].call, taken[0].packed, taken[1]) == (call, b"sealed", None)


def test_a_line_that_is_full_takes_nobody_and_others_have_room(settings):
    settings.CALLS_IN_LINE = 3
    full = uuid7()
    ask(full, 3)
    assert not line.ask(uuid7(), b"sealed", organization=full)
    ask(uuid7(), 3)


def test_who_leaves_makes_room_and_is_not_served(settings):
    settings.CALLS_IN_LINE = 2
    owner = uuid7()
    first, second = ask(owner, 2)
    line.leave(first, organization=owner)
    (third,) = ask(owner)
    assert [serve().call, serve().call, serve()] == [second, third, None]


def test_the_places_of_calls_whose_process_died_are_given_to_others(settings):
    settings.CALLS_IN_LINE = 2
    owner = uuid7()
    for call in ask(owner, 2):
        line._redis().delete(line._photos_of(call))  # as when the time is over that a call waits
    (living,) = ask(owner)
    assert [serve().call, serve()] == [living, None]


def test_a_bell_that_was_lost_with_its_worker_costs_a_look_and_no_call():
    (call,) = ask(uuid7())
    line._redis().delete(line._BELL)
    assert serve().call == call


def test_a_worker_that_waits_is_woken_by_a_call():
    owner = uuid7()
    Timer(0.05, lambda: ask(owner)).start()
    assert line.next_call(20, worker=WORKER).organization == owner


def test_whoever_was_served_by_a_worker_that_died_is_told_at_once():
    (call,) = ask(uuid7())
    line.next_call(NOW, worker=WORKER)
    line.lost(WORKER)
    assert line.wait_for_answer(call, 20) == b""


def test_a_worker_that_died_after_its_answer_takes_nothing_back():
    (call,) = ask(uuid7())
    serve()
    line.lost(WORKER)
    answers = [line.wait_for_answer(call, NOW) for _ in range(2)]
    assert answers == [b"answer", None]


def test_whatever_stands_in_redis_ends_by_itself():
    ask(uuid7(), 3)
    serve()
    line.next_call(NOW, worker=WORKER)
    client = line._redis()
    names = list(client.scan_iter("countenance:*"))
    assert len(names) > 5
    assert [name for name in names if client.ttl(name) < 0] == []
