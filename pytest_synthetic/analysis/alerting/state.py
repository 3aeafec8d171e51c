"""What is remembered of a journey between two decisions on its alerts: little, since there may be 10,000 of them."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  wire.build resolves the annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  likewise
from functools import lru_cache
from hashlib import sha256

from pytest_synthetic.model import wire
from pytest_synthetic.model.alerting import Policy, Problem  # noqa: TC001  likewise
from pytest_synthetic.model.verdict import Verdict  # noqa: TC001  likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """The newest bad run of a row. `held`: it started in maintenance, or is old news: see `Seen`."""

    run_id: str
    at: datetime
    step: str | None = None
    claim: str | None = None
    fingerprint: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Runs of one place since something was bad there, as one verdict sees them.

    `last` are the newest of them that count, newest at the right: 1 for a bad run, 0 for a good one. `first` is the
    first bad run, `last_good` the newest good one before, `good` the number of good ones in a row since the newest bad
    one. `failed` of `said` were bad. `silent`: nothing is heard of the place, which counts as one missed run.
    """

    verdict: Verdict
    last: str = ""
    first: datetime | None = None
    last_good: datetime | None = None
    bad: Bad | None = None
    good: int = 0
    failed: int = 0
    said: int = 0
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a journey runs: a region, and a variant such as a device or a parameter.

    `at`, `run_id` and `next_by` are those of its newest run, `before` is the one before it: None, it ran once. `ahead`
    is the newest time, as it was told, of a run that said to come from the future. `last` is the newest run of each
    verdict. There are rows only while something is bad in the region. The place without a variant counts runs of which
    none is known, and those of variants that never ran before: see `seating`.
    """

    region: str
    variant: str
    at: datetime
    run_id: str
    next_by: datetime | None = None
    before: datetime | None = None
    ahead: datetime | None = None
    last: Mapping[Verdict, datetime] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A problem that stands, and the number of good runs in a row in its regions, together."""

    problem: Problem
    calm: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a journey, under the policy with this `checksum`.

    The charts are empty while nothing failed. `charts` has one for each region that is left out, and the one of all
    regions under the empty name. `alone` has those of single regions, `slow` is that of leaks; `leak` counts the runs
    since it left zero, and `leaking` are the regions in which some failed.
    """

    checksum: str
    places: tuple[Place, ...] = ()
    standing: tuple[Standing, ...] = ()
    charts: Mapping[str, int] = field(default_factory=dict)
    alone: Mapping[str, int] = field(default_factory=dict)
    slow: int = 0
    leak: Row | None = None
    leaking: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def checksum(policy: Policy) -> str:
    """Tell policies apart that decide differently: 16 hexadecimal digits.

    Whom a policy is for, what it is called and when it reminds does not change what is wrong.
    """
    told = wire.plain(policy)
    for name in ("name", "journeys", "stages", "owners", "remind"):
        del told[name]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
