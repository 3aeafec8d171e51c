"""What runs on a machine of one's own, or in a container: one script for each schedule and region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import script
from pytest_synthetic.scheduler.export.batches import File

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.scheduler.export.batches import Batch, Project

BUSY = 75
"""Exit code of a start that found the run before still going on: EX_TEMPFAIL."""
NOT_DUE = 78
"""Exit code of a start at a time that the schedule does not name: EX_CONFIG."""


def lines(project: Project, batch: Batch, limit: int) -> list[str]:
    """Run, report, heartbeat. The newest results stay in `.synthetic/out`, the history beside them."""
    out = f"{project.state}/out/{batch.name}"
    return [
        f'out="{out}"',
        'rm -rf "$out/allure-results" "$out/runs.jsonl"',
        *script.run(batch, limit=limit, out="$out"),
        f"{script.report('$out', project.state)} >/dev/null ||",
        '  echo "no report was made; the results are in $out" >&2',
        *script.end(batch),
    ]


def run_script(project: Project, batch: Batch, *, head: str, limit: int, checks: Sequence[str] = ()) -> str:
    """A script that lies in a folder of the project, and can be started from anywhere, by hand too."""
    name = f"{project.name}.env"
    return "#!/bin/sh\n" + head + "\n".join([
        "set -u",
        "umask 077",
        f"REGION={script.quoted(batch.regions[0])}",
        'cd "$(dirname "$0")/.." || exit 1',
        *([f"cd {script.quoted(project.folder)} || exit 1"] if project.folder != "." else []),
        "",
        "# The variables of the secrets, as NAME='value', a line each.",
        f'secrets="${{HOME:-/}}/.config/synthetic/{name}"',
        'if [ -r "$secrets" ]; then',
        "  set -a",
        "  # shellcheck source=/dev/null",
        '  . "$secrets"',
        "  set +a",
        "fi",
        *_environment(project),
        "",
        "# The history stays where systemd keeps the state of a service, if it starts this.",
        f'if [ -n "${{STATE_DIRECTORY:-}}" ] && [ ! -e {project.state} ]; then',
        f'  ln -s "$STATE_DIRECTORY" {project.state}',
        "fi",
        f"mkdir -p {project.state} || exit 1",
        *checks,
        "",
        "# No run begins while the one before goes on. What a run starts does not hold the lock.",
        f'exec 9>"{project.state}/{batch.name}.lock"',
        "if ! flock --nonblock 9; then",
        '  echo "not started: the run before still goes on" >&2',
        f"  exit {BUSY}",
        "fi",
        "",
        *_unlocked(lines(project, batch, limit)),
        "",
    ])  # fmt: skip


def _environment(project: Project) -> list[str]:
    up = "/".join(".." for part in project.folder.split("/") if part != ".")
    venv = f"{up}/.venv" if up else ".venv"
    return [
        f"if [ -r {venv}/bin/activate ]; then",
        "  # shellcheck source=/dev/null",
        f"  . {venv}/bin/activate",
        "fi",
    ]


def _unlocked(told: list[str]) -> list[str]:
    return [line.replace("  || code=$?", "  9>&- || code=$?") for line in told]


def install_script(project: Project, batches: Sequence[Batch], head: str) -> File:
    """A script that sets up the environment beside the folder of the scripts."""
    commands = script.install(project.install, browser=any(batch.browser for batch in batches))
    folder = [f"cd {script.quoted(project.folder)}"] if project.folder != "." else []
    text = "\n".join([
        "set -eu",
        'cd "$(dirname "$0")/.."',
        "python3 -m venv .venv",
        "# shellcheck source=/dev/null",
        ". .venv/bin/activate",
        *folder,
        "# Put here what installs your project.",
        *commands,
        "",
    ])  # fmt: skip
    return File(path="install.sh", text="#!/bin/sh\n" + head + text, executable=True)
