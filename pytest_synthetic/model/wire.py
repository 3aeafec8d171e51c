"""Frozen data to plain JSON values and back, driven by the dataclasses' own annotations."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
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
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise UsageError(f"not a whole {called}: {type(error).__name__}: {error}") from error
    return built


def _build(hint: Any, value: Any) -> Any:
    return _builder(hint)(value)


@cache
def _builder(hint: Any) -> Callable[[Any], Any]:
    """What builds a `hint`: found once, since a history reads thousands of records a second."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional(_builder(next(arg for arg in args if arg is not types.NoneType)))
    if origin is tuple:
        return _many(args[0]) if args[-1] is Ellipsis else _row(args)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    return _mapping(*args) if origin is Mapping else _scalar(hint)


def _optional(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else build(value)


def _many(kind: Any) -> Callable[[Any], Any]:
    return lambda value: tuple(map(_builder(kind), value))  # a step holds steps: asked for when there are some


def _row(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    return lambda value: tuple(_build(kind, item) for kind, item in zip(kinds, value, strict=True))


def _mapping(keys: Any, values: Any) -> Callable[[Any], Any]:
    key, item = _builder(keys), _builder(values)
    return lambda value: {key(name): item(value[name]) for name in value}


def _record(kind: type) -> Callable[[Any], Any]:
    builders = {name: _builder(_hints(kind)[name]) for name in _names(kind)}
    return lambda value: kind(**{name: build(value[name]) for name, build in builders.items() if name in value})


def _scalar(hint: type) -> Callable[[Any], Any]:
    if hint is datetime:
        return datetime.fromisoformat
    if issubclass(hint, StrEnum):
        return hint
    if hint is float:
        return _number
    if hint is object:  # stands for any JSON value
        return lambda value: value
    return partial(_exactly, hint)


def _number(value: Any) -> float:
    return float(value) if type(value) is int else _exactly(float, value)


def _exactly(hint: type[T], value: Any) -> T:
    if type(value) is not hint:
        raise TypeError(f"expected {hint.__name__}, got {value!r}")
    return value
