"""Reads [redact] and [secrets]: what is kept out of the reports, and where secrets come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_synthetic.config.settings import RedactSettings, SecretSettings
from pytest_synthetic.config.tables import text
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source


def redact(source: Source, value: object, keys: tuple[str, ...]) -> RedactSettings:
    """Read [redact]. Raises ConfigError."""
    return RedactSettings(**source.read(value, keys, {"patterns": _patterns, "headers": _names, "fields": _names}))


def secrets(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, SecretSettings]:
    """Read [secrets]. Raises ConfigError."""
    if not isinstance(value, dict):
        raise UsageError('expected a table [secrets] such as SHOP_PASSWORD = { env = "SHOP_PASSWORD" }')
    return {name: _secret(source, name, table, (*keys, name)) for name, table in value.items()}


def _secret(source: Source, name: str, value: object, keys: tuple[str, ...]) -> SecretSettings:
    if not isinstance(value, dict):  # it may be the secret itself: it is not repeated
        raise source.complaint(
            keys, 'expected where the secret is, such as { env = "SHOP_PASSWORD" }, never the secret'
        )
    values = source.read(value, keys, {"env": text, "file": text, "command": _command, "provider": text})
    if len(values) != 1:
        raise source.complaint(keys, "give one of `env`, `file`, `command` and `provider`")
    return SecretSettings(name=name, **values)


def _command(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise UsageError(
            'expected a list of arguments, such as ["vault", "kv", "get", "-field=password", "secret/shop"]'
        )
    return tuple(value)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and len(item.strip()) > 1 for item in value):
        raise UsageError(
            f'expected a list of names of two characters or more, such as ["x-shop-ticket"], got {value!r}'
        )
    return tuple(item.strip() for item in value)


def _patterns(value: object) -> tuple[re.Pattern[str], ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'expected a list of regular expressions, such as ["cust-[0-9]+"], got {value!r}')
    return tuple(map(_pattern, value))


def _pattern(value: str) -> re.Pattern[str]:
    try:
        found = re.compile(value)
    except re.error as error:
        raise UsageError(f"{value!r} is no regular expression: {error}") from None
    if found.search(""):
        raise UsageError(f"{value!r} also fits an empty text: it would be found between any two characters")
    return found
