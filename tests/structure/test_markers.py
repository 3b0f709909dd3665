"""No file holds what a merge left undone."""

import subprocess

from portal.env import ROOT


def test_no_file_holds_the_marks_of_an_unfinished_merge():
    command = ["git", "grep", "-nE", "^(<{7}|>{7}) "]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode in {1, 128}, found.stdout  # 128: not a checkout of git
