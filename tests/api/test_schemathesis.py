"""The API is called as its schema says, and as it does not; every answer is what the schema says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal.tenancy.roles import NAMED_KEY_PERMISSIONS
from tests.api.conftest import Program
from tests.conftest import run
from tests.support.jobs import work_off
from tests.support.testers import new_tester
from tests.support.web import serving

ANNA = (200, 30, 30)
FULL = os.environ.get("PROOF") == "full"
CASES = 5000 if FULL else 150  # at least
EXAMPLES = 20 if FULL else 1  # of an operation and phase, at most
PHASES = "examples,coverage,fuzzing,stateful" if FULL else "fuzzing,stateful"
NO_LIMITS = {f"REST_{kind}_PER_MINUTE": "1000000" for kind in ("READS", "WRITES", "UPLOADS")}
CONFIG = """
continue-on-failure = true

[checks.positive_data_acceptance]
# 422: well-formed ids, cursors and days that name nothing here; 412: a tag that is not the present one.
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422"]
"""
# Where ids of things that are there are sent, beside made-up ones.
IN_BODIES = {
    "gallery": "body.gallery",
    "image": "body.images[*]",
    "subject": "body.subject",
    "face": "body.faces[*]",
}


@pytest.fixture
def portal(database):
    with serving(dict(os.environ) | run.environment() | NO_LIMITS, processes=2, threads=2) as address:
        yield address


@pytest.fixture
def program(world) -> Program:
    every = [scope.value for scope in NAMED_KEY_PERMISSIONS]
    return Program(world.alice, world.alice.new_key(scopes=every).bearer)


@pytest.fixture
def ids(program) -> dict[str, list[str]]:
    """Ids of things that are there, by their place in addresses."""
    made = [things(program) for _ in range(2)]
    return {place: [one[place] for one in made] for place in made[0]}


def things(program: Program) -> dict[str, str]:
    """Make one of everything: somebody in a gallery who is found by a search, and their case."""
    gallery, image = program.gallery(), program.image(ANNA, "probe.jpg")
    program.post(
        "jobs/", {"kind": "enroll", "gallery": gallery, "images": [program.image(ANNA, "anna_1.jpg")]}
    )
    work_off()
    face = program.get(f"galleries/{gallery}/faces/").json()["items"][0]
    job = program.post("jobs/", {"kind": "search", "gallery": gallery, "images": [image]}).json()
    work_off()
    results = json.loads(b"".join(program.get(f"jobs/{job['id']}/results/").streaming_content))
    candidate = results["items"][0]["faces"][0]["candidates"][0]["id"]
    case = program.get("cases/").json()["items"][0]["id"]
    photo = program.post(f"cases/{case}/photos/", {"image": image}).json()
    named = {"gallery": gallery, "image": image, "job": job["id"], "ruling": job["ruling"]["id"]}
    of_a_face = {"face": face["id"], "subject": face["subject"], "candidate": candidate, "lead": candidate}
    own = program.get("standing/").json()["key"]["id"]
    return named | of_a_face | {"case": case, "photo": photo.get("id", image), "key": own}


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_every_answer_is_what_the_schema_says(program, ids, portal, tmp_path):
    done = calls(portal, program.bearer, ids, tmp_path)
    assert done.returncode == 0, done.stdout[-8000:]
    (cases,) = re.findall(r"([\d,]+) generated", done.stdout)
    assert int(cases.replace(",", "")) >= CASES


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_every_answer_to_a_tester_is_what_the_schema_says(database, portal, tmp_path):
    done = calls(portal, new_tester().key.bearer, {}, tmp_path, "--include-path-regex=accuracy")
    assert done.returncode == 0, done.stdout[-8000:]


def calls(
    portal: str, bearer: str, ids: dict[str, list[str]], folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """Let schemathesis call every operation; return what it says."""
    (folder / "schemathesis.toml").write_text(config(ids))
    options = (
        f"{portal}/api/v1/schema/",
        f"--header=Authorization: Bearer {bearer}",
        f"--phases={PHASES}",
        f"--max-examples={EXAMPLES}",
        "--workers=1",
        "--seed=1",
        "--generation-database=none",
        "--no-color",
        "--suppress-health-check=all",
        *more,
    )
    command = (Path(sys.executable).with_name("schemathesis"), "run", *options)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=3000, check=False)


def config(ids: dict[str, list[str]]) -> str:
    """Return the configuration, with ids that two of three calls use."""
    words = [CONFIG]
    words += [f"[dictionaries.{place}]\nvalues = {json.dumps(found)}\n" for place, found in ids.items()]
    places = {f"path.{place}": place for place in ids}
    places |= {word: place for place, word in IN_BODIES.items() if place in ids}
    words += [
        f'[parameters."{word}"]\ndictionary = "{place}"\nprobability = 0.67\n'
        for word, place in places.items()
    ]
    return "\n".join(words)
