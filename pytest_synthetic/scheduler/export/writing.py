"""All files of one export, and what to tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler.export.batches import MARK, batches
from pytest_synthetic.scheduler.export.timing import CannotKeep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_synthetic.model.plan import Plan
    from pytest_synthetic.scheduler.export.batches import File, Project

TARGETS = {
    "github": "github",
    "gitlab": "gitlab",
    "jenkins": "jenkins",
    "kubernetes": "kubernetes",
    "systemd": "systemd",
    "cron": "crontab",
}
"""What can be exported to, and the module that does it."""

_FOLDERS = {
    "github": (".github/workflows", "synthetic-*.yml"),
    "gitlab": (".", "synthetic*"),
    "jenkins": ("jenkins", "synthetic-*"),
    "kubernetes": ("kubernetes", "synthetic-*"),
    "systemd": ("systemd", "*"),
    "cron": ("cron", "*"),
}
"""Where the files of a target lie: an export looks there for files of an earlier one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export comes to. `moved` schedules run otherwise than marked, `refused` ones do not run."""

    files: tuple[File, ...]
    moved: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def export(target: str, project: Project, plans: Sequence[Plan]) -> Export:
    """Make the files of a target; nothing is written. Raises UsageError."""
    host: Any = import_module(f"pytest_synthetic.scheduler.export.{TARGETS[target]}")
    files: list[File] = []
    moved: list[str] = []
    refused: list[str] = []
    kept = []
    for batch in batches(plans, together=host.TOGETHER):
        try:
            made, told = host.files(project, batch)
        except CannotKeep as error:
            refused.append(f"{', '.join(batch.nodeids)}: {error}")
            continue
        kept.append(batch)
        files += made
        moved += [f"{', '.join(batch.nodeids)}: {told}"] if told else []
    return Export(
        files=(*files, *host.closing(project, kept)),
        moved=tuple(dict.fromkeys(moved)),
        refused=tuple(dict.fromkeys(refused)),
    )


def write(made: Export, folder: Path) -> None:
    """Write the files. Raises UsageError for a file of somebody else, before any is written, and for what fails."""
    for file in made.files:
        target = folder / file.path
        if target.exists() and not is_ours(target):
            raise UsageError(f"{target} is there, and no export wrote it: move it, or choose another --output")
    for file in made.files:
        target = folder / file.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.text, encoding="utf-8", newline="\n")
            target.chmod(0o755 if file.executable else 0o644)
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}") from None


def stale(target: str, made: Export, folder: Path) -> list[Path]:
    """Files of an earlier export that this one did not write again: the host still runs what they say."""
    where, pattern = _FOLDERS[target]
    written = {folder / file.path for file in made.files}
    return [path for path in sorted((folder / where).glob(pattern)) if path not in written and is_ours(path)]


def is_ours(path: Path) -> bool:
    """Whether an export wrote this file: its header says so."""
    try:
        with path.open(encoding="utf-8") as file:
            return any(MARK in line for line in (file.readline(), file.readline()))
    except (OSError, UnicodeDecodeError):
        return False
