"""`--synthetic-catalogue FILE`: which journeys there are, and which files cannot be read, for the scheduler.

Nothing runs. What ends a session of tests (two journeys of one id, a mark that cannot be read) only makes its own files
unreadable here: the journeys of all others must go on being watched.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.pathlib import ImportPathMismatchError

from pytest_synthetic.core.failures import own_frame
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model import wire
from pytest_synthetic.model.plan import Catalogue, Listed, Unreadable
from pytest_synthetic.plugin import preflight
from pytest_synthetic.plugin.redaction import redacted
from pytest_synthetic.plugin.session import BROWSER_FIXTURES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.plugin.session import Session

WHY_WIDTH = 300


class Cataloguing:
    """Hears what is collected, and writes it down."""

    def __init__(self, session: Session) -> None:
        """Nothing is known yet."""
        self._session = session
        self._started_in = session.config.invocation_params.dir
        self._unreadable: dict[str, str] = {}
        self._skipped: dict[str, str] = {}

    # -- what cannot be collected --------------------------------------------------------------------------------

    def pytest_exception_interact(self, node: pytest.Collector, call: pytest.CallInfo[Any]) -> None:
        """Note a file, a class or a folder that cannot be collected."""
        if call.excinfo is not None:
            self._note(self._file(node), _why(call.excinfo.value, self._started_in))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note a file that skips itself as a whole: nobody knows which journeys are in it."""
        try:
            report = yield
        except SystemExit as error:  # pytest would end with it
            self._note(self._file(collector), f"it ends Python when it is imported: SystemExit: {error}")
            return pytest.CollectReport(collector.nodeid, "failed", "SystemExit", [])
        if report.skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            self._skipped.setdefault(self._file(collector), self._told(reason))
        return report

    def _note(self, file: str, why: str) -> None:
        self._unreadable.setdefault(file, self._told(why))

    def _told(self, why: str) -> str:
        return self._session.redactor.text(one_line(why, WHY_WIDTH))

    def _file(self, node: pytest.Item | pytest.Collector) -> str:
        return os.path.relpath(node.path, self._started_in).replace(os.sep, "/")

    # -- what can ------------------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Write the catalogue: all that is to be collected is."""
        found = list(self._found(item for item in items if item.get_closest_marker("journey")))
        self._refuse_twins(found)
        try:
            preflight.check_way(self._session, [spec for _, spec in found])
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        journeys = tuple(self._listed(item, spec) for item, spec in found if self._file(item) not in self._unreadable)
        catalogue = Catalogue(journeys=journeys, unreadable=_files(self._unreadable), skipped=_files(self._skipped))
        self._write(json.dumps(wire.plain(catalogue)))

    def _found(self, items: Iterable[pytest.Item]) -> Iterable[tuple[pytest.Item, JourneySpec]]:
        """Each journey once, with one of its variants."""
        seen: set[str] = set()
        for item in items:
            nodeid = self._nodeid(item)
            if nodeid in seen:
                continue
            seen.add(nodeid)
            try:
                spec = self._session.spec_of(item)
                preflight.check_takes_fixtures(item, spec)
            except UsageError as error:
                self._note(self._file(item), str(error))
            else:
                yield item, spec

    def _refuse_twins(self, found: Iterable[tuple[pytest.Item, JourneySpec]]) -> None:
        """Nobody can say which of two journeys with one id is the one that was watched until now: neither is read."""
        seen: dict[str, tuple[pytest.Item, JourneySpec]] = {}
        for item, spec in found:
            twin, before = seen.setdefault(spec.id, (item, spec))
            if twin is not item:
                for each in (twin, item):
                    self._note(self._file(each), preflight.used_twice(before, spec))

    def _nodeid(self, item: pytest.Item) -> str:
        """What pytest is asked for all variants of a test, in the folder that it was started in now."""
        classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
        return "::".join((self._file(item), *classes, getattr(item, "originalname", None) or item.name))

    def _listed(self, item: pytest.Item, spec: JourneySpec) -> Listed:
        browser = bool(BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())))
        return Listed(spec=redacted(spec, self._session.redactor), nodeid=self._nodeid(item), browser=browser)

    def _write(self, text: str) -> None:
        file = Path(self._started_in, self._session.config.getoption("synthetic_catalogue"))
        draft = file.with_name(f"{file.name}.draft")
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(file)
        except OSError as error:
            raise pytest.UsageError(f"--synthetic-catalogue {file}: cannot be written: {error.strerror}") from None


def _files(told: dict[str, str]) -> tuple[Unreadable, ...]:
    return tuple(Unreadable(file=file, why=why) for file, why in sorted(told.items()))


def _why(error: BaseException, folder: Path) -> str:
    """In one line, why something cannot be collected: the exception that was raised, and where in the user's code."""
    cause = getattr(error, "cause", None) or error.__cause__  # of a conftest.py, or of a module that is imported
    if isinstance(cause, SyntaxError):
        file = os.path.relpath(cause.filename or "?", folder)
        return f"{type(cause).__name__}: {cause.msg} ({file}:{cause.lineno})"
    if cause is not None and type(cause) is not ImportPathMismatchError:
        error = cause
    if isinstance(error, pytest.Collector.CollectError | pytest.fail.Exception | ImportPathMismatchError):
        return str(error)
    frame = own_frame(error, folder)
    return f"{type(error).__name__}: {error}" + (f" ({frame})" if frame else "")
