"""Reads [evidence]: what is captured to explain a run, and how long it stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pytest_synthetic.config.settings import EvidenceMode, EvidenceSettings, TraceMode
from pytest_synthetic.config.tables import number, switch, text
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    from pytest_synthetic.config.tables import Source

    Choice = TypeVar("Choice", bound=StrEnum)

_UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


def evidence(source: Source, value: object, keys: tuple[str, ...]) -> EvidenceSettings:
    """Read the table. Raises ConfigError."""
    readers: dict[str, Callable[[object], object]] = {
        "when": _one_of(EvidenceMode),
        "trace": _one_of(TraceMode),
        "har": switch,
        "video": switch,
        "cover": _selectors,
        "time_limit": seconds,
        "keep_runs": _count,
        "keep_days": _days,
        "keep_size": size,
    }
    return EvidenceSettings(**source.read(value, keys, readers))


def _one_of(kind: type[Choice]) -> Callable[[object], Choice]:
    def read(value: object) -> Choice:
        if value not in list(kind):
            raise UsageError(f"{value!r} is none of them. {did_you_mean(value, kind)}")
        return kind(str(value))

    return read


def _selectors(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise UsageError(f'expected a list of selectors, such as ["#card-number", "[data-private]"], got {value!r}')
    return tuple(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        told = f"expected a whole number of runs, 1 or more, got {value!r}"
        raise UsageError(f'{told}. To keep no evidence: when = "never"')
    return value


def _days(value: object) -> float:
    found = number(value)
    if not 0 <= found <= 36_500:
        raise UsageError(f"expected a number of days, got {value!r}")
    return found


def size(value: object) -> int:
    """Read a size: a whole number of bytes, or a text such as `"500 MB"`. Raises UsageError."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    told = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(B|kB|MB|GB)", text(value).strip()) if isinstance(value, str) else None
    if told is None:
        raise UsageError(f'expected a size such as "500 MB" or "2 GB", got {value!r}')
    return int(float(told[1]) * _UNITS[told[2]])
