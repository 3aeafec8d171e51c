"""The one word a run ends with, and who is at fault."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a run says about the product."""

    PASSED = "passed"
    """The customer gets what was promised."""
    DEGRADED = "degraded"
    """It works, but an SLA is broken."""
    FAILED = "failed"
    """The customer does not get it."""
    BROKEN = "broken"
    """The run cannot say: the monitor, its test or its data is at fault."""
    BLOCKED = "blocked"
    """A journey or fixture it needs has failed already; counted there, once."""
    SKIPPED = "skipped"
    """Asked not to run."""
    MISSED = "missed"
    """Scheduled, and never ran."""


class Fault(StrEnum):
    """Who is at fault for a run that did not pass."""

    PRODUCT = "product"
    """The product under test."""
    TEST = "test"
    """The journey's own code or data."""
    CONFIG = "config"
    """A setting, a secret or a fixture that is missing or wrong."""
    BROWSER = "browser"
    """The browser or its driver: does not start, or died."""
    REGION = "region"
    """The region's proxy or remote browser."""
    INBOX = "inbox"
    """An inbox provider: SMS, mail."""
    NETWORK = "network"
    """The network of the machine that runs the journey."""
    RUNNER = "runner"
    """What runs the journey: a dead worker, a time-out, Ctrl-C."""


UNSAID = frozenset({Verdict.BROKEN, Verdict.BLOCKED, Verdict.SKIPPED, Verdict.MISSED})
"""Verdicts that say nothing about the product: they lower coverage, never availability."""
SAID = frozenset(Verdict) - UNSAID
"""Those that say something about it."""
