"""The Twilio inbox out of its table in synthetic.toml, and the environment's TWILIO_... variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.inboxes.listening import listen_address
from pytest_synthetic.inboxes.twilio import TwilioInbox
from pytest_synthetic.inboxes.twilio_access import check_url
from pytest_synthetic.model.message import Address
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_synthetic.core.ports import Clock

CREDENTIALS = ("account_sid", "auth_token", "api_key", "api_secret")
KEYS = (*CREDENTIALS, "numbers", "base_url", "timeout", "webhook", "listen")


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
        webhook=_webhook(options),
        clock=clock,
        sleep=sleep,
    )


def _webhook(options: Mapping[str, Any]) -> tuple[str, int] | None:
    """The public URL and the port of `webhook` and `listen`, which come together."""
    given = {key: options[key] for key in ("webhook", "listen") if key in options}
    if not given:
        return None
    if len(given) == 1:
        raise UsageError(
            'expected both webhook = "https://...", the address set in the Twilio Console, and listen = '
            f'"127.0.0.1:8025", where this machine takes what arrives there; got {next(iter(given))} alone'
        )
    host, port = listen_address(given["listen"], example="127.0.0.1:8025")
    if host not in {"127.0.0.1", "localhost"}:
        raise UsageError(
            f"listen = {given['listen']!r} cannot be: the Twilio webhook listens on 127.0.0.1 alone. Put a proxy with "
            "TLS before it"
        )
    check_url("webhook", str(given["webhook"]))
    return str(given["webhook"]), port


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
