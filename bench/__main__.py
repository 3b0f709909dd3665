"""`python -m bench [part …]` measures parts of the product, each in a process of its own; `make bench`, all.

Results are printed and kept in bench/results.json, a part beside the others.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"
PARTS = (
    *("policy", "gate", "stops", "simulation", "engine", "memory", "job", "search", "recall", "accuracy"),
    *("ledger", "fairness", "sweeps", "wire", "webhooks", "rest", "trail"),
)


def main() -> None:
    """Measure the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one of {', '.join(PARTS)}; all if none")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if unknown := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"There is no part {unknown[0]}.")
    if len(options.parts) == 1:
        _measure(options.parts[0], options.rounds)
        return
    for part in options.parts or PARTS:
        subprocess.run([sys.executable, "-m", "bench", part, f"--rounds={options.rounds}"], check=True)


def _measure(part: str, rounds: int) -> None:
    found = importlib.import_module(f"bench.{part}").measure(rounds)
    machine = {"processors": os.cpu_count(), "machine": platform.processor() or platform.machine()}
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results = {name: kept[name] for name in PARTS if name in kept} | {
        part: {"rounds": rounds, **machine, **found}
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


main()
