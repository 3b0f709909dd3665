"""The client's example as a program of its own, with the real engine: people are found, police refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from portal.env import ROOT
from tests.support.accounts import Account

CLIENT = ROOT / "clients" / "python"
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def folders(photos: dict[str, list[bytes]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders: some photos of each person in a folder of their name, and another photo of each."""
    known, unknown = (tmp_path_factory.mktemp(name) for name in ("known", "unknown"))
    for person, (probe, *enrolled) in photos.items():
        (known / person).mkdir()
        for number, data in enumerate(enrolled):
            (known / person / f"{number}.jpg").write_bytes(data)
        (unknown / f"{person}.jpg").write_bytes(probe)
    return known, unknown


def run(account: Account, *folders: Path) -> subprocess.CompletedProcess[str]:
    printed = account.printed
    command = [sys.executable, CLIENT / "examples" / "batch.py", printed["base_url"], printed["api_key"]]
    return subprocess.run(
        [*command, *map(str, folders)],
        env={"PYTHONPATH": str(CLIENT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_example_finds_who_was_enrolled(engine, account, folders, photos):
    done = run(account, *folders)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert f"'done': {sum(len(own) - 1 for own in photos.values())}" in lines[0]
    for person in photos:
        at = lines.index(f"{person}.jpg done 1 face(s)")
        assert lines[at + 1].startswith(f"  candidate {person} ")


def test_the_example_ends_with_the_rule_where_it_is_refused(address, barred, folders):
    done = run(barred, *folders)
    assert done.returncode == 1
    assert "Refused by us-police-2020" in done.stderr
    assert "candidate" not in done.stdout
