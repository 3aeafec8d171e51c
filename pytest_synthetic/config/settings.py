"""Everything a user can set, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_synthetic.core.guard import Rules
from pytest_synthetic.errors import ConfigError, did_you_mean
from pytest_synthetic.model.region import LOCAL, NETWORKS, Network, Region

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_synthetic.model.alerting import Policy, Route
    from pytest_synthetic.model.maintenance import Maintenance


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


class PageSign(StrEnum):
    """What a page can say of itself, beside what it shows."""

    PAGE_ERROR = "page-error"
    """A script threw, and nothing caught it."""
    CONSOLE_ERROR = "console-error"
    """The console has an error."""
    HTTP_5XX = "http-5xx"
    """A request was answered with a status of 500 or more."""
    FAILED_REQUEST = "failed-request"
    """A request got no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSettings:
    """What makes a run `failed` although the test passes: `fail_on` and `forbidden_text`, but for what fits `ignore`.

    `third_party`: whether signs of other sites than the product's count as well.
    """

    fail_on: tuple[PageSign, ...] = ()
    third_party: bool = False
    ignore: tuple[re.Pattern[str], ...] = ()
    forbidden_text: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings:
    """Targets that are known to be good: one that answers says that the network is alive. `timeout` in seconds."""

    url: tuple[str, ...] = field(repr=False)
    timeout: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedSettings:
    """What journeys create is removed again: the seconds that one removal may take."""

    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionSettings(Rules):
    """What journeys may do to production: the rules for requests, and `max_runs_per_hour` of one journey.

    `guard` False turns all rules off; `stop_file` stops every journey while it is there.
    """

    guard: bool = True
    max_runs_per_hour: int | None = None
    stop_file: str = ".synthetic/STOP"


class EvidenceMode(StrEnum):
    """Of which runs evidence is kept."""

    ALWAYS = "always"
    """Of every run."""
    ON_FAILURE = "on-failure"
    """Of every run that did not pass."""
    NEVER = "never"
    """Of none: nothing is recorded."""


class TraceMode(StrEnum):
    """Of which runs Playwright records a trace."""

    ON = "on"
    """Of every run; it is kept with the other evidence."""
    RETRY = "retry"
    """Of a run that repeats a failed one (pytest-rerunfailures)."""
    OFF = "off"
    """Of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """What is captured to explain a run, and how long it stays.

    `cover` are selectors of what no picture may show. `time_limit` in seconds: what the capturing of one run may take.
    `keep_size` in bytes.
    """

    when: EvidenceMode = EvidenceMode.ON_FAILURE
    trace: TraceMode = TraceMode.ON
    har: bool = False
    video: bool = False
    cover: tuple[str, ...] = ()
    time_limit: float = 10.0
    keep_runs: int = 500
    keep_days: float = 30.0
    keep_size: int = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """Where runs are recorded: `url` is that of a database.

    Runs are kept for `keep_days`; what is left of their days, how they ended and how long they took, for
    `keep_daily_days`.
    """

    url: str = "sqlite:///.synthetic/history.db"
    keep_days: int = 35
    keep_daily_days: int = 730


class OtherFiles(StrEnum):
    """What an agent does with a job of a scheduler whose journeys are of another commit than its own."""

    REFUSE = "refuse"
    """It does not run it: the tick is `missed`."""
    TELL = "tell"
    """It runs it, and `synthetic agents` tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSettings:
    """How schedulers and agents find each other: `broker` is the address of a message broker.

    `ca`, `cert` and `key` are files in PEM: who signs the broker's certificate, and what this machine shows of itself.
    In seconds: `grace` is how long what an agent runs may go on when it is to end, `health` how often it tells how
    it is.
    """

    broker: str = field(repr=False)
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    other_files: OtherFiles = OtherFiles.REFUSE
    grace: float = 60.0
    health: float = 10.0


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
class ConfirmSettings:
    """Where a failed run is repeated at once: in its own region, in another one. The repeat counts in no target.

    `mutates` allows it for journeys that change production data.
    """

    same_region: bool = False
    other_region: bool = False
    mutates: bool = False


