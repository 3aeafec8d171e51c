"""`python -m benchmarks` measures all, `python -m benchmarks start api` what is named."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import (
    alert_delivery,
    alerts,
    api,
    archives,
    browser,
    evidence,
    figures,
    guard,
    history,
    inboxes,
    memory,
    meter,
    monitored,
    redaction,
    schedule,
    simulation,
    start,
)

PAIRS = {"start": start, "browser": browser, "evidence": evidence, "api": api, "memory": memory, "monitored": monitored}
ALL = {
    **PAIRS,
    "alert_delivery": alert_delivery,
    "guard": guard,
    "history": history,
    "inboxes": inboxes,
    "schedule": schedule,
    "simulation": simulation,
    "redaction": redaction,
    "archives": archives,
    "alerts": alerts,
}


def main() -> None:
    """Print every figure beside its limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(ALL)} (default: all)")
    names = parser.parse_args().names or list(ALL)
    if unknown := [name for name in names if name not in ALL]:
        parser.error(f"no such benchmark: {unknown[0]}; there are {', '.join(ALL)}")
    if any(name in PAIRS for name in names):
        print(f"{meter.COUNTED}.\nBoth sides run at once on one core; medians of such pairs, with their 95 % interval.")
    for name in names:
        print(f"\n{name} ({figures.load()})", flush=True)
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
            for figure in ALL[name].measure(Path(folder)):
                print(figure, flush=True)


if __name__ == "__main__":
    main()
