"""What alerts are made of: policies, what is wrong with a journey, the incidents that this becomes, and who is told.

One way: runs ─► `analysis.alerting.decide`, per journey ─► problems that open, change and are over ─►
`analysis.incidents.gather` ─► incidents and notices ─► one post an address ─► its letter.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  wire.build resolves the annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  likewise
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model import wire
from pytest_synthetic.model.reasons import Reason  # noqa: TC001  likewise
from pytest_synthetic.model.verdict import Verdict

ALERTING = (Verdict.FAILED, Verdict.DEGRADED, Verdict.BROKEN, Verdict.MISSED)
"""Verdicts that somebody may want to be told of."""
LANGUAGES = ("en", "fr")
"""What alerts can be written in."""


class Severity(StrEnum):
    """How soon somebody must look."""

    PAGE = "page"
    TICKET = "ticket"


class Kind(StrEnum):
    """What is wrong with a journey."""

    OUTAGE = "outage"
    """Customers do not get it: it fails, as seen from more than one region where there are several."""
    REGION = "region"
    """It fails from one region alone."""
    LEAK = "leak"
    """It fails seldom, and more often than it used to, for a long time."""
    DEGRADED = "degraded"
    """It works, and breaks a promise."""
    BROKEN = "broken"
    """The monitor cannot say."""
    MISSED = "missed"
    """The monitor does not run, or nothing is heard of it."""
    UNDELIVERED = "undelivered"
    """Alerts do not get through to an address. It is of no journey: `journey` names the route."""

    @property
    def verdict(self) -> Verdict:
        """That of the runs it is made of."""
        if self is Kind.UNDELIVERED:
            return Verdict.BROKEN
        return Verdict(self.value) if self.value in list(Verdict) else Verdict.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When something is wrong with the journeys it is for: `[policies.NAME]`.

    Of `journeys` (names or ids), `stages` and `owners` one must fit each; an empty one fits all. `on` are the verdicts
    that count at all. A policy with none of `failures`, `of`, `regions` and `lasts` decides by statistics. Else a
    region is bad when `failures` of the last `of` runs of a variant there were (of = failures when not given,
    failures = 1), and something is wrong when `regions` regions are bad (1), and have been so for `lasts` seconds (0).
    It is over when the last `successes` runs of each variant that was bad were good. `remind` in seconds; None: as
    `reminder` says; False: never. `severity` is that of failed runs; None: a page, but a ticket for what one region
    alone or a statistical leak says.
    """

    name: str = "default"
    journeys: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    on: tuple[Verdict, ...] = ALERTING
    failures: int | None = None
    of: int | None = None
    regions: int | None = None
    lasts: float | None = None
    successes: int = 2
    remind: float | Literal[False] | None = None
    severity: Severity | None = None

    @property
    def statistical(self) -> bool:
        """Whether statistics decide."""
        return self.failures is self.of is self.regions is self.lasts is None

    def reminder(self, severity: Severity) -> float | None:
        """Seconds after which people are told again: an hour of a page, a day of a ticket; None: never."""
        usual = 3600.0 if severity is Severity.PAGE else 86_400.0
        return usual if self.remind is None else self.remind or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The policy of one journey, with what is known of the journey.

    `regions` are those it is to run in. `runs_per_day` is their sum over all regions, by its schedule or as was seen;
    `rounds_per_day` counts the variants of a tick as one, None: it is not known. `p0` is the share of its runs that
    fail although nothing is wrong, as learnt from its history. `pipeline`: no scheduler of ours runs it.
    """

    policy: Policy
    journey: str
    regions: tuple[str, ...]
    runs_per_day: float
    p0: float
    rounds_per_day: float | None = None
    pipeline: bool = False


class Seen(NamedTuple):
    """A first attempt as alerts need it, from the history. Times in UTC.

    `variant` tells runs of one journey in one region apart: the device, the parameters (see `core.variants`); empty:
    there is none, or it is not known. `step` is the path of the one that failed.
    Nothing heard of this journey in this region until `next_by` means that its monitor is silent; None: not known.
    `held`: it started in maintenance, or is old news: it opens nothing.
    """

    run_id: str
    region: str
    at: datetime
    verdict: Verdict
    variant: str = ""
    step: str | None = None
    claim: str | None = None
    fingerprint: str | None = None
    next_by: datetime | None = None
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong with one journey, as it stands.

    `opened` is when that was decided; `first_bad` and `last_good` are runs (`last_good` None: none is known).
    `regions` are those that are bad, `well` those that were seen to be good meanwhile. `run_id`, `step`, `claim` and
    `fingerprint` are those of its newest bad run. Since `first_bad`, `failed` of `said` runs in the bad regions were
    bad. `variants` are those that are bad there, where others are not; empty: all are, or it is not known which.
    """

    journey: str
    kind: Kind
    severity: Severity
    opened: datetime
    first_bad: datetime
    last_good: datetime | None
    regions: tuple[str, ...]
    well: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    run_id: str
    step: str | None = None
    claim: str | None = None
    fingerprint: str | None = None
    failed: int
    said: int


class What(StrEnum):
    """What became of a problem."""

    OPENED = "opened"
    CHANGED = "changed"
    """Another set of regions is bad, or its severity is another one."""
    RESOLVED = "resolved"


