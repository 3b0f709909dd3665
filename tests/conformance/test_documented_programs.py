"""The programs of `docs/programs.md`, cut out of the page and run as they stand, with the real engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.env import ROOT
from portal.webhooks import signing
from tests.conformance.conftest import LFW
from tests.conformance.test_javascript import program as javascript  # noqa: F401 - a fixture
from tests.support.accounts import Account, provisioned

PAGE = ROOT / "docs" / "programs.md"
CLIENT = ROOT / "clients" / "python"
BIN = Path(sys.executable).parent
_BLOCK = re.compile(
    r"^## (?P<section>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
BODY = b'{"type": "job.finished"}'
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
# Which test runs the programs of a section; nothing on the page may be left out.
RUN_HERE = {
    ("REST with curl", "sh"),
    ("Python", "python"),
    ("Rekognition: only the address changes", "ini"),
    ("boto3", "python"),
    ("AWS CLI", "sh"),
    ("AWS SDK for JavaScript", "js"),
    ("Webhooks", "python"),
    ("Independent tests of accuracy", "python"),
}


@dataclass(frozen=True)
class Program:
    """A program of the page."""

    section: str
    language: str
    text: str


def programs() -> list[Program]:
    """All of the page, in its order."""
    found, section = [], ""
    for block in _BLOCK.finditer(PAGE.read_text()):
        if block["section"]:
            section = block["section"]
        else:
            found.append(Program(section, block["language"], block["text"]))
    return found


def of(section: str) -> list[Program]:
    return [one for one in programs() if one.section == section]


@pytest.fixture
def folder(photos: dict[str, list[bytes]], tmp_path: Path) -> Path:
    """The folder that the programs run in: somebody's photo, and a probe of the same person."""
    (tmp_path / "people" / "anna").mkdir(parents=True)
    known, probe = photos["Halle_Berry"][:2]
    (tmp_path / "people" / "anna" / "1.jpg").write_bytes(known)
    (tmp_path / "probe.jpg").write_bytes(probe)
    return tmp_path


@pytest.fixture
def variables(account: Account) -> dict[str, str]:
    """What a reader has set before the first program."""
    return {
        **account.environment,
        "COUNTENANCE_URL": account.printed["base_url"],
        "COUNTENANCE_KEY": account.printed["api_key"],
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": str(CLIENT),
    }


def run(command: list[str], text: str, folder: Path, variables: dict[str, str]) -> str:
    """Run a program and return what it printed; it has to end well."""
    done = subprocess.run(
        command,
        input=text,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool, path=f"{BIN}:{os.environ['PATH']}") is None:
            pytest.skip(f"{tool} is not on this machine")


def test_no_program_of_the_page_is_left_out():
    assert {(one.section, one.language) for one in programs()} == RUN_HERE


def test_the_quick_start_with_curl_finds_who_was_enrolled(engine, folder, variables):
    need("curl", "jq", "bash")
    [program] = of("REST with curl")
    told = run(["bash", "-euo", "pipefail"], program.text, folder, variables)
    assert '"subject": "anna"' in told
    assert '"review": "unreviewed"' in told


def test_the_program_in_python_finds_who_was_enrolled(engine, folder, variables):
    [program] = of("Python")
    told = run([sys.executable, "-"], program.text, folder, variables)
    assert told.startswith("anna ")
    assert "not searched for: {}" in told


def test_the_variables_of_the_page_are_those_that_lead_the_clients(account):
    [program] = of("Rekognition: only the address changes")
    names = {line.partition("=")[0] for line in program.text.splitlines()}
    assert names <= set(account.environment)
    assert "/rekognition" in program.text


def test_the_programs_for_boto3_find_who_was_enrolled(engine, folder, variables):
    first, _ = of("boto3")
    told = run([sys.executable, "-"], first.text, folder, variables)
    assert "1 indexed, 0 named as not indexed" in told
    assert "anna 9" in told
    assert re.search(r"reason=\w+; asked=80 \w+ rul_\w+", told)


def test_the_program_for_refusals_prints_rule_and_decision(engine, folder, variables, barred):
    _, second = of("boto3")
    told = run([sys.executable, "-"], second.text, folder, variables | barred.environment)
    assert re.search(r"us-police-2020.* rul_\w+", told)


def test_the_commands_for_the_aws_cli_find_who_was_enrolled(engine, folder, variables):
    need("aws", "bash")
    [program] = of("AWS CLI")
    assert '"anna"' in run(["bash", "-euo", "pipefail"], program.text, folder, variables)


def test_the_program_in_javascript_finds_who_was_enrolled(engine, folder, variables, javascript):  # noqa: F811
    [program] = of("AWS SDK for JavaScript")
    beside_the_sdk = javascript.parent / "documented.mjs"
    beside_the_sdk.write_text(program.text)
    assert "anna" in run(["node", str(beside_the_sdk)], "", folder, variables)


def test_the_check_of_webhooks_takes_ours_and_no_others():
    [program] = of("Webhooks")
    names: dict[str, Any] = {}
    exec(program.text, names)  # noqa: S102 - our own page
    key, now = signing.new_secret(), int(time.time())

    def genuine(*, by: bytes = key, sent: int = now, body: bytes = BODY) -> bool:
        signed = signing.signature([by], message_id="msg_1", seconds=sent, body=BODY)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(sent), "webhook-signature": signed}
        return bool(names["is_genuine"](signing.shown(key), headers, body))

    assert genuine()
    assert not genuine(by=signing.new_secret())
    assert not genuine(sent=now - 301)
    assert not genuine(body=b"{}")


def test_the_program_for_independent_tests_gets_rates(engine, installation, address, folder, variables):
    tester = provisioned(
        installation, address, "Fairview University", type="research_academic", purpose="bias_audit"
    )
    pairs = press_pairs(26)
    (folder / "pairs.json").write_text(json.dumps(pairs))
    [program] = of("Independent tests of accuracy")
    key = {"COUNTENANCE_TEST_KEY": tester.printed["accuracy_key"]}
    told = run([sys.executable, "-"], program.text, folder, variables | key)
    assert re.search(r"^committed: [0-9a-f]{64}$", told, re.MULTILINE)
    assert "'trials': 26" in told.splitlines()[1]
    assert "'events': 0" in told.splitlines()[1], "strangers that look like one person at 80"


def press_pairs(number: int) -> list[dict[str, object]]:
    """Pairs of one person, and of two people, of so many people each; no photo stands in many pairs."""
    people = [sorted(one.iterdir()) for one in sorted(LFW.iterdir()) if len(list(one.iterdir())) > 1][:number]
    same = [{"same": True, "first": str(own[0]), "second": str(own[1])} for own in people]
    others = people[1:] + people[:1]
    different = [
        {"same": False, "first": str(one[0]), "second": str(two[1])}
        for one, two in zip(people, others, strict=True)
    ]
    return [{"pair": f"{place:03}"} | pair for place, pair in enumerate([*same, *different])]
