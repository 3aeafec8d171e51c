"""`python -m pytest_synthetic.scheduler.bound PARENT ARGUMENT...`: pytest, as long as the process that asked lives.

A file that never ends being imported would else stay behind when a watcher is killed (Linux).
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def bind(parent: int) -> None:
    """Die with the thread of `parent` that started this process."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before
            os._exit(1)


if __name__ == "__main__":
    bind(int(sys.argv.pop(1)))
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)