class Action(NamedTuple):
    """What became of a problem at a moment. `why` in English, for the time line; `reasons` for every language."""

    what: What
    problem: Problem
    at: datetime
    why: str
    reasons: tuple[Reason, ...] = ()


# -- incidents ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What runs say of a problem that is over.

    From the beginning of the incident to its end, of one that came back since it did, `failed` of `said` runs were bad,
    in all regions that were bad at any time. `good_since` is the first good run after the newest bad one; None: none is
    known.
    """

    failed: int
    said: int
    good_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A journey's problem as part of an incident, with what people ask about it.

    `depends_on` are the names that the failing step, or else the journey, depends on. `carriers` are those of the bad
    runs' measurements. `evidence` is the folder or address of the run's that its problem names; None: there is none, or
    it is not read yet. `resolved` is when it was over.
    `blocked` are the names of journeys that were not tried because of this one. `remind` is that of its policy. `ever`
    are the regions that were bad at any time of it. `ending` is read when people are told that it is over. `gone`: it
    is over although nothing was seen to be well again.
    """

    problem: Problem
    name: str
    stage: str | None = None
    owner: str | None = None
    runbook: str | None = None
    revenue_per_hour: float | None = None
    currency: str = "EUR"
    depends_on: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    evidence: str | None = None
    blocked: tuple[str, ...] = ()
    remind: float | None = 3600.0
    resolved: datetime | None = None
    ever: tuple[str, ...] = ()
    ending: Ending | None = None
    gone: bool = False


class Turn(StrEnum):
    """A turn in the life of an incident that people are told of."""

    OPENED = "opened"
    UPDATED = "updated"
    """More journeys or regions, or a graver severity."""
    REMINDED = "reminded"
    FLAPPING = "flapping"
    """It comes and goes: said once, then nothing is said until it has been still for a while."""
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an incident's time line. `told` are the routes that were told of it.

    `why` is in English. `reasons` are the same for every language, as far as they are spelled out, and `others` the
    number of journeys that have more; a line of an earlier version has none.
    """

    at: datetime
    what: str
    why: str
    told: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Problems that belong together, opened and closed once.

    `id` is short and unique. `opened` is when the first problem was decided, `began` its first bad run. `severity` is
    the gravest of its cases. `before` is when the same fingerprint was seen last in another incident, and `before_id`
    that one. `told` are the routes that know of it, and when each was told last. `revision` grows with each notice.
    `flips` are the moments at which it was over or came back.
    """

    id: str
    opened: datetime
    began: datetime
    changed: datetime
    severity: Severity
    cases: tuple[Case, ...]
    resolved: datetime | None = None
    before: datetime | None = None
    before_id: str | None = None
    flapping: bool = False
    flips: tuple[datetime, ...] = ()
    revision: int = 0
    told: Mapping[str, datetime] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()

    @property
    def standing(self) -> tuple[Case, ...]:
        """The cases that are not over."""
        return tuple(case for case in self.cases if case.resolved is None)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        told: dict[str, Any] = wire.plain(self)
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Incident:
        """Read one. Raises UsageError."""
        return wire.build(cls, told, called="incident")


class Notice(NamedTuple):
    """People are to be told of a turn of an incident. `incident` is as it was then."""

    turn: Turn
    incident: Incident
    at: datetime


# -- who is told -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who is told: `[alerts.NAME]`.

    `to` are addresses, all of them secrets. `on` are the verdicts it takes; none given: `failed`, and what no other
    route takes. `severity`: only that. Of `journeys` (names or ids), `stages` and `owners` one must fit. In its `quiet`
    hours of `timezone` nothing is sent; what still stands when they end is sent then. `language` is `en` or `fr`.
    `secret` signs webhooks.

    `unset` says which variable is not set here. Then `to` and `secret` lack what it is for, of which `partly` is the
    rest, secret as well. So whoever sends takes `addresses`.
    """

    name: str
    to: tuple[str, ...] = field(repr=False)
    on: tuple[Verdict, ...] = ()
    severity: Severity | None = None
    journeys: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    timezone: str | None = None
    language: str = "en"
    secret: str | None = field(default=None, repr=False)
    unset: str | None = None
    partly: tuple[str, ...] = field(default=(), repr=False)

    def addresses(self) -> tuple[str, ...]:
        """Where to send. Raises ConfigError when not all that it takes is set here."""
        if self.unset:
            raise ConfigError(self.unset)
        return self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent: `title` in one line, `short` for an SMS (160 characters), `body` as plain text, `facts` as JSON.

    `incident` is its id, `turn` what is told, `key` the same for each try to send the same thing. `test`: not a real
    one.
    """

    incident: str
    turn: Turn
    severity: Severity
    title: str
    short: str
    body: str
    facts: Mapping[str, Any]
    key: str
    at: datetime
    test: bool = False


class Post(NamedTuple):
    """A letter that waits in the outbox, or was sent: it is written as it goes. `id` 0: it is not in the outbox yet.

    `address` is its digest, `label` what people may see of it. `tries` are those that were begun: of none of them is
    it known that nothing arrived. `ended` and not `why`: it was sent.
    """

    id: int
    key: str
    incident: str
    turn: Turn
    at: datetime
    route: str
    address: str
    label: str
    not_before: datetime
    tries: int
    ended: datetime | None
    why: str | None
