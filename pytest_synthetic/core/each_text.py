"""Every text of a value rewritten: of a record, a failure, a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from operator import is_
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

OURS = frozenset(
    {
        "run_id",
        "session_id",
        "attempt",
        "git_commit",
        "tool_version",
        "worker",
        "started_at",
        "scheduled_at",
        "sha256",
        "path",
        "fingerprint",
    }
)
"""Fields that the product and the test have no say in; others refer to them."""


def rewritten(value: T, how: Callable[[str], str]) -> T:
    """`value` with `how` applied to every text in it but the fields that are ours; itself when nothing changes."""
    changed: T = _rewritten(value, how)
    return changed


def _rewritten(value: Any, how: Callable[[str], str]) -> Any:
    kind: Any = type(value)
    if kind is str:
        return how(value)
    if value is None or kind in _BARE:
        return value
    if kind is tuple or kind is list:
        each = [_rewritten(item, how) for item in value]
        return value if all(map(is_, each, value)) else kind(each)
    if isinstance(value, Mapping):
        old = [part for pair in value.items() for part in pair]
        each = [_rewritten(part, how) for part in old]
        return value if all(map(is_, each, old)) else dict(zip(each[::2], each[1::2], strict=True))
    if names := _names(kind):
        new = {name: item for name in names if (item := _rewritten(was := getattr(value, name), how)) is not was}
        return replace(value, **new) if new else value
    return how(value) if isinstance(value, str) and not isinstance(value, Enum) else value


_BARE = frozenset({int, float, bool})


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that may hold texts of others."""
    return tuple(field.name for field in fields(kind) if field.name not in OURS) if is_dataclass(kind) else ()
