"""pytest's reports of a journey without what a hostile product could put into a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import plain

if TYPE_CHECKING:
    import pytest


def clean(report: pytest.TestReport) -> None:
    """Take terminal escapes and control characters out of a report's traceback and captured output, in place."""
    if report.longrepr is not None:
        _clean_longrepr(report)
    if report.sections:
        report.sections = [(title, plain(text)) for title, text in report.sections]


def _clean_longrepr(report: pytest.TestReport) -> None:
    shown: Any = report.longrepr
    if isinstance(shown, str):
        report.longrepr = plain(shown)
    elif isinstance(shown, tuple):  # a skip: path, line, reason
        report.longrepr = (shown[0], shown[1], plain(str(shown[2])))
    else:
        crash = getattr(shown, "reprcrash", None)
        if crash is not None:
            crash.message = plain(crash.message)
        for trace in _traces(shown):
            _clean_trace(trace)


def _traces(shown: Any) -> list[Any]:
    chain = [link[0] for link in getattr(shown, "chain", ())]
    return chain or [trace for trace in [getattr(shown, "reprtraceback", None)] if trace is not None]


def _clean_trace(trace: Any) -> None:
    for entry in getattr(trace, "reprentries", ()):
        entry.lines[:] = [plain(line) for line in entry.lines]
