"""What a command and all its descendants cost.

Processes that outlive their parent (a browser's helpers) are not in its resource usage. So the command runs under this
file as a program of its own, which asks Linux to become the parent of such orphans, waits for all, and adds them up.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COUNTED = "CPU is user + system time of pytest and all its descendants (browser and driver too), orphans included"
LIMIT = 120.0
"""Seconds after which a command is taken to hang."""
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """`cpu` in seconds over `processes` processes; `peak` is the largest resident memory of one of them, in bytes."""

    cpu: float
    peak: int
    processes: int


class CommandFailed(Exception):
    """A measured command did not end well: its figures would be of something else."""


def spent(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], limit: float = LIMIT) -> Spent:
    """Run `command` to its end, for `limit` seconds at most, and say what it cost.

    Raises CommandFailed with what it printed.
    """
    meter = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, *command],
        cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        told, printed = meter.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(meter.pid, signal.SIGKILL)
        raise CommandFailed(f"{' '.join(command)} did not end within {limit:.0f} s") from None
    if meter.returncode:
        raise CommandFailed(f"{' '.join(command)} ended with {meter.returncode}:\n{printed}")
    return Spent(**json.loads(told))


def main(command: Sequence[str]) -> int:
    """Run `command`, its output on our stderr; print what it cost, as JSON; return its exit status."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("this kernel cannot give us the orphans: Linux 3.4 or newer is needed")
    first = subprocess.Popen(command, stdout=sys.stderr).pid
    cpu, peak, processes, code = 0.0, 0, 0, 1
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss * 1024)
        processes += 1
        if pid == first:
            code = os.waitstatus_to_exitcode(status)
    print(json.dumps({"cpu": cpu, "peak": peak, "processes": processes}))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
