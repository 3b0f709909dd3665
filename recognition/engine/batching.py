"""How many chips are embedded at once: measured on the device when an engine starts, within its memory."""

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np

from recognition.engine.align import CHIP_SIDE
from recognition.engine.types import Pixels

# On processors one batch must not keep a stop or a single call waiting for long, and more brings nothing.
WORTH_ON_CPU = (16, 32, 64)
WORTH_ON_GPU = (32, 64, 128, 256, 512)
_TAILS = (1, 8)  # for single photos and the ends of runs
_GOOD_ENOUGH = 1.03  # of the least time a chip: the smaller batch wins, it waits less and holds less
_ROUNDS = 2
logger = logging.getLogger(__name__)


def sizes(
    forward: Callable[[Pixels], object], worth: Sequence[int], too_large: type[Exception]
) -> tuple[int, ...]:
    """Measure a net and return the batch sizes to use with it, the largest being the best.

    Few sizes, so that few programs are compiled and memory stays flat.

    Args:
        forward: Embeds chips of shape (N, 150, 150, 3).
        worth: Sizes to try, smallest first.
        too_large: What `forward` raises when a batch does not fit into the device's memory.
    """
    times: dict[int, float] = {}
    for size in worth:
        try:
            times[size] = _milliseconds_a_chip(forward, size)
        except too_large:
            logger.info("A batch of %d chips does not fit into the device's memory", size)
            break
    best = best_of(times) if times else 1
    measured = ", ".join(f"{size}: {taken:.2f}" for size, taken in times.items())
    logger.info("Faces are embedded in batches of %d (ms a face by size: %s)", best, measured)
    tails = (*_TAILS, *(size for size in times if 2 * size == best))
    for size in _TAILS:
        forward(_black(size))
    return (*(size for size in tails if size < best), best)


def best_of(times: dict[int, float]) -> int:
    """Return the smallest batch that takes hardly more a chip than the quickest."""
    bound = min(times.values()) * _GOOD_ENOUGH
    return min(size for size, taken in times.items() if taken <= bound)


def parts(count: int, sizes: Sequence[int]) -> list[int]:
    """Return how many chips go into each forward pass, so that little is filled up with black.

    Args:
        count: Chips to embed, 1 or more.
        sizes: What is compiled, ascending.
    """
    cut: list[int] = []
    while count > sizes[-1]:
        cut.append(sizes[-1])
        count -= sizes[-1]
    while count:
        above = next(size for size in sizes if size >= count)
        below = max((size for size in sizes if size <= count), default=above)
        taken = count if above - count <= above // 4 else below
        cut.append(taken)
        count -= taken
    return cut


def _milliseconds_a_chip(forward: Callable[[Pixels], object], size: int) -> float:
    chips = _black(size)
    forward(chips)  # compiles
    return min(_taken(forward, chips) for _ in range(_ROUNDS)) * 1000 / size


def _taken(forward: Callable[[Pixels], object], chips: Pixels) -> float:
    begun = time.perf_counter()
    forward(chips)
    return time.perf_counter() - begun


def _black(size: int) -> Pixels:
    return np.zeros((size, CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
