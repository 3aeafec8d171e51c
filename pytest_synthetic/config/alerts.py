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
    from collections.abc import Iterable

    from pytest_synthetic.config.tables import Filled, Source

SHORTEST_SECRET = 16
"""Characters. Whoever sees one signed message can try all shorter ones."""
_EXPECTED = '"slack://...", "mailto://..." or, for a webhook of your own, "https://..."'
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*|46elks)://\S.*", re.IGNORECASE)
_WEBHOOK = re.compile(r"https?://", re.IGNORECASE)


def alerts(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, Route]:
    """Read the tables. Raises ConfigError.

    Whether a service is known, and the variables in addresses are set, matters when something is to be sent.
    """
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
        "secret": lambda value: _secret(source, value),
    }
    values = source.read(table, keys, readers, as_written=("to", "secret"))
    if "to" not in values:
        raise source.complaint(keys, f"misses `to`, who is told: such as {_EXPECTED}")
    to, secret = values.pop("to"), values.pop("secret", [])
    if secret and not any(each.unset or _WEBHOOK.match(each.text) for each in to):
        raise source.complaint((*keys, "secret"), "signs webhooks, and `to` has none: no address with https://")
    lacking = [(key, each) for key, texts in (("to", to), ("secret", secret)) for each in texts if each.unset]
    return Route(
        name=name,
        to=_whole(to),
        secret=next(iter(_whole(secret)), None),
        unset=next((str(source.complaint((*keys, key), each.unset)) for key, each in lacking), None),
        partly=tuple(each.text for _, each in lacking),
        **values,
    )


def _whole(texts: Iterable[Filled]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.text for each in texts if not each.unset))


def _addresses(source: Source, value: object) -> list[Filled]:
    """Read an address, or a list of some."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise UsageError(f"expected an address or a list of them, such as {_EXPECTED}")
    filled = [source.filled(each.strip()) for each in found]
    for number, (address, unset) in enumerate(filled, 1):
        if unset:
            continue
        if not address.strip():
            raise UsageError(f"an empty text: expected an address, such as {_EXPECTED}")
        if not _ADDRESS.fullmatch(address.strip()):
            which = f"address {number} of {len(found)}" if len(found) > 1 else "the address"
            raise UsageError(f"{which} does not begin with a service: expected {_EXPECTED}")
    return [each._replace(text=each.text.strip()) for each in filled]


def _language(value: object) -> str:
    if value not in LANGUAGES:
        raise UsageError(f"{value!r} is no language that alerts are written in. {did_you_mean(value, LANGUAGES)}")
    return str(value)


def _secret(source: Source, value: object) -> list[Filled]:
    filled = source.filled(value) if isinstance(value, str) else None
    if filled is None or (not filled.unset and len(filled.text) < SHORTEST_SECRET):
        raise UsageError(f"expected a text of {SHORTEST_SECRET} characters or more, such as openssl rand -hex 32 makes")
    return [filled]
