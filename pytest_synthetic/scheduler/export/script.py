"""The shell that every host runs: install, pytest with its node ids, the heartbeat; and how texts are quoted."""

from __future__ import annotations

import json
import shlex
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_synthetic.scheduler.export.batches import Batch

GRACE = 30
"""Seconds between the SIGTERM of `timeout`, after which pytest cleans up, and its SIGKILL."""

CLOCK = "pytest_synthetic.scheduler.export.clock"
"""The module that says, as a program, whether it is quiet, and whether a start is due."""

HEARTBEAT = (
    "The heartbeat is optional: set HEARTBEAT_URL to an address of a service that expects to be called, such as "
    "https://hc-ping.com/KEY. It is called with /{name}-REGION when pytest has looked, whatever it found; the service "
    "tells you when no call comes. A schedule that nobody keeps cannot say so itself."
)


def run(batch: Batch, *, limit: int, out: str) -> list[str]:
    """Lines of sh that run the journeys in the region $REGION; pytest's exit code is then in $code.

    `limit` in seconds. `out` is the folder of the results, as the shell reads it between double quotes.
    """
    return [
        *_quiet(batch),
        "code=0",
        f"timeout --kill-after={GRACE}s {limit}s \\",
        "  pytest \\",
        *(f"  {quoted(nodeid)} \\" for nodeid in batch.nodeids),
        '  --synthetic-region "$REGION" \\',
        f'  --alluredir "{out}/allure-results" \\',
        f'  --synthetic-jsonl "{out}/runs.jsonl" \\',
        f'  --junitxml "{out}/junit.xml" \\',
        "  || code=$?",
    ]


def _quiet(batch: Batch) -> list[str]:
    """No host knows quiet hours: whether it is quiet is asked when a run begins."""
    if not batch.schedule.quiet:
        return []
    hours = " ".join(map(quoted, batch.schedule.quiet))
    return [
        f"if python -m {CLOCK} quiet {quoted(batch.schedule.timezone or 'UTC')} {hours}; then",
        '  echo "quiet hours: nothing is run"',
        "  exit 0",
        "fi",
    ]


def end(batch: Batch) -> list[str]:
    """Call the heartbeat when pytest could look, and end with its exit code: above 1 it saw nothing."""
    return [
        'if [ "$code" -le 1 ] && [ -n "${HEARTBEAT_URL:-}" ]; then',
        f'  curl -fsS -m 10 --retry 3 -o /dev/null "$HEARTBEAT_URL/{batch.name}-$REGION" ||',
        '    echo "the heartbeat was not sent" >&2',
        "fi",
        'exit "$code"',
    ]


def install(commands: Iterable[str], *, browser: bool) -> list[str]:
    """The commands that install the project, and a browser where one is driven."""
    return [*commands, *(["synthetic install-browser"] if browser else [])]


def report(out: str, state: str) -> str:
    """The command that makes the report; its trends stay in the `.synthetic` that is kept."""
    return f'synthetic report "{out}/allure-results" --output "{out}/report" --history "{state}/report-history"'


def quoted(text: str) -> str:
    """A text as sh reads it, which no host replaces a part of before: `${{` is a value for GitHub alone."""
    return shlex.quote(text).replace("${{", "$'\"\"'{{")


def yaml(text: str) -> str:
    """A text as a scalar of YAML: a string of JSON is one."""
    return json.dumps(text, ensure_ascii=False)


def comment(lines: Iterable[str], sign: str = "#") -> str:
    """Lines as a comment, wrapped so that they fit a window."""
    wrapped = [part for line in lines for part in (textwrap.wrap(line, 110, break_on_hyphens=False) or [""])]
    return "\n".join(f"{sign} {line}".rstrip() for line in wrapped) + "\n"


def indented(lines: Iterable[str], spaces: int) -> str:
    """Lines as a block of YAML or Groovy."""
    return "".join(f"{' ' * spaces}{line}\n" if line else "\n" for line in lines)
