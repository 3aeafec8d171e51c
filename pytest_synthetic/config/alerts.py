"""Reads [alerts.NAME]: who is told of what. No complaint repeats an address: they are secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config import scopes
from pytest_synthetic.config.policies import severity, verdicts
from pytest_synthetic.config.schedule import hours
from pytest_synthetic.config.times import timezone
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.alerting import LANGUAGES, Route

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source

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
    readers: dict[str, Any] = {
        **scopes.readers(source),
        "to": lambda value: _addresses(source, value),
        "on": verdicts,
        "severity": severity,
        "quiet": hours,
        "timezone": timezone,
        "language": _language,
        "secret": _secret,
    }
    values = source.read(table, keys, readers)
    if "to" not in values:
        raise source.complaint(keys, f"misses `to`, who is told: such as {_EXPECTED}")
    if "secret" in values and not any(map(_WEBHOOK.match, values["to"])):
        raise source.complaint((*keys, "secret"), "signs webhooks, and `to` has none: no address with https://")
    return Route(name=name, **values)


def _addresses(source: Source, value: object) -> tuple[str, ...]:
    """Read an address, or a list of some. Variables in a text by itself are filled in already."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise UsageError(f"expected an address or a list of them, such as {_EXPECTED}")
    if isinstance(value, list):
        found = list(source.texts(dict(enumerate(found))).values())
    found = [each.strip() for each in found]
    for number, address in enumerate(found, 1):
        if not address:
            raise UsageError(f"an empty text: expected an address, such as {_EXPECTED}")
        if not _ADDRESS.fullmatch(address):
            which = f"address {number} of {len(found)}" if len(found) > 1 else "the address"
            raise UsageError(f"{which} does not begin with a service: expected {_EXPECTED}")
    return tuple(dict.fromkeys(found))


def _language(value: object) -> str:
    if value not in LANGUAGES:
        raise UsageError(f"{value!r} is no language that alerts are written in. {did_you_mean(value, LANGUAGES)}")
    return str(value)


def _secret(value: object) -> str:
    if not isinstance(value, str) or len(value) < SHORTEST_SECRET:
        raise UsageError(f"expected a text of {SHORTEST_SECRET} characters or more, such as openssl rand -hex 32 makes")
    return value
