"""Which journeys there are: pytest is asked, in a process of its own, and what it finds becomes plans."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config import contradictions, redactor
from pytest_synthetic.core.plaintext import plain
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model import wire
from pytest_synthetic.model.plan import Catalogue, Plan
from pytest_synthetic.model.region import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.plan import Unreadable

TIME_LIMIT = 120.0
"""Seconds that pytest may take to collect: a module that waits for something as it is imported never ends."""
LINES = 20
"""Of what pytest said that an error tells."""
_TAIL = 65_536


def collect(
    root: Path,
    arguments: Sequence[str] = (),
    config: Path | None = None,
    *,
    settings: Settings,
    time_limit: float = TIME_LIMIT,
) -> Catalogue:
    """The journeys that `pytest ARGUMENTS` in the folder `root` would find; `config` is the settings file to read.

    `settings` say what is secret in what pytest says.
    Raises UsageError with pytest's own words when it cannot tell, and when there is neither a journey nor a file that
    cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="synthetic-") as folder:
        file, log = Path(folder, "catalogue.json"), Path(folder, "said.txt")
        where = [f"--synthetic-config={config.absolute()}"] if config else []
        asked = ["--collect-only", "-q", "--color=no", f"--synthetic-catalogue={file}", *where, *arguments]
        ended = _pytest(root, asked, log, time_limit)
        if not file.is_file():
            said = _said(log, settings, root)
            raise UsageError(f"{root}: the journeys could not be collected: pytest {ended} and said\n{said}")
        told: Any = json.loads(file.read_text(encoding="utf-8"))
    catalogue = wire.build(Catalogue, told, called="catalogue")
    if not catalogue.journeys and not catalogue.unreadable:
        raise UsageError(_no_journey(root, arguments, catalogue.skipped))
    return catalogue


def _pytest(root: Path, arguments: Sequence[str], log: Path, time_limit: float) -> str:
    """Run pytest to its end; how it ended. Raises UsageError when it cannot be started."""
    command = [sys.executable, "-m", "pytest_synthetic.scheduler.bound", str(os.getpid()), *arguments]
    with log.open("wb") as said:
        try:
            process = subprocess.Popen(  # noqa: S603  our own command
                command, cwd=root, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        except OSError as error:
            raise UsageError(f"{root}: pytest cannot be started there: {error.strerror}") from None
        try:
            return f"ended with exit code {process.wait(time_limit)}"
        except subprocess.TimeoutExpired:
            return f"did not end within {time_limit:g} s"
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what still runs, with what it started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def _said(log: Path, settings: Settings, root: Path) -> str:
    """The end of what pytest said; nothing of it when it cannot be told what is secret in it."""
    try:
        hidden, _ = redactor.opened(settings, os.environ, root)
    except UsageError as error:
        return f"  what is not shown, since secrets could not be hidden in it: {error}"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        lines = plain(hidden.text(file.read().decode("utf-8", "replace"))).splitlines()
    told = [line for line in lines if line.strip()][-LINES:]
    return "\n".join(f"  {line}" for line in told) or "  nothing"


def _no_journey(root: Path, arguments: Sequence[str], skipped: Sequence[Unreadable]) -> str:
    asked = f"{root}: no journey was found" + (f" with {' '.join(arguments)}" if arguments else "")
    aside = "".join(f"\n  {each.file} skips itself as a whole: {each.why}" for each in skipped)
    return f'{asked}. A journey is a test with the mark @pytest.mark.journey("Name"){aside}'


# -- what comes of it ------------------------------------------------------------------------------------------------


def plans(
    catalogue: Catalogue,
    settings: Settings,
    regions: Sequence[str] = (),
    known: Sequence[Plan] = (),
    *,
    elsewhere: bool = False,
) -> list[Plan]:
    """A plan for each journey that has a schedule, in each of its regions; in those of `regions` alone, when given.

    A journey without a region mark runs where pytest would run it: in all of `regions`, else as region `local`. What is
    `known` from before and lies in a file that cannot be read now stays, and is `unreadable`. `elsewhere`: other
    machines run them. Raises ConfigError for a region that is not defined, or that this machine cannot reach, and for
    what marks and settings say that cannot be: see `contradictions`.
    """
    _check_regions(settings, regions, elsewhere=elsewhere)
    found = [
        Plan(spec=journey.spec, region=region, nodeid=journey.nodeid, browser=journey.browser)
        for journey in catalogue.journeys
        if journey.spec.schedule
        for region in regions_of(journey.spec, regions)
    ]
    readable = {journey.spec.id for journey in catalogue.journeys}
    why = {each.file: each.why for each in catalogue.unreadable}
    found += _kept((plan for plan in known if plan.spec.id not in readable), why, regions)
    _check_regions(settings, [plan.region for plan in found], elsewhere=elsewhere)
    contradictions.check(settings, [plan.spec for plan in found], regions)
    return found


def regions_of(spec: JourneySpec, regions: Sequence[str] = ()) -> tuple[str, ...]:
    """The regions in which a journey runs, when `regions` are asked for."""
    if not spec.regions:
        return tuple(dict.fromkeys(regions)) or (LOCAL,)
    return tuple(name for name in spec.regions if not regions or name in regions)


def _check_regions(settings: Settings, names: Sequence[str], *, elsewhere: bool) -> None:
    """Raise ConfigError for a name that is not defined, or not reached from here when it must be."""
    if elsewhere:
        settings.defined(names)
    else:
        settings.chosen(names)


def _kept(known: Iterator[Plan], why: Mapping[str, str], regions: Sequence[str]) -> Iterator[Plan]:
    for plan in known:
        told = _why(plan.nodeid.partition("::")[0], why)
        if told is not None and (not regions or plan.region in regions):
            yield replace(plan, unreadable=told)


def _why(file: str, why: Mapping[str, str]) -> str | None:
    """Why `file` cannot be read: itself, or a folder that it lies in."""
    places = (file, *(parent.as_posix() for parent in Path(file).parents))
    return next((why[place] for place in places if place in why), None)
