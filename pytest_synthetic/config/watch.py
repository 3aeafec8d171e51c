"""Reads [watch] and [control]: how others know that the monitor lives, and how it knows that its network does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_synthetic.config.settings import ControlSettings, WatchSettings
from pytest_synthetic.config.tables import url
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source

LOOPBACK = "127.0.0.1"
_HIGHEST_PORT = 65_535


def watch(source: Source, value: object, keys: tuple[str, ...]) -> WatchSettings:
    """Read the table. Raises ConfigError."""
    readers = {"health": address, "heartbeat": _heartbeat, "heartbeat_fail": _heartbeat}
    values = source.read(value, keys, readers)
    if "heartbeat_fail" in values and "heartbeat" not in values:
        raise source.complaint(
            (*keys, "heartbeat_fail"), "needs `heartbeat`, the address that is asked while all is well"
        )
    return WatchSettings(**values)


def control(source: Source, value: object, keys: tuple[str, ...]) -> ControlSettings:
    """Read the table. Raises ConfigError."""
    values = source.read(value, keys, {"url": lambda told: _targets(source, told, (*keys, "url")), "timeout": seconds})
    if "url" not in values:
        raise source.complaint(keys, 'misses `url`, such as "https://www.example.com/"')
    if values.get("timeout") == 0:
        raise source.complaint((*keys, "timeout"), "expected more than 0 seconds")
    return ControlSettings(**values)


def address(value: object) -> tuple[str, int]:
    """Read a host and a port to listen on; a port alone is one of this machine alone. Raises UsageError."""
    told = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = re.fullmatch(r"(?:(\[[0-9A-Fa-f:.]+\]|[\w.-]+)?:)?([0-9]{1,5})", told) if isinstance(told, str) else None
    if not found or not 0 < int(found[2]) <= _HIGHEST_PORT:
        raise UsageError(f'expected a host and a port, such as "{LOOPBACK}:9100", got {value!r}')
    return (found[1] or LOOPBACK).strip("[]"), int(found[2])


def _heartbeat(value: object) -> str:
    """What stands in it is a secret: no message repeats it."""
    try:
        return url("http", "https")(value).strip()
    except UsageError:
        raise UsageError("expected the whole address that the service shows, beginning with https://") from None


def _targets(source: Source, value: object, keys: tuple[str, ...]) -> tuple[str, ...]:
    listed = [source.expanded(each, keys) for each in value] if isinstance(value, list) else [value]
    if not listed:
        raise UsageError("expected an address, or a list of some")
    return tuple(_target(each) for each in listed)


def _target(value: object) -> str:
    target = url("http", "https")(value)
    if "@" in urlsplit(target).netloc:
        raise UsageError("expected an address without login: the control target must answer everybody")
    return target
