"""pytest's reports without what a hostile product could put into a terminal, and without what is secret."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import plain

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable

    import pytest

_REPRESENTED = ("_pytest._code", "_pytest.subtests", "pytest_subtests")
"""Where pytest keeps the classes of a traceback that is ready to be shown, and of what a subtest is called."""


def clean(report: pytest.TestReport) -> None:
    """Take terminal escapes and control characters out of a report's traceback and captured output, in place."""
    report.longrepr = rewritten(report.longrepr, plain)
    report.sections = rewritten(report.sections, plain)


def redact(report: pytest.TestReport | pytest.CollectReport, text: Callable[[str], str]) -> None:
    """Rewrite what a report shows, in place. Its node id stays: pytest and xdist know the test by it."""
    facts = vars(report)
    for name in ("longrepr", "sections", "user_properties", "wasxfail", "context"):
        if facts.get(name):
            facts[name] = _rewritten(facts[name], text, lambda lines: _lines(lines, text))
    words = facts.get("keywords")
    if words and text(together := "\n".join(words)) != together:  # one look at all of them: every test has some
        facts["keywords"] = rewritten(words, text)


def redact_warning(told: warnings.WarningMessage, text: Callable[[str], str]) -> None:
    """Rewrite a recorded warning, in place; its category stays. One with nothing secret keeps its own message."""
    message = str(told.message)
    parts = (message, str(getattr(told.message, "args", "")), str(told.source or ""), told.line or "")
    if any(text(part) != part for part in parts):
        told.message, told.source, told.line = Warning(text(message)), None, told.line and text(told.line)


def rewritten(value: Any, how: Callable[[str], str]) -> Any:
    """`value` with every text in it rewritten. Lists and pytest's own objects are changed in place."""
    return _rewritten(value, how, lambda lines: [how(line) for line in lines])


def _rewritten(value: Any, how: Callable[[str], str], each: Callable[[list[str]], list[str]]) -> Any:
    if isinstance(value, str):
        return how(value)
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            value[:] = each(value)
        else:
            value[:] = [_rewritten(item, how, each) for item in value]
    elif isinstance(value, tuple):
        return tuple(_rewritten(item, how, each) for item in value)
    elif isinstance(value, dict):
        return {_rewritten(key, how, each): _rewritten(item, how, each) for key, item in value.items()}
    elif type(value).__module__.startswith(_REPRESENTED):
        for name in (*getattr(value, "__slots__", ()), *getattr(value, "__dict__", ())):
            # Some of them are frozen.
            object.__setattr__(value, name, _rewritten(getattr(value, name), how, each))
    return value


def _lines(lines: list[str], text: Callable[[str], str]) -> list[str]:
    """Lines looked at together: a long value, and what is secret in it, goes on in the next one."""
    together = "\n".join(lines)
    told = text(together)
    if told == together:
        return lines
    if told.count("\n") != together.count("\n"):
        return [text(line) for line in lines]
    rest = iter(told.split("\n"))
    return ["\n".join(islice(rest, line.count("\n") + 1)) for line in lines]
