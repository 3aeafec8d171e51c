"""Find the settings file and read it into Settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config import schedule
from pytest_synthetic.config.alerts import alerts
from pytest_synthetic.config.browser import browser
from pytest_synthetic.config.evidence import evidence
from pytest_synthetic.config.fleet import fleet
from pytest_synthetic.config.history import history
from pytest_synthetic.config.maintenance import maintenance
from pytest_synthetic.config.metrics import metrics
from pytest_synthetic.config.policies import policies
from pytest_synthetic.config.production import production
from pytest_synthetic.config.redaction import redact, secrets
from pytest_synthetic.config.runner import runner
from pytest_synthetic.config.settings import (
    ApiSettings,
    ConfirmSettings,
    CreatedSettings,
    InboxSettings,
    OtpSettings,
    Settings,
    SlaMode,
)
from pytest_synthetic.config.tables import Source, number, switch, text, url
from pytest_synthetic.config.times import timezone
from pytest_synthetic.config.watch import control, watch
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean
from pytest_synthetic.model.region import LOCAL, NETWORKS, Geolocation, Network, Region, bytes_per_second
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAME = "synthetic.toml"
HERE = "SYNTHETIC_HERE"


def find(folders: Sequence[Path]) -> Path | None:
    """The settings file nearest to `folders`, each searched upwards: synthetic.toml, or pyproject.toml with our table.

    Raises ConfigError when one folder has both: nobody could say which counts.
    """
    for start in folders:
        for folder in (start, *start.parents):
            own, shared = folder / NAME, folder / "pyproject.toml"
            has_table = shared.is_file() and "[tool.synthetic" in shared.read_text(encoding="utf-8", errors="replace")
            if own.is_file() and has_table:
                raise ConfigError(f"{own} and [tool.synthetic] in {shared} both hold settings: keep one of them")
            if own.is_file() or has_table:
                return own if own.is_file() else shared
    return None


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings at `path`; the defaults when there is none. Raises ConfigError."""
    if path is None:
        return _standing(Settings(), environ)
    source = Source(path=path, text=text_of(path), environ=environ)
    table = _parsed(source)
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("synthetic", {})
        return _standing(_settings(source, table, ("tool", "synthetic")), environ)
    return _standing(_settings(source, table, ()), environ)


