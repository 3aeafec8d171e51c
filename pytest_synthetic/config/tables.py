"""Tables of a TOML file, read key by key, with complaints that name file, line and key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path


_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Filled(NamedTuple):
    """A text with what its variables hold. `unset` says which one is not set: it stands for nothing in `text`."""

    text: str
    unset: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A TOML file, and the environment its `${NAME}` stand for."""

    path: Path
    text: str
    environ: Mapping[str, str]

    def complaint(self, keys: tuple[str, ...], problem: str) -> ConfigError:
        """A ConfigError that begins with the place: `synthetic.toml:12: regions.eu.proxy: ...`."""
        return ConfigError(f"{self.path}:{line_of(self.text, keys)}: {'.'.join(keys)}: {problem}")

    def read(
        self,
        table: object,
        keys: tuple[str, ...],
        readers: Mapping[str, Callable[[object], Any]],
        *,
        as_written: Collection[str] = (),
    ) -> dict[str, Any]:
        """Read every key of `table` with its reader. Raises ConfigError for unknown keys and unreadable values.

        Readers get texts with what their variables hold, but for the keys `as_written`.
        """
        if not isinstance(table, dict):
            raise self.complaint(keys, f"expected a table [{'.'.join(keys)}], got {table!r}")
        for key in table:
            if key not in readers:
                raise self.complaint((*keys, key), f"no such setting. {did_you_mean(key, readers)}")
        return {
            key: self._value((*keys, key), value, readers[key], fill=key not in as_written)
            for key, value in table.items()
        }

    def _value(self, keys: tuple[str, ...], value: object, reader: Callable[[object], Any], *, fill: bool) -> Any:
        try:
            return reader(self._expanded(value) if fill and isinstance(value, str) else value)
        except ConfigError:
            raise
        except UsageError as error:
            raise self.complaint(keys, str(error)) from None

    def texts(self, value: object) -> dict[str, str]:
        """Read a table of texts, such as headers or labels."""
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise UsageError(f'expected a table of texts such as {{ name = "value" }}, got {value!r}')
        return {key: self._expanded(item) for key, item in value.items()}

    def expanded(self, value: object, keys: tuple[str, ...]) -> object:
        """`value` with `${NAME}` replaced in every text inside it. Raises ConfigError for one that is not set."""
        try:
            if isinstance(value, str):
                return self._expanded(value)
        except UsageError as error:
            raise self.complaint(keys, str(error)) from None
        if isinstance(value, dict):
            return {key: self.expanded(item, (*keys, key)) for key, item in value.items()}
        return [self.expanded(item, keys) for item in value] if isinstance(value, list) else value

    def filled(self, value: str) -> Filled:
        """`value` with `${NAME}` replaced, for what is needed later, if at all: also when one is not set, or empty."""
        names = _VARIABLE.findall(value)
        told = _VARIABLE.sub(lambda match: self.environ.get(match[1], ""), value)
        unset = next(
            (f"the environment variable {name} is not set" for name in names if name not in self.environ), None
        )
        if names and not told.strip():
            unset = unset or f"the environment variable {names[0]} is empty"
        return Filled(told, unset)

    def _expanded(self, value: str) -> str:
        """`value` with `${NAME}` replaced, once: what a variable holds is not looked into again."""
        return _VARIABLE.sub(self._variable, value)

    def _variable(self, match: re.Match[str]) -> str:
        name = match[1]
        if name not in self.environ:
            raise UsageError(f"the environment variable {name} is not set")
        return self.environ[name]


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line (from 1) on which a dotted key stands; of the nearest table above it when it cannot be told.

    tomllib gives values without places, so the headers and keys are looked for in the text.
    """
    table: tuple[str, ...] = ()
    best = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            table = _dotted(header[1])
            here = table
        elif entry := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            here = (*table, *_dotted(entry[1]))
        else:
            continue
        shared = next(
            (n for n, (a, b) in enumerate(zip(here, keys, strict=False)) if a != b), min(len(here), len(keys))
        )
        if shared == len(here) and shared > best[1]:
            best = number, shared
    return best[0]


def _dotted(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def text(value: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"expected a text, got {value!r}")
    return value


def number(value: object) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"expected a number, got {value!r}")
    return float(value)


def switch(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise UsageError(f"expected true or false, got {value!r}")
    return value


def url(*schemes: str) -> Callable[[object], str]:
    """A reader of URLs with one of `schemes` and a host."""

    def read(value: object) -> str:
        from urllib.parse import urlsplit

        try:
            found = urlsplit(text(value))
            usable = found.scheme in schemes and found.hostname and found.port != 0
        except ValueError:  # brackets that do not close, a port that is none
            usable = False
        if not usable:
            likely = " or ".join(f"{scheme}://host" for scheme in schemes)
            raise UsageError(f"expected {likely}, got {_without_login(value)!r}")
        return str(value)

    return read


def _without_login(value: object) -> object:
    """A URL as it may be shown: a login that a variable put into it is nobody's business."""
    return re.sub(r"[^/@\s]*@", "…@", value) if isinstance(value, str) else value
