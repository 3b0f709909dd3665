"""The AWS SDK for JavaScript, which signs other headers than boto3 does."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from portal.env import ROOT
from tests.support.accounts import Account

pytestmark = [pytest.mark.engine, pytest.mark.timeout(420)]

JS = Path(__file__).parent / "js"
CACHE = ROOT / ".local" / "javascript"


@pytest.fixture(scope="module")
def program() -> Path:
    """The program with the SDK beside it, installed from the lock file once a lock file."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed; the AWS SDK for JavaScript did not run.")
    lock = (JS / "package-lock.json").read_bytes()
    home = CACHE / hashlib.sha256(lock).hexdigest()[:16]
    if not (home / "installed").is_file():
        _install(home)
    return Path(shutil.copy(JS / "smoke.mjs", home))


def _install(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(JS / name, home)
    words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(words, cwd=home, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        said = f"npm ci did not succeed: {done.stderr[-500:]}"
        if os.environ.get("E2E_REQUIRED") == "1":
            pytest.fail(said)
        pytest.skip(f"{said}; the AWS SDK for JavaScript did not run.")
    (home / "installed").touch()


def test_a_story_with_the_sdk_for_javascript(
    account: Account, engine: None, program: Path, photos: dict[str, list[bytes]], tmp_path: Path
) -> None:
    names = [tmp_path / f"{number}.jpg" for number in range(2)]
    for name, photo in zip(names, photos["Halle_Berry"], strict=False):
        name.write_bytes(photo)

    done = subprocess.run(
        ["node", str(program), *map(str, names)],
        env=account.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["status"], len(seen["indexed"])) == (200, 1)
    assert seen["found"] == seen["indexed"]
    assert seen["refused"] == "ResourceAlreadyExistsException"