def text_of(path: Path) -> str:
    """The text of a file. Raises ConfigError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start}: not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _parsed(source: Source) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        at = str(error).partition("(at line ")[2].partition(",")[0]
        line = source.text.splitlines()[int(at) - 1].strip() if at.isdigit() else ""
        shown = re.sub(r"://.*", "://…", line)  # a slip of the pen shows no login, no token
        raise ConfigError(
            f"{source.path}:{at or '?'}: not valid TOML: {error}" + (f": {shown}" if shown else "")
        ) from None


def _settings(source: Source, table: dict[str, Any], keys: tuple[str, ...]) -> Settings:
    values = source.read(
        table,
        keys,
        {
            "product": text,
            "base_url": url("http", "https"),
            "report_url": url("http", "https"),
            "sla": _sla_mode,
            "artifacts": text,
            "alerts": lambda value: alerts(source, value, (*keys, "alerts")),
            "api": lambda value: _api(source, value, (*keys, "api")),
            "browser": lambda value: browser(source, value, (*keys, "browser")),
            "control": lambda value: control(source, value, (*keys, "control")),
            "created": lambda value: _created(source, value, (*keys, "created")),
            "production": lambda value: production(source, value, (*keys, "production")),
            "evidence": lambda value: evidence(source, value, (*keys, "evidence")),
            "fleet": lambda value: fleet(source, value, (*keys, "fleet")),
            "history": lambda value: history(source, value, (*keys, "history")),
            "confirm": lambda value: _confirm(source, value, (*keys, "confirm")),
            "maintenance": lambda value: maintenance(source, value, (*keys, "maintenance")),
            "maintenance_file": text,
            "policies": lambda value: policies(source, value, (*keys, "policies")),
            "regions": lambda value: _regions(source, value, (*keys, "regions")),
            "networks": lambda value: _networks(source, value, (*keys, "networks")),
            "inboxes": lambda value: _inboxes(source, value, (*keys, "inboxes")),
            "metrics": lambda value: metrics(source, value, (*keys, "metrics")),
            "otp": lambda value: _otp(source, value, (*keys, "otp")),
            "redact": lambda value: redact(source, value, (*keys, "redact")),
            "schedule": lambda value: schedule.settings(source, value, (*keys, "schedule")),
            "runner": lambda value: runner(source, value, (*keys, "runner")),
            "secrets": lambda value: secrets(source, value, (*keys, "secrets")),
            "watch": lambda value: watch(source, value, (*keys, "watch")),
        },
    )
    return Settings(source=source.path, **values)


def _sla_mode(value: object) -> SlaMode:
    if value not in list(SlaMode):
        raise UsageError(f"{value!r} is no SLA mode. {did_you_mean(value, SlaMode)}")
    return SlaMode(str(value))


def _api(source: Source, value: object, keys: tuple[str, ...]) -> ApiSettings:
    readers = {"deadline": seconds, "connect_timeout": seconds, "max_body": _bytes}
    return ApiSettings(**source.read(value, keys, readers))


def _created(source: Source, value: object, keys: tuple[str, ...]) -> CreatedSettings:
    return CreatedSettings(**source.read(value, keys, {"timeout": seconds}))


def _confirm(source: Source, value: object, keys: tuple[str, ...]) -> ConfirmSettings:
    readers = dict.fromkeys(("same_region", "other_region", "mutates"), switch)
    return ConfirmSettings(**source.read(value, keys, readers))


def _bytes(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UsageError(f"expected a whole number of bytes above zero, got {value!r}")
    return value


def _regions(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, Region]:
    if not isinstance(value, dict):
        raise UsageError("expected tables [regions.NAME]")
    if LOCAL in value:
        raise UsageError(f'"{LOCAL}" is the name of a run without a region; choose another name')
    return {name: _region(source, name, table, (*keys, name)) for name, table in value.items()}


def _region(source: Source, name: str, value: object, keys: tuple[str, ...]) -> Region:
    readers = {
        "proxy": _proxy,
        "playwright_server": url("ws", "wss"),
        "cdp_endpoint": url("http", "https", "ws", "wss"),
        "headers": source.texts,
        "locale": text,
        "timezone": timezone,
        "geolocation": lambda place: _geolocation(source, place, (*keys, "geolocation")),
        "base_url": url("http", "https"),
        "labels": source.texts,
    }
    values = source.read(value, keys, readers)
    if "playwright_server" in values and "cdp_endpoint" in values:
        raise source.complaint(keys, "give `playwright_server` or `cdp_endpoint`, not both")
    return Region(name=name, **values)


def _proxy(value: object) -> str:
    read = url("http", "https", "socks5")(value)
    if read.startswith("socks5://") and "@" in read:
        raise UsageError("Chromium cannot log in to a SOCKS proxy: use an http:// proxy, or one without a password")
    return read


def _geolocation(source: Source, value: object, keys: tuple[str, ...]) -> Geolocation:
    values = source.read(value, keys, {"latitude": number, "longitude": number, "accuracy": number})
    if not {"latitude", "longitude"} <= set(values):
        raise UsageError("expected { latitude = 48.9, longitude = 2.3 }")
    place = Geolocation(**values)
    if abs(place.latitude) > 90 or abs(place.longitude) > 180 or place.accuracy < 0:
        raise UsageError(f"latitude {place.latitude}, longitude {place.longitude} is no place on earth")
    return place


def _networks(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, Network]:
    if not isinstance(value, dict):
        raise UsageError("expected tables [networks.NAME]")
    own = {name: _network(source, name, table, (*keys, name)) for name, table in value.items()}
    return {**NETWORKS, **own}


def _network(source: Source, name: str, value: object, keys: tuple[str, ...]) -> Network:
    readers = {"download": bytes_per_second, "upload": bytes_per_second, "latency": seconds}
    values = source.read(value, keys, readers)
    if missing := [key for key in readers if key not in values]:
        raise source.complaint(keys, f"misses {', '.join(missing)}")
    return Network(name=name, **values)


def _inboxes(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, InboxSettings]:
    if not isinstance(value, dict):
        raise UsageError("expected tables [inboxes.NAME]")
    return {name: _inbox(source, name, table, (*keys, name)) for name, table in value.items()}


def _inbox(source: Source, name: str, value: object, keys: tuple[str, ...]) -> InboxSettings:
    """Read one inbox; what is not ours is its provider's, who alone knows it."""
    if not isinstance(value, dict) or "provider" not in value:
        raise source.complaint(keys, 'misses `provider`, such as "twilio" or "imap"')
    ours = {"provider": text, "lease_timeout": seconds, "give_up": seconds}
    values = source.read({key: item for key, item in value.items() if key in ours}, keys, ours)
    options = {key: source.expanded(item, (*keys, key)) for key, item in value.items() if key not in ours}
    return InboxSettings(name=name, options=options, **values)


def _otp(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, OtpSettings]:
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise UsageError('expected tables [otp.NAME] with secret = "${...}"')
    return {name: _account(source, table, (*keys, name)) for name, table in value.items()}


def _account(source: Source, value: object, keys: tuple[str, ...]) -> OtpSettings:
    readers = {"secret": text, "digits": _digits, "period": _period, "algorithm": text}
    values = source.read(value, keys, readers)
    if "secret" not in values:
        raise source.complaint(keys, "misses `secret`, the text beside the QR code or its otpauth:// address")
    return OtpSettings(**values)


def _period(value: object) -> int:
    found = seconds(value)
    if found < 1 or found != int(found):
        raise UsageError(f"expected whole seconds, got {value!r}")
    return int(found)


def _digits(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"expected a whole number of digits, got {value!r}")
    return value


def _standing(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """`settings` with the region this machine stands in marked. Raises ConfigError for a region without a table."""
    from dataclasses import replace

    here = environ.get(HERE)
    if not here or here == LOCAL:
        return settings
    if here not in settings.regions:
        raise ConfigError(f"{HERE}={here}: no such region. {did_you_mean(here, settings.regions)}")
    return replace(settings, regions={**settings.regions, here: replace(settings.regions[here], here=True)})
