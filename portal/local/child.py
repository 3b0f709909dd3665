"""Become another program that ends when its supervisor does, even when that is killed.

Usage: python -m portal.local.child SUPERVISOR_PID PROGRAM [ARGUMENT…]
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(words: list[str]) -> None:
    """Ask the kernel for SIGTERM at the supervisor's death, then run the program in our place."""
    supervisor, *command = words
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):
        sys.exit("The supervisor is gone already.")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
