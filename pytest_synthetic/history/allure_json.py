"""The files of Allure's results: found, read, and their values taken by type, whatever is in them."""

from __future__ import annotations

import json
import os
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.history.foreign import LONGEST_DURATION, BadEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 16 * 1024 * 1024
"""Bytes of a result: attachments lie in files of their own."""

LONGEST = int(LONGEST_DURATION * 1000)
"""Milliseconds."""

_YEAR_9999 = 253_370_764_800_000


def results(folder: Path) -> Iterator[tuple[Path, dict[str, Any]] | BadEntry]:
    """Every `*-result.json` of `folder`, by name; a BadEntry for one that is none."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith("-result.json"))  # noqa: PTH208  quicker
    except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL
        yield BadEntry(file=str(folder), reason=_unreadable(error))
        return
    if not names:
        reason = "holds no *-result.json: expected the folder that was given to --alluredir"
        yield BadEntry(file=str(folder), reason=reason)
    for name in names:
        path = folder / name
        read = _read(path)
        yield read if isinstance(read, BadEntry) else (path, read)


def _read(path: Path) -> dict[str, Any] | BadEntry:
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            return BadEntry(file=str(path), reason="no file")
        if status.st_size > LARGEST:
            return BadEntry(file=str(path), reason=f"larger than {LARGEST // 1024 // 1024} MB: no result of Allure's")
        value = json.loads(path.read_bytes().decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        return BadEntry(file=str(path), line=error.lineno, reason=f"not JSON: {error.msg} at column {error.colno}")
    except (OSError, ValueError, RecursionError) as error:
        return BadEntry(file=str(path), reason=_unreadable(error))
    return value if isinstance(value, dict) else BadEntry(file=str(path), reason="not a result: expected an object")


def _unreadable(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: {error.reason} at byte {error.start + 1}"
    return f"cannot be read: {getattr(error, 'strerror', None) or one_line(str(error), 200)}"


def text(value: dict[str, Any], key: str) -> str:
    """The text under `key`; empty when there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def inner(value: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under `key`; empty when there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def objects(value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of the list under `key`."""
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def span(value: dict[str, Any]) -> tuple[int, int | None] | None:
    """Start and stop in milliseconds since 1970; no stop that cannot be that of the start. None without a start."""
    start, stop = (_milliseconds(value.get(key)) for key in ("start", "stop"))
    if start is None:
        return None
    return start, stop if stop is not None and 0 <= stop - start <= LONGEST else None


def _milliseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _YEAR_9999:
        return None
    return int(value)
