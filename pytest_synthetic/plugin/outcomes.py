"""pytest's own exceptions: who is at fault for them, and ours in their clothes."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import _pytest
import pluggy
import pytest

from pytest_synthetic.errors import SlaBreach, SyntheticError
from pytest_synthetic.model.verdict import Fault

SKIPS = (pytest.skip.Exception,)
SOFT = (Exception, pytest.fail.Exception)
STOPS = (KeyboardInterrupt, pytest.exit.Exception, SystemExit)


def classify(error: BaseException) -> tuple[Fault, str] | None:
    """Who is at fault for an exception of pytest itself, or of a plugin that speaks through it."""
    if isinstance(error, SyntheticError):
        return None
    if isinstance(error, pytest.exit.Exception):
        return Fault.RUNNER, "pytest.exit was called during the run"
    if type(error).__name__ == "FixtureLookupError":
        return Fault.CONFIG, "a fixture is missing"
    return _of_fail(error) if isinstance(error, pytest.fail.Exception) else None


def _of_fail(error: BaseException) -> tuple[Fault, str]:
    if str(error).startswith("Timeout (>"):  # the words of pytest-timeout, which has no exception of its own
        return Fault.RUNNER, "pytest-timeout stopped the run before it could say"
    if not _comes_from_the_test(error):
        return Fault.TEST, "pytest refused to run the test as it is written"
    return Fault.PRODUCT, "the journey said so with pytest.fail"


def _comes_from_the_test(error: BaseException) -> bool:
    """Whether a user's own code is on the way to `error`: pytest calls fail() itself for what it cannot run."""
    files = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(not file.startswith(_MACHINERY) for file in files)


_MACHINERY = tuple(str(Path(file).parent) for file in (_pytest.__file__, pluggy.__file__, __file__))


_Failed: Any = pytest.fail.Exception  # pytest gives the class as an attribute of a function


class _Plain(_Failed):  # type: ignore[misc]
    """Shown by pytest as its message alone, without a traceback into our code."""

    def __init__(self, message: str) -> None:
        super().__init__(message, pytrace=False)

    def __str__(self) -> str:
        return str(self.msg)


class Degraded(_Plain, SlaBreach):
    """The exception of a test whose promises were not kept."""

    __module__ = "builtins"  # pytest then calls it by its name alone, as it does its own `Failed`


def told(error: SyntheticError) -> BaseException:
    """`error` as an exception that pytest shows as one message. It stays an error of its own kind."""
    kind = type(error)
    clothed = type(kind.__name__, (_Plain, kind), {"__module__": "builtins"})
    shown: BaseException = clothed(str(error))
    return shown
