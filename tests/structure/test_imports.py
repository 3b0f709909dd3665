"""What a web process may load: no engine, no net."""

import subprocess
import sys

from portal.env import ROOT

PROGRAM = """
import django, sys
django.setup()
import portal.urls, portal.wsgi
heavy = {"tensorflow", "deepface", "tf_keras", "cv2", "recognition.tasks", "recognition.runner"}
print(*sorted(heavy & set(sys.modules)))
"""


COLLECTED = """
import portal.wsgi
import gc
print(gc.get_freeze_count() > len(gc.get_objects()))
"""


def printed(program: str) -> str:
    """Return what a program prints that no service answers."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "portal.settings", "PATH": "/usr/bin", "HOME": "/nonexistent"}
        | {"DATABASE_URL": "postgres://nobody@localhost:1/none", "REDIS_URL": "redis://localhost:1/0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_the_web_process_loads_no_engine():
    assert printed(PROGRAM) == ""


def test_the_collector_leaves_alone_what_a_web_process_has_loaded():
    assert printed(COLLECTED) == "True"
