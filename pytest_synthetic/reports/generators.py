"""The programs that make a report out of Allure's results: Allure 3 (Node) and Allure 2 (Java)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import plain
from pytest_synthetic.errors import SyntheticError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_synthetic.reports.allure_results import Results

ALLURE_3 = "3.18.0"
DEADLINE = 600.0
"""Seconds: the first use of Allure 3 downloads 53 MB."""

HISTORY_LIMIT = 100
"""Builds that Allure 3 remembers: one line a build, with every test in it."""

_ENVIRON = {
    "NO_COLOR": "1",
    "ALLURE_NO_ANALYTICS": "true",  # Allure 2 takes this word and no other
    "npm_config_prefer_offline": "true",
    "npm_config_fetch_retries": "1",
    "npm_config_update_notifier": "false",
}


class ReportError(SyntheticError):
    """The HTML report could not be built. An earlier report is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a generator is given: all paths but `results` lie in `folder`, which is thrown away afterwards."""

    folder: Path
    results: Path
    told: Results
    history: Path

    @property
    def report(self) -> Path:
        """Where the report is to be written."""
        return self.folder / "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allure3:
    """Allure 3. `command` starts it; its history is one file of lines."""

    command: tuple[str, ...]
    words: str
    history = "allure-3.jsonl"
    needs_server = False

    def generate(self, job: Job) -> None:
        """Write the report. Raises ReportError."""
        config = job.folder / "allurerc.mjs"
        config.write_text(configuration(job.told, job.history), encoding="utf-8")
        # The results are "." of their own folder: Allure 3 takes a path for a pattern, and "[" for a part of one.
        where = ("--cwd", str(job.results), "--config", str(config), "--output", str(job.report))
        run([*self.command, "generate", ".", *where], cwd=job.folder)

    def remember(self, job: Job) -> None:
        """Nothing: Allure 3 has written to `job.history` itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allure2:
    """Allure 2. Its history is a folder that it writes into the report, and reads beside the results."""

    command: tuple[str, ...]
    words: str
    history = "allure-2"
    needs_server = True  # its single file would leave the history out

    def generate(self, job: Job) -> None:
        """Write the report. Raises ReportError."""
        before = job.folder / "before"
        before.mkdir()
        if job.history.is_dir():
            shutil.copytree(job.history, before / "history")
        run([*self.command, "generate", str(job.results), str(before), "-o", str(job.report)], cwd=job.folder)

    def remember(self, job: Job) -> None:
        """Keep the history that the report holds."""
        shutil.rmtree(job.history, ignore_errors=True)
        if (job.report / "history").is_dir():
            shutil.copytree(job.report / "history", job.history)


def found() -> Iterator[Allure3 | Allure2]:
    """The generators of this machine, the best first."""
    if (npx := shutil.which("npx")) and shutil.which("node"):
        words = f"Allure {ALLURE_3}, through npx (its first use downloads 53 MB)"
        yield Allure3(command=(npx, "--yes", f"allure@{ALLURE_3}"), words=words)
    if allure := shutil.which("allure"):
        version = _version(allure)
        if version.startswith("3."):
            yield Allure3(command=(allure,), words=f"Allure {version}, {allure}")
        elif version.startswith("2.") and shutil.which("java"):
            yield Allure2(command=(allure,), words=f"Allure {version}, {allure}")


def _version(allure: str) -> str:
    with contextlib.suppress(ReportError):
        said = re.search(r"\b\d+\.\d+\.\d+", run([allure, "--version"], cwd=None, deadline=60))
        return said[0] if said else ""
    return ""


# -- the configuration of Allure 3 -------------------------------------------------------------------------------


def configuration(told: Results, history: Path) -> str:
    """The text of an allurerc.mjs. It imports nothing: `allure` is not installed where it lies."""
    name = f"{told.products[0]}: customer journeys" if len(told.products) == 1 else "Customer journeys"
    group_by = ["feature"] if len(told.products) < 2 else ["epic", "feature"]
    settings = {
        "name": name,
        "historyPath": str(history),
        "historyLimit": HISTORY_LIMIT,
        "categories": list(told.categories),
        "hideLabels": ["thread", "language", "framework"],
        # One file: a report of several cannot be opened from a disk, browsers refuse its requests there.
        "plugins": {"awesome": {"options": {"groupBy": group_by, "singleFile": True}}},
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in settings.items()]
    regions = [f"    {json.dumps(_id(region))}: {_environment(region)}," for region in told.regions]
    return "\n".join(["export default {", *lines, '  "environments": {', *regions, "  },", "};", ""])


def _environment(region: str) -> str:
    """A region as an environment of Allure's: its name may hold no slash and 64 characters at most."""
    name = re.sub(r"[/\\]", "-", plain(region)).strip(" .")[:64].strip() or "region"
    shown = name if name == region else f"{name[:56].strip()} {_short(region)}"
    test = f'label.name === "region" && label.value === {json.dumps(region)}'
    return f"{{ name: {json.dumps(shown)}, matcher: ({{ labels }}) => labels.some((label) => {test}) }}"


def _id(region: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", region) and region != "default":
        return region
    return f"region-{_short(region)}"


def _short(region: str) -> str:
    return hashlib.sha256(region.encode("utf-8", "surrogatepass")).hexdigest()[:7]


# -- processes ---------------------------------------------------------------------------------------------------


def run(command: Sequence[str], *, cwd: Path | None, deadline: float = DEADLINE) -> str:
    """What a program said. It is asked nothing, and ended with all its children after `deadline` seconds.

    Raises ReportError, with the last of its words, when it fails, cannot be started or takes too long.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  programs found on the PATH, arguments of ours
            command, cwd=cwd, env=_environ(os.environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise ReportError(f"{command[0]} could not be started: {error.strerror or error}") from error
    try:
        said, _ = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        _end(process)
        raise ReportError(f"{_shown(command)} was stopped: it took longer than {deadline:.0f} s") from None
    except BaseException:  # Ctrl-C reaches a session of its own only through us
        _end(process)
        raise
    if process.returncode:
        raise ReportError(f"{_shown(command)} failed (exit code {process.returncode}):\n{_last(said)}")
    return said


def _environ(given: Mapping[str, str]) -> dict[str, str]:
    return {**_ENVIRON, **given, "ALLURE_NO_ANALYTICS": "true"}


def _end(process: subprocess.Popen[Any]) -> None:
    """End a program and its children: npx starts node, which would hold the pipe open."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


def _shown(command: Sequence[str]) -> str:
    return " ".join([os.path.basename(command[0]), *command[1:4], "..."])  # noqa: PTH119  a word of a command line


def _last(said: str, lines: int = 8) -> str:
    """The last words of a program, without npm's own chatter."""
    told = [line.rstrip() for line in plain(said).splitlines() if line.strip()]
    telling = [line for line in told if not re.match(r"npm (warn|notice|WARN)\b", line)]
    return "\n".join(f"  {line[:300]}" for line in (telling or told)[-lines:]) or "  (it said nothing)"
