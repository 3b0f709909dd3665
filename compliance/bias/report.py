"""Error rates of declared groups side by side, none of a group so small that it speaks of single people.

What is left out must not follow from what is shown: were one small group withheld and all others shown beside
the whole, subtraction would give it. So what is withheld is withheld together, and where that is still too
few, the smallest group that could be shown is withheld too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compliance.bias.rates import Rate, Scored, error_rates

LEAST_OF_A_GROUP = 50  # compared pairs of a kind


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Error rates of one declared group at the chosen threshold.

    Attributes:
        group: As declared; empty for pairs without one.
        strangers: Pairs of two people that were compared.
        genuine: Pairs of one person that were compared.
        fmr: None where withheld, or where no such pair was compared.
        fnmr: Likewise.
        withheld: Which of `fmr` and `fnmr` are not shown because too few pairs stand behind them.
    """

    group: str
    strangers: int
    genuine: int
    fmr: Rate | None
    fnmr: Rate | None
    withheld: tuple[str, ...]


def by_group(
    pairs: Sequence[Scored], threshold: float, *, least: int = LEAST_OF_A_GROUP
) -> tuple[GroupRates, ...]:
    """Return the rates of every declared group, by name; nothing where no pair declares one.

    Args:
        pairs: All that were compared.
        threshold: Similarity, 0 to 100.
        least: Fewest pairs of a kind behind a rate that is shown.
    """
    groups: dict[str, list[Scored]] = defaultdict(list)
    for pair in pairs:
        groups[pair.group].append(pair)
    if not any(groups):
        return ()
    sizes = {name: (_number(rows, same=False), _number(rows, same=True)) for name, rows in groups.items()}
    hidden_fmr = withheld({name: size[0] for name, size in sizes.items()}, least)
    hidden_fnmr = withheld({name: size[1] for name, size in sizes.items()}, least)
    return tuple(
        _shown(name, rows, threshold, hide_fmr=name in hidden_fmr, hide_fnmr=name in hidden_fnmr)
        for name, rows in sorted(groups.items())
    )


def withheld(sizes: dict[str, int], least: int) -> frozenset[str]:
    """Return the groups that are not shown: those with too few pairs, and what would give them away.

    Args:
        sizes: Pairs of one kind, by group.
        least: Fewest pairs behind a rate that is shown, or behind all that are withheld together.
    """
    present = sorted((size, name) for name, size in sizes.items() if size)
    hidden = [entry for entry in present if entry[0] < least]
    shown = present[len(hidden) :]
    while hidden and shown and sum(size for size, _ in hidden) < least:
        hidden.append(shown.pop(0))
    return frozenset(name for _, name in hidden)


def _shown(
    name: str, pairs: Iterable[Scored], threshold: float, *, hide_fmr: bool, hide_fnmr: bool
) -> GroupRates:
    rows = list(pairs)
    found = error_rates(rows, threshold)
    hidden = [("fmr", hide_fmr), ("fnmr", hide_fnmr)]
    return GroupRates(
        group=name,
        strangers=_number(rows, same=False),
        genuine=_number(rows, same=True),
        fmr=None if hide_fmr else found.fmr,
        fnmr=None if hide_fnmr else found.fnmr,
        withheld=tuple(which for which, is_hidden in hidden if is_hidden),
    )


def _number(pairs: Iterable[Scored], *, same: bool) -> int:
    return sum(pair.same is same for pair in pairs)
