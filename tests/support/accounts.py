"""Organizations and their keys as a script makes them, and programs that are led to this portal by them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

import urllib3

from portal.env import ROOT

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """What `manage.py provision` prints: keys of one organization for both interfaces."""

    printed: dict[str, str] = field(repr=False)

    @property
    def key_id(self) -> str:
        return self.printed["access_key_id"]

    @property
    def secret(self) -> str:
        return self.printed["secret_access_key"]

    @property
    def endpoint(self) -> str:
        """Where clients of Rekognition are led."""
        return f"{self.printed['base_url']}/rekognition"

    @property
    def environment(self) -> dict[str, str]:
        """What somebody who runs on AWS today changes: an address and keys."""
        return {
            "AWS_ENDPOINT_URL_REKOGNITION": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
        }


def answers(address: str) -> bool:
    """Tell whether an address answers well."""
    try:
        return bool(urllib3.request("GET", address, timeout=5, retries=False).status == 200)
    except urllib3.exceptions.HTTPError:
        return False


def provisioned(environment: dict[str, str], address: str, name: str, **changes: str) -> Account:
    """Make an organization and its keys as an operator's script does."""
    options = {
        "organization": name,
        "type": "child_protection_ngo",
        "moratorium_status": "not_covered",
        "purpose": "find_missing_child",
    } | changes
    words = [f"--{option.replace('_', '-')}={value}" for option, value in options.items()]
    done = subprocess.run(
        [sys.executable, "manage.py", "provision", *words, "--json"],
        cwd=ROOT,
        env=environment | {"BASE_URL": address, "COUNTENANCE_ALLOW_PROVISION": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Account(json.loads(done.stdout))
