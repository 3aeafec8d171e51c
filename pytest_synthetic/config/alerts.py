"""Reads [alerts.NAME]: who is told of what. No complaint repeats an address: they are secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_synthetic.config.schedule import hours
from pytest_synthetic.config.times import timezone
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.alerting import ALERTING, Route, Severity
from pytest_synthetic.model.journey import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_synthetic.config.tables import Source

    Name = TypeVar("Name", bound=str)

LANGUAGES = ("en", "fr")
SHORTEST_SECRET = 16
"""Characters. Whoever sees one signed message can try all shorter ones."""
_EXPECTED = '"slack://...", "mailto://..." or, for a webhook of your own, "https://..."'
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*|46elks)://\S.*", re.IGNORECASE)
_WEBHOOK = re.compile(r"https?://", re.IGNORECASE)


def alerts(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, Route]:
    """Read the tables. Raises ConfigError. Whether a service is known is seen when something is to be sent."""
    if not isinstance(value, dict):
        raise UsageError(f"expected tables [{'.'.join(keys)}.NAME] with `to`, such as to = [{_EXPECTED}]")
    for name, table in value.items():
        if not isinstance(table, dict):
            raise source.complaint(
                (*keys, name), f"expected a table [{'.'.join((*keys, name))}] with `to`, such as {_EXPECTED}"
            )
    return {name: _route(source, name, table, (*keys, name)) for name, table in value.items()}


def _route(source: Source, name: str, table: dict[str, object], keys: tuple[str, ...]) -> Route:
    def named(value: object) -> tuple[str, ...]:
        return tuple(_texts(source, value, 'a text or a list of texts such as ["..."]'))

    readers: dict[str, Callable[[object], Any]] = {
        "to": lambda value: _addresses(source, value),
        "on": lambda value: tuple(_one_of(ALERTING, "verdict that is alerted on", each) for each in named(value)),
        "severity": lambda value: _one_of(Severity, "severity", value),
        "journeys": named,
        "stages": lambda value: tuple(str(_one_of(Stage, "stage", each)) for each in named(value)),
        "owners": named,
        "quiet": hours,
        "timezone": timezone,
        "language": lambda value: _one_of(LANGUAGES, "language that alerts are written in", value),
        "secret": _secret,
    }
    values = source.read(table, keys, readers)
    if "to" not in values:
        raise source.complaint(keys, f"misses `to`, who is told: such as {_EXPECTED}")
    if "secret" in values and not any(map(_WEBHOOK.match, values["to"])):
        raise source.complaint((*keys, "secret"), "signs webhooks, and `to` has none: no address with https://")
    return Route(name=name, **values)


def _addresses(source: Source, value: object) -> tuple[str, ...]:
    found = _texts(source, value, f"an address or a list of them, such as {_EXPECTED}")
    for number, address in enumerate(found, 1):
        if not _ADDRESS.fullmatch(address):
            which = f"address {number} of {len(found)}" if len(found) > 1 else "the address"
            raise UsageError(f"{which} does not begin with a service: expected {_EXPECTED}")
    return tuple(dict.fromkeys(found))


def _texts(source: Source, value: object, expected: str) -> list[str]:
    """Read a text, or a list of some. What it holds is not repeated. An empty list could mean none, or all."""
    listed = value if isinstance(value, list) else [value]
    texts = [each for each in listed if isinstance(each, str)]
    if not texts or len(texts) < len(listed):
        raise UsageError(f"expected {expected}")
    read = [each.strip() for each in source.texts({str(number): each for number, each in enumerate(texts)}).values()]
    if not all(read):
        raise UsageError(f"an empty text: expected {expected}")
    return read


def _one_of(valid: Iterable[Name], called: str, value: object) -> Name:
    for each in valid:
        if value == each:
            return each
    raise UsageError(f"{value!r} is no {called}. {did_you_mean(value, valid)}")


def _secret(value: object) -> str:
    if not isinstance(value, str) or len(value) < SHORTEST_SECRET:
        raise UsageError(f"expected a text of {SHORTEST_SECRET} characters or more, such as openssl rand -hex 32 makes")
    return value
