"""Adapters by name, from entry points: ours are registered as a stranger's would be, and loaded when asked for."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from pytest_synthetic.errors import ConfigError, did_you_mean

INBOXES = "pytest_synthetic.inboxes"
"""The entry point group of inbox providers: `make(options, *, clock, sleep, folder)`.

`options` is the table [inboxes.NAME] without the keys that all inboxes have; `clock` is a Clock and `sleep` waits so
many seconds; `folder` is where all processes of the machine may share files, and may not exist yet.
"""


def load(group: str, name: str, *, where: str) -> Any:
    """What is registered as `name` in `group`.

    Raises ConfigError that begins with `where`: for an unknown name with those there are, and for an adapter that
    cannot be imported with what to install.
    """
    found = {entry.name: entry for entry in entry_points(group=group)}
    if name not in found:
        raise ConfigError(f"{where}: nothing is registered as {name!r} in {group}. {did_you_mean(name, found)}")
    try:
        return found[name].load()
    except ImportError as error:
        raise ConfigError(f"{where}: {name!r} cannot be loaded: {error}. Install what it needs") from error
