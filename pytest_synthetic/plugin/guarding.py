"""What [production] means for each run: whether it may begin, what its requests may do, what a refusal says of it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from pytest_synthetic.config import folders
from pytest_synthetic.core.guard import Asked, Guard, Kind
from pytest_synthetic.core.judge import Judgement
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import GuardRefused, UsageError
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.plugin import outcomes
from pytest_synthetic.plugin.attempt import ATTEMPT, TOOL_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    import requests

    from pytest_synthetic.config.settings import ProductionSettings, Settings
    from pytest_synthetic.plugin.attempt import Attempt
    from pytest_synthetic.plugin.session import Session

STOP = "SYNTHETIC_STOP"
HEADER = "X-Synthetic-Monitor"
NO = frozenset({"", "0", "false", "no", "off"})
TOLD = 5
"""Refusals of one run that its failure tells; a page may try for ever."""
_GUARDED = pytest.StashKey["_Guarded"]()


class Brake:
    """Skips the runs that must not begin, before any of their fixtures is set up."""

    def __init__(self, session: Session) -> None:
        """Nothing is asked before the first run."""
        self._session = session
        self._base = base_of(session)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Ask before each run: what stops it may come at any time."""
        attempt = item.stash.get(ATTEMPT, None)
        if attempt and (why := self._reason(attempt)):
            attempt.stopped = Judgement(verdict=Verdict.SKIPPED, reason=why)
            pytest.skip(why)

    def _reason(self, attempt: Attempt) -> str | None:
        settings = self._session.settings
        why = stopped(settings, self._base, os.environ)
        rules = settings.rules
        if why or rules is None or rules.max_runs_per_hour is None:
            return why
        from pytest_synthetic.plugin.run_budget import RunBudget

        budget = RunBudget(self._base / ".synthetic" / "runs", rules.max_runs_per_hour)
        try:
            return budget.refusal(attempt.spec.id, self._session.clock.now().timestamp())
        except OSError as error:
            told = f"the runs of an hour cannot be counted: {error.strerror}: {error.filename}"
            raise outcomes.told(UsageError(told)) from None


class Guarding:
    """Stands around each run, inside the hooks that record it."""

    def __init__(self, session: Session) -> None:
        """Without rules it does nothing."""
        self._rules = session.settings.rules
        self._current: _Guarded | None = None

    def refusal(self, asked: Asked) -> GuardRefused | None:
        """Why the run that goes on may not ask so; None when it may, and outside of runs."""
        return self._current.guard.refusal(asked) if self._current else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Guard a run from its first fixture on."""
        attempt = item.stash.get(ATTEMPT, None)
        if attempt is None or self._rules is None:
            return (yield)
        run = self._current = item.stash[_GUARDED] = _Guarded(attempt, self._rules)
        attempt.weighing.append(run.weigh)
        attempt.recorder.contradictors.append(run.contradict)
        return (yield from run.around())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """What is refused while the fixtures end is told as well."""
        run = item.stash.get(_GUARDED, None)
        if run is None:
            return (yield)
        try:
            return (yield from run.around())
        finally:
            self._current = None
            del item.stash[_GUARDED]


class _Guarded:
    """One run, its guard, and what that refused."""

    def __init__(self, attempt: Attempt, rules: ProductionSettings) -> None:
        from pytest_synthetic.channels.guard_browser import BrowserGuard

        self._recorder = attempt.recorder
        self._refused: list[GuardRefused] = []
        self._failures_before = 0
        self.guard = Guard(
            rules, mutates=attempt.spec.mutates, monotonic=attempt.session.clock.monotonic, note=self._note
        )
        self.headers = {
            HEADER: "/".join(map(_quoted, (attempt.session.settings.product, attempt.spec.id, attempt.recorder.run_id)))
        }
        self.browser = BrowserGuard(self.guard, self.headers, f"pytest-synthetic/{TOOL_VERSION}")

    def _note(self, refused: GuardRefused) -> None:
        refused.step = self._recorder.current_step or self._recorder.last_step
        if not self._refused:
            self._failures_before = len(self._recorder.failures)
        if len(self._refused) < TOLD and str(refused) not in map(str, self._refused):
            self._refused.append(refused)

    def contradict(self) -> BaseException | None:
        """What fails the step under way, though the page's script swallowed it."""
        return next((refused for refused in self._refused if refused.step == self._recorder.current_step), None)

    def weigh(self, error: BaseException | None) -> BaseException | None:
        """The refusal instead of all that failed after it: that was our doing, and not the product's fault."""
        if not self._refused:
            return error
        del self._recorder.failures[self._failures_before :]
        told = GuardRefused("\n".join(map(str, self._refused)))
        shown: Any = outcomes.told(told)
        shown.step = self._refused[0].step
        self._refused.clear()
        shown.__traceback__ = error.__traceback__ if isinstance(error, GuardRefused) else None
        raised: BaseException = shown
        return raised

    def around(self) -> Generator[None, object, object]:
        """A phase of the run, whose failure is weighed."""
        try:
            result = yield
        except Exception as error:
            if (weighed := self.weigh(error)) is error or weighed is None:
                raise
            raise weighed from None
        if weighed := self.weigh(None):
            raise weighed
        return result


