"""pytest's reports without what a hostile product could put into a terminal, and without what is secret."""

from __future__ import annotations

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
            facts[name] = rewritten(facts[name], text)
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
    if isinstance(value, str):
        return how(value)
    if isinstance(value, list):
        value[:] = [rewritten(item, how) for item in value]
    elif isinstance(value, tuple):
        return tuple(rewritten(item, how) for item in value)
    elif isinstance(value, dict):
        return {rewritten(key, how): rewritten(item, how) for key, item in value.items()}
    elif type(value).__module__.startswith(_REPRESENTED):
        for name in (*getattr(value, "__slots__", ()), *getattr(value, "__dict__", ())):
            object.__setattr__(value, name, rewritten(getattr(value, name), how))  # some of them are frozen
    return value
