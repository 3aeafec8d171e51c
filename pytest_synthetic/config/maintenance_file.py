"""Reads the windows of maintenance that a deploy script writes: a JSON list of what [maintenance.NAME] holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config import folders
from pytest_synthetic.config.maintenance import readers, window
from pytest_synthetic.config.tables import Source, text
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.maintenance import Maintenance

LARGEST = 1_000_000
"""Bytes."""
EXPECTED = (
    'expected a list such as [{"name": "deploy", "start": "2026-11-22T22:00:00Z", "end": "2026-11-22T22:30:00Z"}]'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Json(Source):
    """A JSON file. It says what is wrong without a line, and no variable stands in it: a program wrote it."""

    def complaint(self, keys: tuple[str, ...], problem: str) -> ConfigError:
        """A ConfigError that begins with the place: `maintenance.json: deploy.end: ...`."""
        return ConfigError(f"{self.path}: {'.'.join(keys)}: {problem}")

    def _expanded(self, value: str) -> str:
        return value


def path_of(settings: Settings, root: Path) -> Path | None:
    """Where the file is, if one is set; relative to the settings file."""
    given = settings.maintenance_file
    return folders.base_of(settings.source, root) / given if given else None


def read(path: Path) -> tuple[list[Maintenance], list[str]]:
    """The windows that can be read, and what is wrong with all else. A file that is not there holds none."""
    try:
        told = _parsed(path)
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return [], [f"{path}: what it says of maintenance cannot be read, and counts for nothing: {why}"]
    found: dict[str, Maintenance] = {}
    wrong = []
    for number, table in enumerate(told, 1):
        try:
            one = _window(path, number, table)
            if one.name in found:
                raise _Json(path=path, text="", environ={}).complaint((one.name,), "is there twice: the first counts")
            found[one.name] = one
        except UsageError as error:
            wrong.append(str(error))
    return list(found.values()), wrong


def _parsed(path: Path) -> list[Any]:
    """Raises OSError, ValueError, RecursionError."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no file")
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    told = json.loads(data.decode("utf-8-sig"))
    if not isinstance(told, list):
        raise ValueError(f"{EXPECTED}, got {str(told)[:80]!r}")  # noqa: TRY004  caught above, with what json raises
    return told


def _window(path: Path, number: int, table: object) -> Maintenance:
    source = _Json(path=path, text="", environ={})
    if not isinstance(table, dict):
        raise source.complaint((f"window {number}",), f"{EXPECTED}, got {str(table)[:80]!r}")
    valid = ("name", *readers(source))
    for key in table if "name" not in table else ():
        if key not in valid:
            raise source.complaint((f"window {number}", key), f"no such setting. {did_you_mean(key, valid)}")
    try:
        name = text(table.get("name"))
    except UsageError as error:
        raise source.complaint((f"window {number}", "name"), str(error)) from None
    return window(source, name, {key: value for key, value in table.items() if key != "name"}, (name,))
