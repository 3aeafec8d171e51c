"""What a gateway answered, read by dotted paths: `messages`, `from.address`, `to.0`, `to.*.address`. Pure."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import InboxUnavailable, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MILLISECONDS = 1e11
"""A number of seconds this large is in the year 5138: it counts milliseconds."""
_SUBSCRIBER = 8
"""Digits by which a number is known where its country is left out."""
_PHONE = re.compile(r"\+?[\d\s().-]+", re.ASCII)


def items_of(answer: object, path: str) -> list[dict[str, Any]]:
    """The messages of a list. Raises InboxUnavailable when the path leads to none; null counts as an empty list."""
    values = list(_at(answer, path))
    if not values:
        raise InboxUnavailable(f'its answer has no list at items = "{path}": {lost(answer, path)}')
    found = values[0] if values[0] is not None else []
    if not isinstance(found, list):
        there = f"a table. {did_you_mean('messages', found)}" if isinstance(found, dict) else "no list"
        raise InboxUnavailable(f'items = "{path}" should lead to the list of messages; it leads to {there}')
    for item in found:
        if not isinstance(item, dict):
            raise InboxUnavailable(f'items = "{path}" should lead to a list of tables; there is {item!r:.40} in it')
    return found


def values_of(item: object, paths: Iterable[str]) -> Iterator[object]:
    """All that `paths` lead to, but null."""
    return (value for path in paths for value in _at(item, path) if value is not None)


def value_of(item: object, paths: Iterable[str]) -> object:
    """What the first of `paths` leads to that leads to anything but null; else None."""
    return next(values_of(item, paths), None)


def leads(item: object, paths: Iterable[str]) -> bool:
    """Whether one of `paths` leads anywhere, if only to null."""
    return any(True for path in paths for _ in _at(item, path))


def lost(item: object, path: str) -> str:
    """Where `path` ends in `item`, and what is there instead."""
    for part in path.split(".") if path else ():
        after = list(_step(item, part))
        if not after:
            if isinstance(item, dict):
                return f"there is no {part!r}. {did_you_mean(part, item)}"
            return f"{part!r} is asked of {'a list' if isinstance(item, list) else 'no table'}"
        item = after[0]
    return "it leads to nothing"


def text_of(value: object, name: str, path: str) -> str:
    """The text of a field; null is empty. Raises InboxUnavailable when it is no text but a table or a list."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        inside = f" {did_you_mean('address', value)}" if isinstance(value, dict) else ""
        kind = "table" if isinstance(value, dict) else "list"
        raise InboxUnavailable(f'{name} = "{path}" leads to a {kind}: write the path to the end.{inside}')
    # JSON can spell one half of a sign that takes two: nobody could write such a text into a report.
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def moment_of(value: object) -> tuple[datetime | None, float]:
    """A time in UTC and how exact it is, in seconds: ISO 8601, or seconds or milliseconds since 1970.

    None for what cannot be read, and for a time that does not say its zone: it would be hours wrong.
    """
    if isinstance(value, bool):
        return None, 1.0
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number is an error, told apart below
    except (TypeError, ValueError):
        return _iso(value)
    if not math.isfinite(number):
        return None, 1.0
    milliseconds = abs(number) >= _MILLISECONDS
    try:
        found = datetime.fromtimestamp(number / 1000 if milliseconds else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None, 1.0
    return found, 0.001 if milliseconds or not number.is_integer() else 1.0


def _iso(value: object) -> tuple[datetime | None, float]:
    try:
        found = datetime.fromisoformat(str(value).strip())
        return (None, 1.0) if found.tzinfo is None else (found.astimezone(UTC), 0.001 if "." in str(value) else 1.0)
    except (ValueError, OverflowError):
        return None, 1.0


def in_order(
    items: Mapping[str, dict[str, Any]], paths: Sequence[str], *, newest_first: bool
) -> dict[str, dict[str, Any]]:
    """`items` as they arrived: by their times when all have one, and where these are the same as they are listed."""
    listed = list(items.items())
    if newest_first:
        listed.reverse()
    times = [_sortable(value_of(item, paths)) for _, item in listed]
    if None in times:
        return dict(listed)
    return dict(pair for _, pair in sorted(zip(times, listed, strict=True), key=lambda timed: timed[0] or 0.0))


def is_to(value: object, address: str) -> bool:
    """Whether `value`, a text, a number or a list of these, names `address`.

    Mails count without case and with a name before them; phone numbers by their digits, also without the country.
    """
    if isinstance(value, list):
        return any(is_to(one, address) for one in value)
    given, wanted = str(value).strip().casefold(), address.strip().casefold()
    if given == wanted:
        return True
    if "@" in given:
        return any(mail == wanted for _, mail in getaddresses([given]))
    return bool(_PHONE.fullmatch(given) and _PHONE.fullmatch(wanted)) and _same_number(given, wanted)


def _same_number(one: str, other: str) -> bool:
    short, long = sorted((re.sub(r"\D", "", text).lstrip("0") for text in (one, other)), key=len)
    return long.endswith(short) and len(short) >= _SUBSCRIBER


def _sortable(value: object) -> float | None:
    found, _ = moment_of(value)
    return None if found is None else found.timestamp()


def _at(value: object, path: str) -> Iterator[object]:
    values: Iterable[object] = [value]
    for part in path.split(".") if path else ():
        values = [after for before in values for after in _step(before, part)]
    yield from values


def _step(value: object, part: str) -> Iterator[object]:
    if isinstance(value, dict) and part in value:
        yield value[part]
    elif isinstance(value, list) and part == "*":
        yield from value
    elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        yield value[int(part)]
