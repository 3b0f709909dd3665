"""The AWS CLI, as somebody who runs on AWS today has it: an address and keys in the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import Account

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

AWS = Path(sys.executable).with_name("aws")


def aws(account: Account, operation: str, *words: str) -> Any:
    done = subprocess.run(
        [str(AWS), "rekognition", operation, *words, "--output", "json"],
        env=account.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_a_story_from_the_command_line(
    account: Account, engine: None, photos: dict[str, list[bytes]], tmp_path: Path
) -> None:
    for number, photo in enumerate(photos["Halle_Berry"][:2]):
        (tmp_path / f"{number}.jpg").write_bytes(photo)
    first, second = (f"fileb://{tmp_path / name}" for name in ("0.jpg", "1.jpg"))
    here = ("--collection-id", "from-the-shell")

    assert aws(account, "create-collection", *here)["StatusCode"] == 200
    [record] = aws(account, "index-faces", *here, "--image-bytes", first)["FaceRecords"]
    [match] = aws(account, "search-faces-by-image", *here, "--image-bytes", second)["FaceMatches"]
    assert match["Face"]["FaceId"] == record["Face"]["FaceId"]
    assert len(aws(account, "list-faces", *here)["Faces"]) == 1
    assert "from-the-shell" in aws(account, "list-collections")["CollectionIds"]
    assert aws(account, "delete-collection", *here)["StatusCode"] == 200
    assert "from-the-shell" not in aws(account, "list-collections")["CollectionIds"]
