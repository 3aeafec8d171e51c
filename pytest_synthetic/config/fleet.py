"""Reads [fleet]: the broker that schedulers and agents meet at. No message repeats a password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pytest_synthetic.config import folders
from pytest_synthetic.config.settings import FleetSettings, OtherFiles
from pytest_synthetic.config.tables import text
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.config.tables import Source

SCHEMES = ("amqps", "amqp", "rediss", "redis")
LIKELY = '"amqps://USER:${BROKER_PASSWORD}@broker.example/synthetic"'


def fleet(source: Source, value: object, keys: tuple[str, ...]) -> FleetSettings:
    """Read the table. Raises ConfigError."""
    readers = {
        "broker": broker,
        "ca": text,
        "cert": text,
        "key": text,
        "other_files": _other_files,
        "grace": seconds,
        "health": seconds,
    }
    values = source.read(value, keys, readers)
    if "broker" not in values:
        raise source.complaint(keys, f"misses `broker`, such as broker = {LIKELY}")
    if ("cert" in values) != ("key" in values):
        raise source.complaint(keys, "give `cert` and `key` together: a certificate is of no use without its key")
    plain = urlsplit(values["broker"]).scheme in {"amqp", "redis"}
    if plain and (given := [key for key in ("ca", "cert", "key") if key in values]):
        raise source.complaint((*keys, given[0]), "is for a connection with TLS: the address begins with amqps:// then")
    return FleetSettings(**values)


def broker(value: object) -> str:
    """Read the address of a broker. Raises UsageError."""
    read = text(value)
    try:
        parts = urlsplit(read)
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        usable = False
    if not usable:
        raise UsageError(
            f"{shown(read)!r} is no broker that is known: expected {LIKELY}. A password with signs such as / or @ is "
            "written percent-encoded"
        )
    if parts.query or parts.fragment:
        raise UsageError("the address ends with the name of the virtual host: ? and # have no meaning there")
    return read


def shown(address: str) -> str:
    """The address as its user wrote it, without its password. One that cannot be read is cut down to its ends."""
    scheme, sign, rest = address.partition("://")
    login, at, place = rest.rpartition("@")
    user = login.partition(":")[0]
    if not sign:
        return re.sub(r".*@", "***@", address)
    return f"{scheme}://{user}:***@{place}" if at and ":" in login else f"{scheme}://{rest}"


def user_of(address: str) -> str:
    """Whom the broker knows us as."""
    return unquote(urlsplit(address).username or "guest")


def _other_files(value: object) -> OtherFiles:
    if value not in list(OtherFiles):
        raise UsageError(f"{value!r} is no way to treat them. {did_you_mean(value, OtherFiles)}")
    return OtherFiles(str(value))


def fleet_of(settings: Settings) -> FleetSettings:
    """The table. Raises ConfigError where there is none."""
    if settings.fleet is None:
        where = f" in {settings.source}" if settings.source else " in synthetic.toml"
        raise ConfigError(f"there is no table [fleet]{where}: write one with broker = {LIKELY}")
    return settings.fleet


def file_of(settings: Settings, name: str | None, root: Path) -> Path | None:
    """A file of [fleet], from the folder of the settings file. Raises ConfigError for one that is not there."""
    if name is None:
        return None
    path = folders.base_of(settings.source, root) / name
    if not path.is_file():
        raise ConfigError(f"[fleet]: {path} is no file: expected certificates or a key in PEM")
    return path
