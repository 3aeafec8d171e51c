"""Everything a user can set, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_synthetic.errors import ConfigError, did_you_mean
from pytest_synthetic.model.region import LOCAL, NETWORKS, Network, Region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class SlaMode(StrEnum):
    """What a broken promise does to the test."""

    FAIL = "fail"
    """The run is `degraded` and the test fails."""
    WARN = "warn"
    """The run is `degraded`, the test passes and is shown as DEGRADED."""
    OFF = "off"
    """Promises are recorded, not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Bounds of the `api` fixture: `deadline` and `connect_timeout` in seconds, `max_body` in bytes."""

    deadline: float = 30.0
    connect_timeout: float = 5.0
    max_body: int = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSettings:
    """One inbox: the name its provider is registered under, and what the provider is given.

    `options` are the provider's own settings, `${NAME}` already replaced; `lease_timeout` and `give_up` in seconds.
    """

    name: str
    provider: str
    options: Mapping[str, object] = field(default_factory=dict)
    lease_timeout: float = 60.0
    give_up: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OtpSettings:
    """One account of an authenticator app: `secret` in base32 or an otpauth:// address, `period` in seconds."""

    secret: str = field(repr=False)
    digits: int = 6
    period: int = 30
    algorithm: str = "sha1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one session. `source` is the file they were read from, None when there is none."""

    source: Path | None = None
    product: str = "product"
    base_url: str | None = None
    sla: SlaMode = SlaMode.FAIL
    artifacts: str = ".synthetic/artifacts"
    api: ApiSettings = field(default_factory=ApiSettings)
    regions: Mapping[str, Region] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=lambda: dict(NETWORKS))
    inboxes: Mapping[str, InboxSettings] = field(default_factory=dict)
    otp: Mapping[str, OtpSettings] = field(default_factory=dict)

    def region(self, name: str) -> Region:
        """The region called `name`; `local` needs no table."""
        return self.regions.get(name) or Region(name=name, here=True)

    def chosen(self, names: Sequence[str]) -> tuple[Region, ...]:
        """The regions a session was asked to run in.

        Raises ConfigError for a name without a table and for a region that no traffic of this machine can leave
        from: a monitor never claims to have looked from where it did not.
        """
        for name in names:
            if name != LOCAL and name not in self.regions:
                raise ConfigError(f'region "{name}" is not defined{self._where()}. {did_you_mean(name, self.regions)}')
            if not self.region(name).reachable:
                raise ConfigError(
                    f'region "{name}" cannot be reached from this machine: give [regions.{name}] a `proxy`, a '
                    f"`playwright_server` or a `cdp_endpoint`, or set SYNTHETIC_HERE={name} where this machine stands "
                    "in that region"
                )
        return tuple(self.region(name) for name in dict.fromkeys(names))

    def _where(self) -> str:
        return f" in {self.source}" if self.source else "; write a [regions.NAME] table in synthetic.toml"
