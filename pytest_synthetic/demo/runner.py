"""What `synthetic demo` does: open the shop, open two regions, run the journeys between them, make the report.

The journeys are run by a pytest in a process of its own, as a user would run them. All that is written lies in
`.synthetic/demo` of the current folder.
"""

from __future__ import annotations

import shutil
import signal
import sys
import textwrap
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pytest_synthetic.channels.browser_setup import Setup
from pytest_synthetic.demo import child
from pytest_synthetic.demo.egress import Egress
from pytest_synthetic.demo.expected import EXPECTED
from pytest_synthetic.demo.surroundings import surrounded
from pytest_synthetic.errors import SyntheticError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from pytest_synthetic.demo.faults import Fault

JOURNEYS = Path(__file__).parent / "journeys"
WORK = Path(".synthetic", "demo")
COLUMNS = 80

SETTINGS = """\
# Written by `synthetic demo`: two regions, each behind a forward proxy of its own.
product = "The Kettle Shop"
artifacts = "artifacts"

[history]
url = "sqlite:///history.db"

[regions.eu-west]
proxy = "{eu_west}"
locale = "fr-FR"
timezone = "Europe/Paris"
geolocation = {{ latitude = 48.8566, longitude = 2.3522 }}

[regions.us-east]
proxy = "{us_east}"
locale = "en-US"
timezone = "America/New_York"
geolocation = {{ latitude = 40.7128, longitude = -74.0060 }}
"""

PYTEST_SETTINGS = """\
# Written by `synthetic demo`, so that no settings of this folder change what it does.
[pytest]
cache_dir = {cache}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """One `synthetic demo`, in the folder `here`. `say` prints a line."""

    here: Path
    say: Callable[[str], None]
    fault: Fault | None = None
    headed: bool = False
    report: bool = True

    @property
    def work(self) -> Path:
        """Where everything is written."""
        return self.here / WORK

    def shown(self, name: str) -> Path:
        """Where something of the demo lies, seen from the current folder."""
        return WORK / name

    def run(self) -> tuple[int, Path | None]:
        """Run it all; return pytest's exit code, and the report's first page, seen from `here`, if one was made.

        Raises SyntheticError where no browser can be had, KeyboardInterrupt after Ctrl-C and SIGTERM, when all that
        was started has ended.
        """
        before = signal.signal(signal.SIGTERM, interrupt)
        try:
            self.say(f"Browser:  {Setup(self.say).ensure()}")
            code = self._watch_the_shop()
            return code, self._report() if self.report else None
        finally:
            signal.signal(signal.SIGTERM, before)

    def _watch_the_shop(self) -> int:
        """Run the journeys against a shop that lives as long as they do."""
        self._prepare()
        with ExitStack() as open_now:
            eu_west, us_east = (open_now.enter_context(Egress()) for _ in range(2))
            around = open_now.enter_context(surrounded(self.fault))
            open_now.callback(us_east.close)  # both end at once, the `with` then waits for each
            open_now.callback(eu_west.close)
            self._write("synthetic.toml", SETTINGS.format(eu_west=eu_west.url, us_east=us_east.url) + around.settings)
            self._write("pytest.ini", PYTEST_SETTINGS.format(cache=(self.work / "cache").absolute()))
            self._announce(around.shop.base_url)
            return self._pytest(around.shop.base_url)

    def _prepare(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        self._write("../.gitignore", "*\n")
        for fresh in ("allure-results", "artifacts", "test-results", ".synthetic"):
            shutil.rmtree(self.work / fresh, ignore_errors=True)
        (self.work / "runs.jsonl").unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        (self.work / name).write_text(text, encoding="utf-8")

    def _announce(self, base_url: str) -> None:
        told = {"Shop": f"{base_url}, watched from eu-west and us-east"}
        if self.fault:
            told |= {"Broken": f"{self.fault.value}: {self.fault.description}", "Expected": str(EXPECTED[self.fault])}
        for name, words in told.items():
            self.say(textwrap.fill(words, COLUMNS, initial_indent=f"{name + ':':10}", subsequent_indent=" " * 10))
        self.say("")

    def _pytest(self, base_url: str) -> int:
        with child.started(self.command(base_url), self.here) as process:
            return process.wait()

    def command(self, base_url: str) -> Sequence[str]:
        """The pytest that runs the journeys."""
        options = {
            "-c": WORK / "pytest.ini",
            "--rootdir": JOURNEYS,
            "--confcutdir": JOURNEYS,
            "--base-url": base_url,
            "--output": WORK / "test-results",
            "--alluredir": WORK / "allure-results",
            "--synthetic-config": WORK / "synthetic.toml",
            "--synthetic-region": "eu-west,us-east",
            "--synthetic-jsonl": WORK / "runs.jsonl",
        }
        given = [str(part) for option in options.items() for part in option]
        # The summary of the plugin says what failed, where and why, in fewer lines than a traceback.
        shown = ["--quiet", "--no-header", "--tb=no", "-rN", *(["--headed"] if self.headed else [])]
        # What journeys left in the shop ends with it: there is nothing to clean up.
        return [sys.executable, "-P", "-m", "pytest", str(JOURNEYS), *given, *shown, "-p", "no:synthetic-leftovers"]

    def _report(self) -> Path | None:
        """The HTML report; without what makes it, one line that says so: the demo has worked all the same."""
        from pytest_synthetic.reports import html

        results, output = self.work / "allure-results", self.work / "report"
        try:
            page = html.build(results, output, history=self.work / "report-history", say=self.say)
            return page.relative_to(self.here.absolute())
        except SyntheticError as error:
            self.say(f"No HTML report: {error}")
            return None


def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM ends the demo as Ctrl-C does."""
    raise KeyboardInterrupt
