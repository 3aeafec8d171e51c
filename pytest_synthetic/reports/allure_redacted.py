"""What Allure writes passes the redactor, in whichever order its plugins stand: in the place of its file logger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import allure_commons
import attr
from allure_commons.logger import AllureFileLogger

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.core.redact import Redactor
    from pytest_synthetic.reports.archives import Checked

    Check = Callable[[bytes, str], Checked]

IDENTITIES = frozenset({"uuid", "source", "historyId", "testCaseId", "children", "start", "stop"})
"""Fields by which the files of a report know each other."""


def begin(redactor: Redactor, check: Check) -> Callable[[], None]:
    """Take the place of the loggers that write files; returns what puts them back.

    `check` gives a file as it may be written, by its name, or why it must be withheld.
    """
    manager = allure_commons.plugin_manager
    writers = [plugin for plugin in manager.get_plugins() if isinstance(plugin, AllureFileLogger)]
    doors = [_Door(writer, redactor, check) for writer in writers]
    _exchange(writers, doors)
    return lambda: _exchange(doors, writers)


def _exchange(old: list[Any], new: list[Any]) -> None:
    manager = allure_commons.plugin_manager
    for plugin in old:
        manager.unregister(plugin)
    for plugin in new:
        manager.register(plugin)


class _Door:
    """One of Allure's loggers, behind the redactor."""

    def __init__(self, writer: Any, redactor: Redactor, check: Check) -> None:
        self._writer = writer
        self._redactor = redactor
        self._check = check

    @allure_commons.hookimpl
    def report_result(self, result: object) -> None:
        """A test with its steps, parameters and traceback."""
        self._writer.report_result(self._clean(result))

    @allure_commons.hookimpl
    def report_container(self, container: object) -> None:
        """The fixtures of some tests."""
        self._writer.report_container(self._clean(container))

    @allure_commons.hookimpl
    def report_globals(self, globals_item: object) -> None:
        """What belongs to no test."""
        self._writer.report_globals(self._clean(globals_item))

    @allure_commons.hookimpl
    def report_attached_file(self, source: str, file_name: str) -> None:
        """A file. Raises OSError when it cannot be read or written."""
        self._attach(Path(source).read_bytes(), file_name)

    @allure_commons.hookimpl
    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        """Text or bytes. Raises OSError when they cannot be written."""
        self._attach(body.encode("utf-8", "replace") if isinstance(body, str) else body, file_name)

    def _attach(self, data: bytes, file_name: str) -> None:
        checked = self._check(data, file_name)
        told = f"withheld: {checked.why}\n".encode()
        self._writer.report_attached_data(told if checked.data is None else checked.data, file_name)

    def _clean(self, value: Any) -> Any:
        """`value` without what is secret; Allure's own objects are changed in place, as nobody reads them later."""
        if isinstance(value, str):
            return self._redactor.text(value)
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if attr.has(type(value)):
            for name, inner in vars(value).items():
                if name not in IDENTITIES:
                    setattr(value, name, self._clean(inner))
        return value
