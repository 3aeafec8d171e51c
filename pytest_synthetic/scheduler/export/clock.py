"""Asked by exported scripts when they start: is it quiet, and was this start due?

python -m pytest_synthetic.scheduler.export.clock quiet ZONE HOURS...    exit code 0: it is quiet now
python -m pytest_synthetic.scheduler.export.clock due ZONE CRON          exit code 0: it is due now, else 3
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.core import cron, quiet
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

LATE = timedelta(minutes=5)
"""A start may be so late, and is due all the same."""

YES, NO, UNKNOWN = 0, 3, 2


def is_quiet(zone: str, hours: Sequence[str], now: datetime) -> bool:
    """Whether `now` is in one of the quiet hours. Raises UsageError."""
    return quiet.around(quiet.read(tuple(hours)), zone, now) is not None


def is_due(zone: str, expression: str, now: datetime) -> bool:
    """Whether the expression came within the last minutes. Raises UsageError."""
    found = next(cron.ticks(cron.read(expression), zone, now - LATE), None)
    return found is not None and found <= now


def main(arguments: Sequence[str], now: datetime) -> int:
    """Answer as an exit code."""
    try:
        return YES if _answer(arguments, now) else NO
    except (UsageError, OSError, ValueError, LookupError) as error:  # the last three: a zone that is not there
        print(f"clock: {error}", file=sys.stderr)  # noqa: T201  a program that a script starts
        return UNKNOWN


def _answer(arguments: Sequence[str], now: datetime) -> bool:
    match arguments:
        case ["quiet", zone, *hours]:
            return is_quiet(zone, hours, now)
        case ["due", zone, expression]:
            return is_due(zone, expression, now)
        case _:
            raise UsageError("expected: quiet ZONE HOURS... or due ZONE CRON")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], SystemClock().now()))
