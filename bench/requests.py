"""One request with the gate and without it, in turn; bench/gate.py runs this on a database of its own."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from typing import Any

import django

django.setup()

from bench.clock import Taken, medians, taken  # noqa: E402 - needs settings, as what follows
from compliance.actions import gate  # noqa: E402
from compliance.models import RulingRecord  # noqa: E402
from recognition import rulings  # noqa: E402
from tests.api.conftest import Program  # noqa: E402
from tests.support.jobs import work_off  # noqa: E402
from tests.support.world import new_side  # noqa: E402

WITH = "the request with the gate"
WITHOUT_GATE = "without the gate"
WITHOUT_ALL = "without the gate and what is counted for it"
ALONE = "the gate alone"


def main() -> None:
    """Measure, and print the medians as JSON."""
    program = Program(new_side("Harbor Light"))
    read = partial(_read, program, _released(program))
    alone = _asked(read)
    ruling = alone()
    turns: dict[str, Callable[[], Taken]] = {
        WITH: partial(taken, read),
        WITHOUT_GATE: partial(_without, gate, "rule", ruling, read),
        WITHOUT_ALL: partial(_without, rulings, "rule_for", ruling, read),
        ALONE: partial(taken, alone),
    }
    times: dict[str, list[Taken]] = {name: [] for name in turns}
    for number in range(int(sys.argv[1])):
        for name in islice(cycle(turns), number % len(turns), number % len(turns) + len(turns)):
            times[name].append(turns[name]())
    found = {name: medians(measured) for name, measured in times.items()}
    found |= {
        f"added, against {name}": medians(_differences(times, name)) for name in (WITHOUT_GATE, WITHOUT_ALL)
    }
    print(json.dumps(found))


def _released(program: Program) -> str:
    """Return a search whose results can be read."""
    gallery = program.gallery()
    for order in ({"kind": "enroll"}, {"kind": "search", "threshold": 80, "image_source": "case_file"}):
        answer = program.post("jobs/", order | {"gallery": gallery, "images": [program.image()]})
        assert answer.status_code == 201, answer.content
        work_off()
    return str(answer.json()["id"])


def _read(program: Program, job: str) -> None:
    answer = program.get(f"jobs/{job}/results/")
    assert answer.status_code == 200, answer.content


def _asked(read: Callable[[], None]) -> Callable[[], RulingRecord]:
    """Return what a read asks of the gate, to be asked alone."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    real = gate.rule

    def noting(*args: Any, **named: Any) -> RulingRecord:
        calls.append((args, named))
        return real(*args, **named)

    with _instead(gate, "rule", noting):
        read()
    [(args, named)] = calls
    return partial(real, *args, **named)


def _without(module: Any, name: str, ruling: RulingRecord, read: Callable[[], None]) -> Taken:
    with _instead(module, name, lambda *_, **__: ruling):
        return taken(read)


@contextmanager
def _instead(module: Any, name: str, stand_in: Callable[..., RulingRecord]) -> Iterator[None]:
    real = getattr(module, name)
    setattr(module, name, stand_in)
    try:
        yield
    finally:
        setattr(module, name, real)


def _differences(times: dict[str, list[Taken]], other: str) -> list[Taken]:
    """Return what the gate added, turn by turn: what slows the machine slows both alike."""
    pairs = zip(times[WITH], times[other], strict=True)
    return [Taken(one.wall - two.wall, one.cpu - two.cpu) for one, two in pairs]


main()
