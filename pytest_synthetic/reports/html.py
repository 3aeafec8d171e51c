"""The HTML report: built aside by Allure, sealed against the network, put into place only when it is whole."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError
from pytest_synthetic.reports import allure_results, generators, offline
from pytest_synthetic.reports.generators import Job, ReportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.reports.allure_results import Results

    Generator = generators.Allure3 | generators.Allure2

MARK = ".pytest-synthetic-report"
"""A file that says a folder is a report of ours, which the next one may replace."""

INSTALL = (
    "no program to build a report was found. Install Node.js 20 or newer (https://nodejs.org), whose `npx` fetches "
    "Allure 3; or Java 8 or newer and Allure 2 (https://allurereport.org/docs/v2/install), so that `allure` is on the "
    "PATH. The results themselves are whole, and can be taken to a machine that has one of them"
)


def build(results: Path, output: Path, *, history: Path, say: Callable[[str], None]) -> Path:
    """Build a report of the Allure results in `results` and return its first page.

    `output` is replaced as a whole; `history` is a folder that keeps what trends are made of from one build to the
    next. `say` hears which program is used. Raises UsageError for paths that cannot be used and ReportError for a
    build that failed; an earlier report and the history are then as they were.
    """
    results, output, history = (path.absolute() for path in (results, output, history))
    told = _read(results, output)
    failed: list[str] = []
    for generator in generators.found():
        say(f"Building the report with {generator.words}")
        try:
            page = _built(generator, results, output, history, told)
        except ReportError as error:
            failed.append(str(error))
        except OSError as error:
            raise ReportError(f"the report could not be written to {output}: {error}") from error
        else:
            if generator.needs_server:
                say(f"Browsers show this report through a server alone: allure open {output}")
            return page
    raise ReportError("\n".join(failed) if failed else INSTALL)


def _read(results: Path, output: Path) -> Results:
    """What the results hold. Raises UsageError when there are none, or when `output` holds something else."""
    told = allure_results.read(results)
    if told is None:
        raise UsageError(f"{results} holds no Allure results: write some first, with `pytest --alluredir {results}`")
    if output.exists() and not (output / MARK).is_file() and not (output.is_dir() and not any(output.iterdir())):
        raise UsageError(f"{output} is not a report of pytest-synthetic, and would be replaced: name another folder")
    return told


def _built(generator: Generator, results: Path, output: Path, history: Path, told: Results) -> Path:
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".synthetic-report-", dir=output.parent) as folder:
        job = Job(folder=Path(folder), results=results, told=told, history=Path(folder, generator.history))
        kept = history / generator.history
        _copy(kept, job.history)
        generator.generate(job)
        if not (job.report / "index.html").is_file():
            raise ReportError(f"{generator.words} said that it had built the report, and wrote none")
        offline.seal(job.report)
        (job.report / MARK).touch()
        generator.remember(job)
        history.mkdir(parents=True, exist_ok=True)
        _copy(job.history, history / f"{generator.history}.new")
        _replace(job.report, output, aside=job.folder / "replaced")
        _replace(history / f"{generator.history}.new", kept, aside=job.folder / "forgotten")
    return output / "index.html"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.is_file():
        shutil.copyfile(source, target)


def _replace(new: Path, old: Path, *, aside: Path) -> None:
    """Put `new` where `old` is, which is put back when that fails."""
    if not new.exists():
        return
    if old.exists():
        shutil.move(old, aside)
    try:
        new.replace(old)
    except OSError:
        if aside.exists():
            shutil.move(aside, old)
        raise
