"""The one door in pytest: reports, the terminal, log and result files pass the redactor of the session."""

from __future__ import annotations

import logging
import sys
from functools import wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import pytest

from pytest_synthetic.core.each_text import rewritten
from pytest_synthetic.plugin import films, safe_reports

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator, Iterator

    from pytest_synthetic.core.redact import Redactor
    from pytest_synthetic.plugin.session import Session
    from pytest_synthetic.reports.archives import Checked

T = TypeVar("T")
WRITTEN = (
    *("allure_report_dir", "output", "xmlpath", "synthetic_jsonl", "log_file"),
    *("htmlpath", "report_log", "json_report_file"),
)
"""Options of files and folders that a session writes, some of them by plugins that know nothing of secrets."""
TOLD = 20
"""Findings of the sweep that the summary tells one by one."""


class Redaction:
    """Stands at all doors of one process of pytest, from the moment the session wakes up."""

    def __init__(self, session: Session) -> None:
        """Put the redactor in front of what is written already: the terminal, the log file, Allure's files."""
        self._session = session
        self._redactor = session.redactor
        self.harmless: set[str] = set()
        """Hashes (SHA-256) of films of which it was decided that they show no secret."""
        config = session.config
        for file in _terminal(config):
            config.add_cleanup(_through(file, self._redactor))
        if handler := getattr(config.pluginmanager.getplugin("logging-plugin"), "log_file_handler", None):
            handler.setFormatter(_Formatter(handler.formatter, self._redactor))
        if config.pluginmanager.hasplugin("allure_listener"):
            from pytest_synthetic.reports import allure_redacted

            config.add_cleanup(allure_redacted.begin(self._redactor, self.checked))

    # -- names ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_parametrize_id(self, val: object) -> str | None:
        """A secret as a parameter stands in no node id: those become names of files, and are what caches hold."""
        shown = self._redactor.text(val) if isinstance(val, str) else None
        return shown if shown != val else None

    # -- reports -------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Before anybody hears of a report, and before a worker sends it, with what this came to know as secret."""
        if self._session.worker is not None:
            vars(report)["synthetic_secrets"] = self._redactor.news()
        else:
            self._redactor.hear(vars(report).pop("synthetic_secrets", ()))
        safe_reports.redact(report, self._redactor.text)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> Generator[None, object, object]:
        """Likewise."""
        safe_reports.redact(report, self._redactor.text)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Likewise. Those of threads and of objects that could not be deleted carry a traceback."""
        safe_reports.redact_warning(warning_message, self._redactor.text)

    # -- files ---------------------------------------------------------------------------------------------------

    def checked(self, data: bytes, name: str) -> Checked:
        """`data` as it may be written, or why it must not be. `name` is that of the file or its media type."""
        from pytest_synthetic.reports import archives

        seen = films.anything_to_see(self._redactor) and films.sha256(data) not in self.harmless
        return archives.checked(data, name, self._redactor, seen=seen)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """When all have written, in the process that outlives the workers: look at every file once more."""
        result = yield
        sink = self._session.config.pluginmanager.getplugin("synthetic-sink")
        if sink and (sink.has_runs or self._redactor.names):
            try:
                sink.complaints += self._swept()
            except Exception as error:  # noqa: BLE001  in a hook it would be an internal error of pytest
                told = f"what was written could not be searched for secrets, do not publish it: {type(error).__name__}"
                sink.complaints.append(told)
        return result

    def _swept(self) -> list[str]:
        from pytest_synthetic.reports import sweep

        since = self._session.began.timestamp()
        seen = films.anything_to_see(self._redactor)
        harmless = frozenset(self.harmless)
        found = sweep.sweep(_written(self._session), self._redactor, since=since, seen=seen, harmless=harmless)
        told = [str(finding) for finding in found[:TOLD]]
        return [*told, f"{len(found) - TOLD} more files were redacted or withheld"] if len(found) > TOLD else told


class Hearing:
    """A user's listener, which hears what is not secret."""

    def __init__(self, listener: object, redactor: Redactor) -> None:
        self._listener = listener
        self._redactor = redactor

    def __getattr__(self, event: str) -> Callable[..., object]:
        """The listener's method of that name. Raises AttributeError when it has none."""
        hear = getattr(self._listener, event)

        @wraps(hear)
        def told(*facts: object) -> object:
            return hear(*(redacted(fact, self._redactor) for fact in facts))

        return told


def redacted(record: T, redactor: Redactor) -> T:
    """A record, or a part of one, without what is secret; itself when nothing is."""
    texts: list[str] = []

    def noted(text: str) -> str:
        texts.append(text)
        return text

    rewritten(record, noted)
    together = "\n".join(texts)  # one look at all of them: most records have nothing to hide
    return record if redactor.text(together) == together else rewritten(record, redactor.text)


def _written(session: Session) -> Iterator[Path]:
    from pytest_synthetic.plugin.evidence import root_of

    config = session.config
    yield root_of(session)
    if session.job:
        yield session.job.records
    given = [config.getoption(option, None) for option in WRITTEN]
    if config.pluginmanager.hasplugin("logging"):
        given.append(config.getini("log_file"))
    for path in filter(None, given):
        yield Path(config.invocation_params.dir, Path(path).expanduser())
    if config.pluginmanager.hasplugin("cacheprovider"):
        yield Path(config.rootpath, config.getini("cache_dir"))


# -- the terminal ------------------------------------------------------------------------------------------------


def _terminal(config: pytest.Config) -> list[IO[str]]:
    """What pytest writes to, and with `-s` the tests as well. What is captured comes with the reports."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    files: list[Any] = [getattr(getattr(reporter, "_tw", None), "_file", None), sys.__stdout__, sys.__stderr__]
    if config.getoption("capture", None) == "no":
        files += [sys.stdout, sys.stderr]
    return list({id(file): file for file in files if hasattr(file, "__dict__")}.values())


def _through(file: IO[str], redactor: Redactor) -> Callable[[], None]:
    """Let what is written to `file` pass the redactor; returns what ends it.

    The file stays the object it is: logging handlers and others got hold of it long ago.
    """
    plain_write, plain_flush = file.write, file.flush

    def pass_on(text: str) -> None:
        try:
            plain_write(text)
        except UnicodeEncodeError:  # as pytest does: it may be text held back, of which the writer knows no more
            plain_write(text.encode("unicode-escape").decode("ascii"))

    stream = redactor.stream(pass_on)

    def write(text: str) -> int:
        stream.write(text)
        return len(text)

    def flush() -> None:
        stream.flush()
        plain_flush()

    def end() -> None:
        stream.flush()
        vars(file).update(before)
        for name in {"write", "flush"} - before.keys():
            delattr(file, name)

    before = {name: method for name, method in vars(file).items() if name in {"write", "flush"}}
    file.write, file.flush = write, flush  # type: ignore[method-assign]
    return end


class _Formatter(logging.Formatter):
    """The lines of the log file, as another formatter makes them."""

    def __init__(self, inner: logging.Formatter | None, redactor: Redactor) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """One record, without what is secret."""
        return self._redactor.text(self._inner.format(record))
