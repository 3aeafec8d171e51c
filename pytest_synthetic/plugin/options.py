"""The command line: `--synthetic-...`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OPTIONS = (
    *("synthetic_region", "synthetic_sla", "synthetic_jsonl", "synthetic_config", "synthetic_evidence"),
    *("synthetic_gate", "synthetic_job", "synthetic_catalogue"),
)


def add(parser: pytest.Parser) -> None:
    """Add our options to pytest's."""
    group = parser.getgroup("synthetic", "synthetic monitoring (pytest-synthetic)")
    group.addoption(
        "--synthetic-region",
        metavar="A,B",
        action="append",
        help="run every journey from these regions of synthetic.toml; without it once, as region `local`",
    )
    group.addoption(
        "--synthetic-sla",
        choices=["fail", "warn", "off"],
        help="what a broken promise does: fail the test (default), only show it as DEGRADED, or only record times",
    )
    group.addoption(
        "--synthetic-jsonl", metavar="PATH", help="append one JSON record a run to PATH, written as each run ends"
    )
    group.addoption(
        "--synthetic-evidence",
        choices=["always", "on-failure", "never"],
        help="keep screenshots, trace, network log and the like of every run, of those that did not pass (default), "
        "or of none",
    )
    group.addoption(
        "--synthetic-release",
        metavar="NAME",
        help="the release of the product that is tested, as histories compare them; else the variable "
        "SYNTHETIC_RELEASE",
    )
    group.addoption(
        "--synthetic-gate",
        action="store_true",
        help="exit with 3 when an error budget is spent or would be by these runs, with 4 when there is not enough "
        "data; needs [history]",
    )
    group.addoption(
        "--gate-allow-unknown", action="store_true", help="with --synthetic-gate: not enough data is no reason to stop"
    )
    group.addoption(
        "--synthetic-config", metavar="PATH", help="read this settings file, not the nearest synthetic.toml"
    )
    # The scheduler's own: it starts pytest to learn which journeys there are, and to run one of them.
    group.addoption("--synthetic-job", metavar="FOLDER", help=argparse.SUPPRESS)
    group.addoption("--synthetic-catalogue", metavar="FILE", help=argparse.SUPPRESS)


def given(config: pytest.Config) -> bool:
    """Whether one of our options was given."""
    return any(config.getoption(option) for option in OPTIONS)


def regions(config: pytest.Config) -> tuple[str, ...]:
    """The names given with --synthetic-region, in order, each once."""
    asked = ",".join(config.getoption("synthetic_region") or ())
    return tuple(dict.fromkeys(name.strip() for name in asked.split(",") if name.strip()))
