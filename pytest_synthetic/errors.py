"""Every error of ours, drawn as a tree.

    SyntheticError
    ├── UsageError             what the user wrote cannot be run: nothing was started
    │   ├── ConfigError        synthetic.toml, [tool.synthetic] or the environment
    │   └── MarkError          an argument of a mark
    ├── JourneyError           the journey used our fixtures wrongly: the run is `broken`
    ├── MonitorError           the monitor itself cannot look: the run is `broken`
    │   ├── BrowserUnavailable no browser could be started
    │   ├── RegionUnreachable  the region's proxy or remote browser does not answer
    │   ├── InboxUnavailable   an inbox provider cannot be asked
    │   ├── LeaseLost          the address of the run was given to another one
    │   └── LedgerUnavailable  what a journey creates cannot be written down
    ├── HistoryUnavailable     the history cannot be read or written: no verdict changes
    │   ├── HistoryDamaged     its file is no database any more
    │   └── HistoryRefused     it does not take one record, and takes all others
    ├── BrokerUnavailable      the broker of a fleet cannot be reached, or refuses us
    ├── GuardRefused           a journey asked for what [production] does not allow: the run is `broken`
    └── SlaBreach              the journey works, but a promise was not kept: `degraded`

The inboxes add `NothingArrived` (the product's fault, an AssertionError as well), `AmbiguousCode`, and under
InboxUnavailable `TooManyRequests` and `TooMany`. The API channel adds `DeadlineExceeded`, `ResponseTooLarge`,
`BadRedirect` and `NoBaseUrl`, which are errors of requests as well.
A message says what and where, what was expected, and what to do.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 12
"""Valid names that a message lists."""
LIKE, MORE_LIKE, SHORT = 0.5, 0.6, 3
"""How like a name must be to be meant. Of two or three letters half are soon the same: "ftp" and "ifttt", "de" and
"en"."""


class SyntheticError(Exception):
    """Root of every error of pytest-synthetic."""


class UsageError(SyntheticError):
    """What the user wrote cannot be run; raised before anything starts."""


class ConfigError(UsageError):
    """A setting that cannot be used. The message begins with `file:line: key`."""


class MarkError(UsageError):
    """A mark's argument that cannot be used."""


class JourneyError(SyntheticError):
    """A fixture of ours used in a way that gives no meaning: the run is `broken`."""


class MonitorError(SyntheticError):
    """The monitor itself could not look at the product: the run is `broken`."""


class BrowserUnavailable(MonitorError):
    """No browser could be started."""


class RegionUnreachable(MonitorError):
    """The region's proxy or remote browser does not answer, or cannot carry this traffic."""


class InboxUnavailable(MonitorError):
    """An inbox provider cannot be asked: wrong token, quota, time-out, refused. The message says what to do."""


class LeaseLost(MonitorError):
    """The address of this run may be another run's by now: nothing that came there is read any more."""


class LedgerUnavailable(MonitorError):
    """What a journey created could not be written to the ledger: it must not create more."""


class HistoryUnavailable(SyntheticError):
    """The history cannot be read or written. Verdicts do not depend on it; records wait beside it."""


class HistoryDamaged(HistoryUnavailable):
    """The file of the history is damaged."""


class HistoryRefused(HistoryUnavailable):
    """The database does not take one record, though it takes others."""


class BrokerUnavailable(SyntheticError):
    """The broker of a fleet cannot be reached, or refuses what it is asked.

    `perhaps` says that a message may have gone out all the same: nobody can know. `final` that waiting will not help.
    """

    def __init__(self, told: str, *, perhaps: bool = False, final: bool = False) -> None:
        super().__init__(told)
        self.perhaps = perhaps
        self.final = final


class GuardRefused(SyntheticError):
    """A request that [production] does not allow, and that was not sent. The message says what to do."""

    step: str | None = None


class SlaBreach(SyntheticError):
    """At least one promise of the journey was not kept. The message has one line a breach."""


def did_you_mean(name: object, valid: Iterable[str]) -> str:
    """Say the valid names and the one nearest to `name`: `Valid: a, b. Did you mean "a"?`"""
    names = sorted(valid)
    if not names:
        return "None is defined."
    lowered = {known.lower(): known for known in names}
    told = str(name).lower()
    near = get_close_matches(told, lowered, n=1, cutoff=LIKE if len(told) > SHORT else MORE_LIKE)
    shown = ", ".join(names[:SHOWN]) + (f", … ({len(names)} in all)" if len(names) > SHOWN else "")
    said = [f"Valid: {shown}."] + [f'Did you mean "{lowered[name]}"?' for name in near]
    return " ".join(said if len(names) <= SHOWN else reversed(said))  # a long list may be cut where it is shown
