"""The Twilio inbox out of its table in synthetic.toml, and the environment's TWILIO_... variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.inboxes.twilio import TwilioInbox
from pytest_synthetic.model.message import Address
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock

CREDENTIALS = ("account_sid", "auth_token", "api_key", "api_secret")
KEYS = (*CREDENTIALS, "numbers", "base_url", "timeout")


def make(
    options: Mapping[str, Any],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    folder: Path,  # noqa: ARG001  what all providers are given; Twilio keeps no files
) -> TwilioInbox:
    """Make the inbox. What `options` leave out of the credentials is read from TWILIO_ACCOUNT_SID and its like.

    Raises UsageError for what cannot work; no message repeats a secret.
    """
    for key in options:
        if key not in KEYS:
            raise UsageError(f"the Twilio inbox has no setting {key!r}. {did_you_mean(key, KEYS)}")
    credentials = {key: options.get(key) or os.environ.get(f"TWILIO_{key.upper()}") for key in CREDENTIALS}
    return TwilioInbox(
        **credentials,
        numbers=[_number(given) for given in _list(options.get("numbers"))],
        base_url=options.get("base_url"),
        timeout=seconds(options.get("timeout", 10)),
        clock=clock,
        sleep=sleep,
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise UsageError('the Twilio inbox misses its numbers: numbers = [{ number = "+33...", carrier = "Orange" }]')
    return value


def _number(given: object) -> Address:
    if isinstance(given, str):
        return Address(value=given)
    if (
        not isinstance(given, dict)
        or not all(isinstance(item, str) for item in given.values())
        or "number" not in given
    ):
        raise UsageError(f'expected {{ number = "+33...", carrier = "Orange" }}, got {given!r}')
    return Address(value=given["number"], labels={key: item for key, item in given.items() if key != "number"})
