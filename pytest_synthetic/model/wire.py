"""Frozen data to plain JSON values and back, driven by the dataclasses' own annotations."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from pytest_synthetic.errors import UsageError

T = TypeVar("T")


_JSON_ALREADY = frozenset({str, int, float, bool, types.NoneType})


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass; none for any other kind."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def plain(value: Any) -> Any:
    """Dataclasses become objects, tuples lists, enums their text; everything else is JSON already."""
    kind = type(value)
    if kind in _JSON_ALREADY:
        return value
    if names := _names(kind):  # type: ignore[arg-type]  # mypy takes type[Any] for unhashable
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def read(kind: type[T], record: Mapping[str, Any], *, newest: int) -> T:
    """Build a `kind` from what `plain` made of one. Raises UsageError naming what does not fit."""
    if not isinstance(record, Mapping) or not isinstance(record.get("schema"), int):
        raise UsageError(f"not a record of a run: expected an object with a `schema` number, got {str(record)[:80]!r}")
    if record["schema"] > newest:
        raise UsageError(
            f"this record has schema {record['schema']}, this version of pytest-synthetic reads up to {newest}: "
            "upgrade pytest-synthetic"
        )
    return build(kind, record, called="record of a run")


def build(kind: type[T], data: Mapping[str, Any], *, called: str) -> T:
    """Build a `kind`, `called` so to people, from what `plain` made of one. Raises UsageError."""
    try:
        built: T = _build(kind, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"not a whole {called}: {type(error).__name__}: {error}") from error
    return built


def _build(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _build(next(a for a in args if a is not types.NoneType), value)
    if origin is tuple:
        kinds = args[:1] * len(value) if args[-1] is Ellipsis else args
        return tuple(_build(kind, item) for kind, item in zip(kinds, value, strict=True))
    if isinstance(hint, type) and is_dataclass(hint):
        hints = _hints(hint)
        return hint(**{name: _build(hints[name], value[name]) for name in _names(hint) if name in value})
    return dict(value) if origin is Mapping else _scalar(hint, value)


def _scalar(hint: type, value: Any) -> object:
    if hint is datetime:
        return datetime.fromisoformat(value)
    if issubclass(hint, StrEnum):
        return hint(value)
    if hint is float and type(value) is int:
        return float(value)
    if hint is not object and type(value) is not hint:  # `object` stands for any JSON value
        raise TypeError(f"expected {hint.__name__}, got {value!r}")
    return value