class PushTo(StrEnum):
    """A kind of status page that results are pushed to."""

    GATUS = "gatus"
    """An external endpoint of Gatus."""
    UPTIME_KUMA = "uptime-kuma"
    """A push monitor of Uptime Kuma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """A status page: `url` is its address, `token` what it knows us by.

    `key` is that of the endpoint (Gatus), and may hold placeholders. `journey` (a name or an id) and `region` say
    whose results go there; None stands for all.
    """

    name: str
    to: PushTo
    url: str
    token: str = field(repr=False)
    key: str = ""
    journey: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Where figures of the runs go: a text file for Prometheus, an OpenTelemetry collector, status pages.

    `timeout` in seconds: what one request may take, and what the end of a session waits for all of them.
    """

    prometheus: str | None = None
    otlp: str | None = None
    otlp_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 5.0
    push: Mapping[str, PushSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtpSettings:
    """One account of an authenticator app: `secret` in base32 or an otpauth:// address, `period` in seconds."""

    secret: str = field(repr=False)
    digits: int = 6
    period: int = 30
    algorithm: str = "sha1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactSettings:
    """What is kept out of the reports beside what always is: what fits `patterns`, and the values of these names."""

    patterns: tuple[re.Pattern[str], ...] = ()
    headers: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class Isolation(StrEnum):
    """How a scheduled run gets a process of its own."""

    FORK = "fork"
    """Forked off a process that has loaded pytest and its plugins already. Linux; elsewhere as PROCESS."""
    PROCESS = "process"
    """Started anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """How scheduled runs are run: `browsers` and `api` say how many journeys at once, with a browser and without.

    None stands for a number that the CPUs of the machine give. `time_limit` and `grace` in seconds: what a run may
    take (`limited`: somebody said so), and what it may take to end in order after that. `memory_floor` in bytes: with
    less memory free than that, no browser is started.

    `share_browser`: runs get a browser that is running, instead of starting one each. It is replaced after so many
    runs, so many seconds, or when it has so many bytes.
    """

    browsers: int | None = None
    api: int | None = None
    time_limit: float = 300.0
    limited: bool = field(default=False, compare=False)
    grace: float = 10.0
    memory_floor: int = 500_000_000
    isolation: Isolation = Isolation.FORK
    share_browser: bool = False
    shared_browser_runs: int = 100
    shared_browser_age: float = 3_600.0
    shared_browser_memory: int = 1_500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """What schedules leave open that marks give. `max_lateness` in seconds; None: half the way to the next run.

    `spread`: journeys with equal schedules do not all run at the same moment.
    """

    max_lateness: float | None = None
    quiet: tuple[str, ...] = ()
    timezone: str | None = None
    spread: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSettings:
    """Where a secret comes from: one of a variable of the environment, a file, a command, a registered provider."""

    name: str
    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How others know that the monitor lives: `health` is the address (host, port) that answers them.

    `heartbeat` is asked every minute while all is well, `heartbeat_fail` while it is not: both are secrets.
    """

    health: tuple[str, int] | None = None
    heartbeat: str | None = field(default=None, repr=False)
    heartbeat_fail: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one session. `source` is the file they were read from, None when there is none."""

    source: Path | None = None
    product: str = "product"
    base_url: str | None = None
    sla: SlaMode = SlaMode.FAIL
    artifacts: str = ".synthetic/artifacts"
    report_url: str | None = None
    alerts: Mapping[str, Route] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    api: ApiSettings = field(default_factory=ApiSettings)
    browser: BrowserSettings = field(default_factory=BrowserSettings)
    control: ControlSettings | None = None
    created: CreatedSettings = field(default_factory=CreatedSettings)
    production: ProductionSettings | None = None
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    fleet: FleetSettings | None = None
    history: HistorySettings | None = None
    confirm: ConfirmSettings = field(default_factory=ConfirmSettings)
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)
    maintenance_file: str | None = None
    regions: Mapping[str, Region] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=lambda: dict(NETWORKS))
    inboxes: Mapping[str, InboxSettings] = field(default_factory=dict)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    otp: Mapping[str, OtpSettings] = field(default_factory=dict)
    redact: RedactSettings = field(default_factory=RedactSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    runner: RunnerSettings = field(default_factory=RunnerSettings)
    secrets: Mapping[str, SecretSettings] = field(default_factory=dict)
    watch: WatchSettings = field(default_factory=WatchSettings)

    @property
    def rules(self) -> ProductionSettings | None:
        """The rules for requests; None where there are none, or they were turned off."""
        return self.production if self.production and self.production.guard else None

    def region(self, name: str) -> Region:
        """The region called `name`; `local` needs no table."""
        return self.regions.get(name) or Region(name=name, here=True)

    def chosen(self, names: Sequence[str]) -> tuple[Region, ...]:
        """The regions a session was asked to run in.

        Raises ConfigError for a name without a table and for a region that no traffic of this machine can leave
        from: a monitor never claims to have looked from where it did not.
        """
        for name in names:
            self.defined([name])
            if not self.region(name).reachable:
                raise ConfigError(
                    f'region "{name}" cannot be reached from this machine: give [regions.{name}] a `proxy`, a '
                    f"`playwright_server` or a `cdp_endpoint`, or set SYNTHETIC_HERE={name} where this machine stands "
                    "in that region"
                )
        return tuple(self.region(name) for name in dict.fromkeys(names))

    def defined(self, names: Sequence[str]) -> None:
        """Raise ConfigError for a name without a table."""
        for name in names:
            if name != LOCAL and name not in self.regions:
                known = did_you_mean(name, self.regions)
                mend = "" if not self.source else f" Correct the name, or write a table [regions.{name}] into it."
                raise ConfigError(f'region "{name}" is not defined{self._where()}. {known}{mend}')

    def _where(self) -> str:
        return f" in {self.source}" if self.source else "; write a [regions.NAME] table in synthetic.toml"
