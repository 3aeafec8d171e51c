"""Where a journey runs from, and over what line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL = "local"
"""The region of a run that names none: this machine, as it is."""


DESKTOP = "desktop"
"""The device of a run that emulates none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geolocation:
    """A place on earth, in degrees; `accuracy` in metres."""

    latitude: float
    longitude: float
    accuracy: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A vantage point: how its traffic leaves, and what a customer there brings along.

    `proxy` is an `http://`, `https://` or `socks5://` URL; `playwright_server` a `ws://` endpoint of
    `playwright run-server`; `cdp_endpoint` an `http://` or `ws://` endpoint of a Chromium.
    `here` says that this machine stands in the region: its traffic leaves directly.
    """

    name: str
    proxy: str | None = None
    playwright_server: str | None = None
    cdp_endpoint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    locale: str | None = None
    timezone: str | None = None
    geolocation: Geolocation | None = None
    base_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    here: bool = False

    @property
    def egress(self) -> str | None:
        """The proxy that this region's traffic crosses, or None when it leaves directly."""
        return None if self.here else self.proxy

    @property
    def remote_browser(self) -> str | None:
        """The endpoint of the region's browser, or None when a browser of this machine is used."""
        return None if self.here else self.playwright_server or self.cdp_endpoint

    @property
    def reachable(self) -> bool:
        """Whether any traffic can leave from this region."""
        return self.here or bool(self.proxy or self.remote_browser)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A line's quality: bytes a second down and up, seconds of added latency. Offline when `download` is 0."""

    name: str
    download: float
    upload: float
    latency: float


# The presets of Chrome DevTools (front_end/core/sdk/NetworkManager.ts), whose numbers Lighthouse and
# WebPageTest users know; "4g" is the one DevTools calls "Fast 4G", "3g" the one it called "Fast 3G".
NETWORKS = {
    preset.name: preset
    for preset in (
        Network(name="slow-3g", download=50_000, upload=50_000, latency=2.0),
        Network(name="3g", download=180_000, upload=84_375, latency=0.5625),
        Network(name="4g", download=1_012_500, upload=168_750, latency=0.165),
        Network(name="offline", download=0, upload=0, latency=0.0),
    )
}

_RATE = {"bit/s": 1 / 8, "kbit/s": 125.0, "Mbit/s": 125_000.0}


def bytes_per_second(value: object) -> float:
    """Read a line's rate such as `"1.6 Mbit/s"`; raises UsageError for anything else."""
    number, _, unit = str(value).strip().partition(" ")
    try:
        rate = float(number) * _RATE[unit.strip()]
    except (ValueError, KeyError):
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise UsageError(f'{value!r} is not a rate; expected such as "400 kbit/s" or "1.6 Mbit/s"')
    return rate
