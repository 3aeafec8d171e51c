"""The words of an alert: what a customer can no longer do, for whom, since when, whose it is, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_synthetic.model.alerting import Letter, Notice


def letter(
    notice: Notice,
    *,
    product: str,
    language: str,
    links: Mapping[str, str],
    now: datetime,
    key: str,
    redact: Callable[[str], str],
    zone: str | None = None,
    test: bool = False,
) -> Letter:
    """What one address is sent."""
    raise NotImplementedError
