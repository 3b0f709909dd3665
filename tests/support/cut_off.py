"""One POST whose process is killed after its work is committed and before its answer is kept.

`python -m tests.support.cut_off BEARER PATH BODY IDEMPOTENCY_KEY`, where the environment leads to a database.
"""

import os
import signal
import sys
from typing import Any

import django


def main(bearer: str, path: str, body: str, name: str) -> None:
    """Send the call, and die over it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.test import Client

    from portal.api import idempotency

    idempotency.finish = die
    headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": name}
    Client().post(path, body, content_type="application/json", headers=headers)


def die(*_: Any, **__: Any) -> None:
    """End as a process does whose machine loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)


main(*sys.argv[1:])
