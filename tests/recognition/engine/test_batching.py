"""The size of a batch: measured, within the device's memory, and filled well."""

import numpy as np
import pytest

from recognition.engine import batching


def test_the_smallest_batch_that_is_hardly_slower_wins():
    assert batching.best_of({16: 5.4, 32: 5.02, 64: 5.0}) == 32


@pytest.mark.parametrize(
    ("count", "cut"),
    [
        (0, []),
        (1, [1]),
        (8, [8]),
        (7, [7]),
        (9, [8, 1]),
        (69, [64, 1, 1, 1, 1, 1]),
        (30, [30]),
        (130, [64, 64, 1, 1]),
    ],
)
def test_chips_are_cut_into_compiled_sizes_with_little_filled_up(count: int, cut: list[int]):
    assert batching.parts(count, (1, 8, 32, 64)) == cut


def test_every_chip_is_in_a_part():
    for count in range(1, 300):
        cut = batching.parts(count, (1, 8, 16, 32))
        assert sum(cut) == count


def test_a_batch_that_does_not_fit_into_memory_is_not_used():
    def forward(chips: np.ndarray) -> None:
        if len(chips) > 32:
            raise MemoryError

    assert max(batching.sizes(forward, (16, 32, 64, 128), MemoryError)) <= 32
