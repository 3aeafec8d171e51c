"""Reads [history]: where runs are recorded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_synthetic.config import folders
from pytest_synthetic.config.settings import HistorySettings
from pytest_synthetic.config.tables import text
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.config.tables import Source

DEFAULT = "sqlite:///.synthetic/history.db"
"""What `synthetic` commands read where nothing is set."""


def kept(settings: Settings) -> HistorySettings:
    """How long runs are kept: as [history] says, or as usual where there is none."""
    return settings.history or HistorySettings()


def history(source: Source, value: object, keys: tuple[str, ...]) -> HistorySettings:
    """Read the table. Raises ConfigError."""
    return HistorySettings(**source.read(value, keys, {"url": url, "keep_days": days, "keep_daily_days": days}))


def url(value: object) -> str:
    """Read the address of a database. Raises UsageError."""
    read = text(value)
    if not re.match(r"(?:sqlite:///[^?]|postgresql(?:\+psycopg)?://.)", read):
        shown = re.sub(r"//[^@/]*@", "//...@", read).partition("?")[0]
        raise UsageError(
            f'{shown!r} is no database that is known: expected "{DEFAULT}" or "postgresql://user@host/name"'
        )
    return re.sub(r"^postgresql:", "postgresql+psycopg:", read)


def days(value: object) -> int:
    """Read a whole number of days above zero. Raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UsageError(f"expected a whole number of days above zero, got {value!r}")
    return value


def server_of(settings: Settings) -> str | None:
    """The address of a history that several machines can share; None for a file, and where none is set."""
    given = settings.history.url if settings.history else DEFAULT
    return None if given.startswith("sqlite:///") else given


def home_of(settings: Settings, root: Path) -> tuple[str, Path]:
    """The address of the history, and the folder in which records wait for one that is on a server.

    The address of a file is made absolute, from the folder of the settings file.
    """
    base = folders.base_of(settings.source, root)
    given = settings.history.url if settings.history else DEFAULT
    file = "sqlite:///"
    url = f"{file}{base / given.removeprefix(file)}" if given.startswith(file) else given
    return url, base / ".synthetic"