def _quoted(text: str) -> str:
    return quote(text, safe="")


def base_of(session: Session) -> Path:
    """The folder that the settings lie in; pytest's own where there are none."""
    return folders.base_of(session.settings.source, session.config.rootpath).absolute()


def stopped(settings: Settings, base: Path, environ: Mapping[str, str]) -> str | None:
    """Why no journey may begin now: the variable, or the stop file and the first line in it."""
    if environ.get(STOP, "").strip().lower() not in NO:
        return f"stopped: {STOP}={one_line(environ[STOP], 60)}"
    from pytest_synthetic.config.settings import ProductionSettings

    file = base / (settings.production or ProductionSettings()).stop_file
    try:
        said = file.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # it is there, whatever it is
        said = ""
    why = one_line(said.strip().partition("\n")[0], 200)
    return f"stopped: {file} is there" + (f": {why}" if why else "")


def contexts_guarded(
    inner: Callable[..., Any], given: dict[str, Any], taken: set[str], request: pytest.FixtureRequest
) -> Callable[..., Any]:
    """A `new_context` whose contexts are guarded and marked. What the user gave (`taken`) is not marked."""
    run = request.node.stash.get(_GUARDED, None)
    if run is None:
        return inner
    browser = request.getfixturevalue("browser")

    def make(**arguments: Any) -> Any:
        if "user_agent" not in taken:
            arguments |= run.browser.user_agent(browser, arguments.get("user_agent"))
        known = {**given, **arguments}
        if "service_workers" not in known:
            # Playwright lets one go on before anything of ours can hold its first requests.
            arguments["service_workers"] = "block"
        return run.browser.make(browser, lambda: inner(**arguments), known.get("base_url"))

    return make


def guard_of(item: pytest.Item, session: Session) -> Guard | None:
    """What judges the requests of a test, or of the run under way; None without rules."""
    rules = session.settings.rules
    if rules is None:
        return None
    run = item.stash.get(_GUARDED, None)
    mutates = item.get_closest_marker("mutates") is not None
    return run.guard if run else Guard(rules, mutates=mutates, monotonic=time.monotonic, note=lambda _: None)


def calls_guarded(item: pytest.Item, session: Session) -> Callable[[requests.PreparedRequest], None] | None:
    """What `api` calls before each request. A test that is no journey is held to the same rules."""
    guard = guard_of(item, session)
    if guard is None:
        return None
    run = item.stash.get(_GUARDED, None)
    headers = run.headers if run else {}

    def check(request: requests.PreparedRequest) -> None:
        asked = Asked(
            method=(request.method or "GET").upper(),
            url=request.url or "",
            kind=Kind.API,
            body=lambda: request.body if isinstance(request.body, str | bytes) else None,
        )
        if refused := guard.refusal(asked):
            raise refused
        request.headers.update(headers)

    return check


def sleeping(attempt: Attempt) -> Callable[[float], None]:
    """How to wait for something else than the browser: what its pages ask for meanwhile is judged, and not held up."""

    def sleep(seconds: float) -> None:
        run = attempt.item.stash.get(_GUARDED, None)
        ends = time.monotonic() + seconds
        while run and run.browser.holds and (left := ends - time.monotonic()) > 0:
            run.browser.pump()
            time.sleep(min(left, 0.05))
        time.sleep(max(0.0, ends - time.monotonic()))

    return sleep
