"""Reads [production]: what journeys may do to the product they watch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config.settings import ProductionSettings
from pytest_synthetic.config.tables import switch, text
from pytest_synthetic.core.guard import AccountRoute
from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_HOST = re.compile(r"(\*\.)?([\w-]+\.)*[\w-]+(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?|\*")
_NOT_IN_BROWSERS = re.compile(r"\(\?(?![:=!]|<[=!])|\\[AZ]")


def production(source: Source, value: object, keys: tuple[str, ...]) -> ProductionSettings:
    """Read the table. Raises ConfigError."""
    readers = {
        "guard": switch,
        "allowed_hosts": _hosts,
        "allowed_resources": _hosts,
        "read_only": switch,
        "read_only_posts": _patterns,
        "refused_methods": _methods,
        "forbidden": _patterns,
        "max_requests": _count,
        "max_requests_per_minute": _count,
        "max_runs_per_hour": _count,
        "stop_file": text,
        "test_accounts": _texts,
        "account_routes": lambda routes: _routes(source, routes, (*keys, "account_routes")),
    }
    settings = ProductionSettings(**source.read(value, keys, readers))
    if settings.guard and not settings.allowed_hosts:
        raise source.complaint(keys, 'misses `allowed_hosts`, such as ["shop.example", "*.shop.example"]')
    if bool(settings.test_accounts) != bool(settings.account_routes):
        raise source.complaint(keys, "`test_accounts` and `account_routes` need each other")
    return settings


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UsageError(f"expected a whole number above zero, got {value!r}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UsageError(f'expected a list of texts such as ["..."], got {value!r}')
    return tuple(text(item) for item in value)


def _hosts(value: object) -> tuple[str, ...]:
    return tuple(_host(item) for item in _texts(value))


def _host(name: str) -> str:
    """A host as browsers write it: lower case, and other letters than those of English as `xn--`."""
    host = name.lower()
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise UsageError(f"{name!r} is no name of a host") from None
    if not _HOST.fullmatch(host):
        bare = re.sub(r"^\w+://|/.*$", "", host)
        hint = f' Did you mean "{bare}"?' if bare != host and _HOST.fullmatch(bare) else ""
        raise UsageError(f'{name!r} is no host such as "shop.example", "*.shop.example" or "localhost:8080".{hint}')
    return host


def _patterns(value: object) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(item) for item in _texts(value))


def _pattern(expression: str) -> re.Pattern[str]:
    """A regular expression on a URL; some are given to the browser, which reads most of Python's, but not all."""
    if found := _NOT_IN_BROWSERS.search(expression):
        raise UsageError(f"{expression!r}: browsers do not understand {found[0]!r}; write it without")
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise UsageError(f"{expression!r} is no regular expression: {error}") from None
    if pattern.search(""):
        raise UsageError(f"{expression!r} fits every address")
    return pattern


def _methods(value: object) -> tuple[str, ...]:
    names = tuple(name.upper() for name in _texts(value))
    for name in names:
        if name not in METHODS:
            raise UsageError(f"{name!r} is no method. {did_you_mean(name, METHODS)}")
    return names


def _routes(source: Source, value: Any, keys: tuple[str, ...]) -> tuple[AccountRoute, ...]:
    readers = {"url": lambda item: _pattern(text(item)), "field": text}
    routes = [source.read(table, keys, readers) for table in value] if isinstance(value, list) else []
    if not routes or any(len(route) < 2 for route in routes):
        raise UsageError('expected a list such as [{ url = "/orders$", field = "email" }]')
    return tuple(AccountRoute(**route) for route in routes)
