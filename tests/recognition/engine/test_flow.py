"""Reading ahead within bounds, and taking turns on the processors."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from recognition.engine.flow import Threads, Turnstile


def shout(key: str, source) -> str:
    return (source if isinstance(source, bytes) else source()).decode().upper() + key


def test_a_photo_given_as_bytes_or_as_a_function_is_worked_on_alike():
    threads = Threads(shout, 2)
    assert [threads.begin("!", b"a").result(5), threads.begin("!", lambda: b"a").result(5)] == ["A!", "A!"]


def test_what_reading_raised_is_told_to_whoever_works_on_the_photo():
    def gone() -> bytes:
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError):
        Threads(shout, 1).begin("", gone).result(5)


def test_photos_are_not_read_without_bound_while_the_workers_are_busy():
    busy, read = threading.Event(), []
    threads = Threads(lambda key, source: busy.wait(10) and source(), 1)
    futures = [threads.begin(str(n), lambda n=n: read.append(n) or b"") for n in range(100)]
    while len(read) < 9:
        threading.Event().wait(0.01)
    assert len(read) == 9  # eight that wait, and the one in work
    busy.set()
    assert [future.result(10) for future in futures] == [b""] * 100


def test_a_photo_whose_run_was_abandoned_is_not_looked_at():
    looked, busy = [], threading.Event()
    threads = Threads(lambda key, _: busy.wait(10) and looked.append(key), 1)
    first, second = threads.begin("first", b""), threads.begin("second", b"")
    second.cancel()
    busy.set()
    threads.begin("third", b"").result(10)
    assert (first.done(), looked) == (True, ["first", "third"])


def test_whoever_works_alone_has_nobody_beside():
    turns, inside, most = Turnstile(), [], []

    def small(_: int) -> None:
        with turns.beside():
            inside.append(1)
            inside.pop()

    def large(_: int) -> None:
        with turns.alone():
            most.append(len(inside))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: large(n) if n % 5 == 0 else small(n), range(2000)))
    assert (max(most), len(most)) == (0, 400)
