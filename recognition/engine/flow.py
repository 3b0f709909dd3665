"""How photos move through the engine: read ahead, worked on in threads, and who has the processors."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore, Condition
from typing import Generic, TypeVar

Source = bytes | Callable[[], bytes]
Out = TypeVar("Out")

# A store far away answers in tens of milliseconds: so many reads at once keep the processors fed from it.
# What was read waits in memory, where a photo may take 15 MB.
_READERS = 8


class Turnstile:
    """Lets many pieces of work pass side by side, or one alone."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._beside = 0  # who is inside with others
        self._alone = 0  # who is inside alone, or waits for it

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Work beside others; waits while somebody works alone or is about to."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._beside += 1
        try:
            yield
        finally:
            with self._changed:
                self._beside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work alone; whoever is inside leaves first, and nobody enters meanwhile."""
        with self._changed:
            self._alone += 1
            self._changed.wait_for(lambda: not self._beside)
            self._beside = 1
        try:
            yield
        finally:
            with self._changed:
                self._alone -= 1
                self._beside = 0
                self._changed.notify_all()


class Threads(Generic[Out]):
    """Reads photos in some threads and works on them in others; a bounded number of read ones waits."""

    def __init__(self, work: Callable[[str, Source], Out], threads: int) -> None:
        """Prepare the threads; they start with the first photo.

        Args:
            work: What is done with a photo. Its source may still raise what reading it raised.
            threads: How many photos are worked on at once.
        """
        self._work = work
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="faces")
        self._room = BoundedSemaphore(_READERS + threads)

    def begin(self, key: str, source: Source) -> Future[Out]:
        """Take a photo in; what becomes of it is handed out by the future. Photos begin in order."""
        done: Future[Out] = Future()
        if isinstance(source, bytes):
            self._workers.submit(self._fill, key, source, done)
        else:
            self._readers.submit(self._read, key, source, done)
        return done

    def _read(self, key: str, source: Callable[[], bytes], done: Future[Out]) -> None:
        if done.cancelled():
            return
        self._room.acquire()
        read: Future[bytes] = Future()
        try:
            read.set_result(source())
        except Exception as error:
            read.set_exception(error)
        worked = self._workers.submit(self._fill, key, read.result, done)
        worked.add_done_callback(lambda _: self._room.release())

    def _fill(self, key: str, source: Source, done: Future[Out]) -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(self._work(key, source))
        except BaseException as error:
            done.set_exception(error)
            raise
