"""The redactor that the settings ask for: it knows what they declare as secret, and what they hold that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_synthetic.config.secret_sources import SecretSources
from pytest_synthetic.core.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_synthetic.config.scopes import Scoped
    from pytest_synthetic.config.settings import MetricsSettings, Settings
    from pytest_synthetic.model.alerting import Route

_SHORT = 8
"""Characters from which on a part of an address may be a token."""
_LONG = 20
"""Characters from which on one is a token although it has no digit."""
_WORDS = re.compile(r"/[a-z]+(?:[-_][a-z]+)*/?", re.IGNORECASE)
"""A path of a webhook that is a name, such as `/payments`."""
_HOST = re.compile(r"(?:[^@:]+@)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?|\d+(?:\.\d+){3}(?::\d+)?|localhost:\d+")
_SECRET_NAME = re.compile(r"(?:token|secret|password|key|authorization|cookie)$", re.IGNORECASE)


def opened(settings: Settings, environ: Mapping[str, str], root: Path) -> tuple[Redactor, SecretSources]:
    """The redactor of a process, told all that is at hand, and where it gets the other secrets. Raises ConfigError.

    `root` is what the paths of secrets are relative to where there is no settings file.
    """
    asked = settings.redact
    redactor = Redactor(headers=asked.headers, fields=asked.fields, patterns=asked.patterns)
    folder = settings.source.parent if settings.source else root
    sources = SecretSources(settings.secrets, environ, folder, redactor)
    sources.declare_at_hand()
    for value in in_settings(settings):
        redactor.learn("token", value)
    return redactor, sources


def in_settings(settings: Settings) -> Iterator[str]:
    """What the settings themselves hold that is secret: seeds of codes, tokens, logins, passwords, headers."""
    yield from (account.secret for account in settings.otp.values())
    for inbox in settings.inboxes.values():
        yield from _named(inbox.options)
    for region in settings.regions.values():
        yield from _named(region.headers)
        yield from _passwords(region.proxy, region.remote_browser)
    yield from _passwords(settings.history.url if settings.history else None)
    yield from _passwords(settings.fleet.broker if settings.fleet else None)
    yield from _in_metrics(settings.metrics)
    yield from _in_addresses(settings.watch.heartbeat, settings.watch.heartbeat_fail)
    yield from _in_queries(settings.control.url if settings.control else ())
    told = _named_openly(settings)
    for route in settings.alerts.values():
        yield from (value for value in _in_route(route) if value not in told)


def _named_openly(settings: Settings) -> frozenset[str]:
    """Owners and journeys that the settings name: masked, as a part of some address, no route would know them."""
    scopes: tuple[Scoped, ...] = (*settings.alerts.values(), *settings.policies.values())
    return frozenset(name for scope in scopes for name in (*scope.owners, *scope.journeys))


def _passwords(*urls: str | None) -> Iterator[str]:
    """As they stand in an address, and as they are."""
    for password in filter(None, map(_password, filter(None, urls))):
        yield from dict.fromkeys((password, unquote(password)))


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:  # brackets that hold no address
        return None


def _in_metrics(metrics: MetricsSettings) -> Iterator[str]:
    """Tokens of status pages, and what a collector is sent to know us by, with and without its `Bearer`.

    A header that is one word, such as the name of a tenant, is no secret: it would be masked wherever it stands.
    """
    yield from (page.token for page in metrics.push.values())
    for header in metrics.otlp_headers.values():
        if not header.isalpha():
            yield from dict.fromkeys((header, header.rpartition(" ")[2]))


def _in_addresses(*urls: str | None) -> Iterator[str]:
    """An address that is a secret: whole, without its host, and the parts that look like a token."""
    for url in filter(None, urls):
        parts = urlsplit(url)
        yield url
        if len(parts.path) > _SHORT:
            yield parts.path
        yield from _passwords(url)
        pieces = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
        yield from (piece for piece in pieces if len(piece) >= _SHORT and any(map(str.isdigit, piece)))


def _in_route(route: Route) -> Iterator[str]:
    """The secret of webhooks, the addresses, and what may be a token in them: each service has it elsewhere.

    A path that is a name is no secret: an owner that is called so would be masked, and no route would be told.
    """
    if route.secret:
        yield route.secret
    for address in route.to:
        yield address
        yield from _passwords(address)
        if re.match(r"https?://[^\[\]]*$", address, re.IGNORECASE):
            yield from (each for each in _in_addresses(address) if len(each) > _LONG or not _WORDS.fullmatch(each))
        yield from _tokens(address)
    for told in route.partly:
        yield from _passwords(told)
        yield from _tokens(told if "://" in told else f"://{told}")


def _tokens(address: str) -> Iterator[str]:
    return filter(_may_be_token, pieces(address))


def pieces(address: str) -> tuple[str, ...]:
    """What an address of a service is made of, but its scheme: each as it stands there, and as it is meant."""
    parts = re.split(r"[/:@?&=#,\s]+", address.partition("://")[2])
    whole = [part for part in re.split(r"[/?&=#,\s]+", address.partition("://")[2]) if ":" in part or "@" in part]
    return tuple(dict.fromkeys(each for part in (*parts, *whole) if part for each in (part, unquote(part))))


def _may_be_token(piece: str) -> bool:
    """Whether it has a digit, or is longer than words are, and is no host and no address of a mailbox."""
    if len(piece) < _SHORT or _HOST.fullmatch(piece):
        return False
    return any(map(str.isdigit, piece)) or len(piece) >= _LONG


def _in_queries(urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        yield from _named(dict(parse_qsl(urlsplit(url).query)))


def _named(table: Mapping[str, object]) -> Iterator[str]:
    """What is secret by its name, in the tables inside too; of `Bearer abc` the second word by itself as well."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _named(value)
        elif isinstance(value, str) and _SECRET_NAME.search(name):
            yield from dict.fromkeys((value, value.rpartition(" ")[2]))
