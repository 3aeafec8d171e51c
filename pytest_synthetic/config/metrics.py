"""Reads [metrics]: where figures of the runs go. No message repeats a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_synthetic.config.settings import MetricsSettings, PushSettings, PushTo
from pytest_synthetic.config.tables import text, url
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source

PLACEHOLDERS = ("journey", "name", "region", "device")
"""What the key of an endpoint may hold in braces: the journey's id and name, and where the run was."""
KUMA_PATH = "/api/push/"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def metrics(source: Source, value: object, keys: tuple[str, ...]) -> MetricsSettings:
    """Read the table. Raises ConfigError."""
    readers = {
        "prometheus": _prom_file,
        "otlp": _collector,
        "otlp_headers": lambda headers: _headers(source, headers, (*keys, "otlp_headers")),
        "timeout": seconds,
        "push": lambda pages: _pages(source, pages, (*keys, "push")),
    }
    return MetricsSettings(**source.read(value, keys, readers))


def _prom_file(value: object) -> str:
    path = text(value)
    if not path.endswith(".prom"):
        raise UsageError(f"expected a path that ends in .prom, node_exporter reads no others; got {path!r}")
    return path


def _collector(value: object) -> str:
    address = url("http", "https")(value)
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise UsageError('write the login as otlp_headers = { Authorization = "${OTLP_LOGIN}" }, not into the address')
    if parts.query or parts.fragment or parts.path.rstrip("/").endswith(("/v1/traces", "/v1/metrics")):
        raise UsageError("expected the collector's base address: /v1/traces and /v1/metrics are put behind it")
    return address.rstrip("/")


def _headers(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) and item.strip() for item in value.values()):
        raise UsageError('expected a table of texts such as { Authorization = "Bearer ${OTLP_TOKEN}" }')
    headers = {name: str(source.expanded(item, (*keys, name))).strip() for name, item in value.items()}
    for name, item in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not item.isascii() or not item.isprintable():
            raise source.complaint((*keys, name), "is no header that can be sent: expected printable ASCII")
    return headers


def _pages(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, PushSettings]:
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise UsageError(f'expected tables [{".".join(keys)}.NAME] with to = "gatus" or "uptime-kuma"')
    return {name: _page(source, name, table, (*keys, name)) for name, table in value.items()}


def _page(source: Source, name: str, value: object, keys: tuple[str, ...]) -> PushSettings:
    readers = {"to": _kind, "url": _address, "token": _token, "key": _key, "journey": text, "region": text}
    values = source.read(value, keys, readers)
    needed = ["to", "url", "token"]
    if values.get("to") is PushTo.GATUS:
        needed.append("key")
    elif values.get("to") is PushTo.UPTIME_KUMA:
        needed.append("journey")  # a monitor has one state: those of several journeys would overwrite each other
        if "key" in values:
            raise source.complaint((*keys, "key"), "is for Gatus: a push monitor of Uptime Kuma goes by its token")
    if missing := [key for key in needed if key not in values]:
        raise source.complaint(keys, f"misses {', '.join(missing)}")
    return PushSettings(name=name, **values)


def _kind(value: object) -> PushTo:
    if value not in list(PushTo):
        raise UsageError(f"{value!r} is no kind of status page. {did_you_mean(value, PushTo)}")
    return PushTo(str(value))


def _address(value: object) -> str:
    if isinstance(value, str) and KUMA_PATH in value:  # what follows is the token: it is not repeated
        raise UsageError(f"write what stands before {KUMA_PATH} as `url`, and the token behind it as `token`")
    address = url("http", "https")(value)
    parts = urlsplit(address)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError("expected an address such as https://status.example, without login, ? and #")
    return address.rstrip("/")


def _token(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError('expected a text, such as token = "${STATUS_TOKEN}"')
    token = value.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise UsageError("holds a space or a sign that is no ASCII: it was copied wrongly")
    return token


def _key(value: object) -> str:
    template = text(value)
    for name in re.findall(r"\{([^{}]*)\}", template):
        if name not in PLACEHOLDERS:
            raise UsageError(f"no placeholder {{{name}}}. {did_you_mean(name, PLACEHOLDERS)}")
    if not re.fullmatch(r"[^\s/?#{}]*(\{\w+\}[^\s/?#{}]*)*", template):
        raise UsageError(f'expected GROUP_NAME as Gatus shows it, such as "journeys_checkout", got {template!r}')
    return template
