"""What it takes to ask about a Twilio account, checked before anything is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_synthetic.channels.exchange import bare
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.model.message import Address

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What it takes to ask about one account. `base_url` stands in for https://api.twilio.com, `timeout` is seconds."""

    account_sid: str
    username: str
    password: str
    base_url: str | None
    timeout: float

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Access(account_sid={self.account_sid!r}, base_url={bare(self.base_url or '')!r})"


def access(  # noqa: PLR0913, PLR0917  the constructor's, checked
    account_sid: str | None,
    auth_token: str | None,
    api_key: str | None,
    api_secret: str | None,
    base_url: str | None,
    timeout: float,
) -> Access:
    """What the settings say, checked. Raises UsageError that names what to set."""
    if not account_sid:
        raise UsageError("the Twilio inbox misses the account: set TWILIO_ACCOUNT_SID (it begins with AC)")
    if not account_sid.startswith("AC"):
        raise UsageError(f"the Twilio account SID must begin with AC, got {account_sid[:2]}…: an API key is set apart")
    username, password = (api_key, api_secret) if api_key or api_secret else (account_sid, auth_token)
    if not username or not password:
        raise UsageError(
            "the Twilio inbox misses its credentials: set TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET"
        )
    if base_url is not None:
        check_url("base_url", base_url)
    if not timeout > 0:
        raise UsageError(f"timeout of the Twilio inbox: expected more than 0 seconds, got {timeout!r}")
    return Access(account_sid=account_sid, username=username, password=password, base_url=base_url, timeout=timeout)


def check_url(name: str, url: str) -> None:
    """Raise UsageError unless `url` is an absolute http(s) address. It may hold a password, and is not repeated."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:  # brackets that do not close
        usable = False
    if not usable:
        raise UsageError(f"{name} of the Twilio inbox: expected an address that begins with https:// or http://")


def checked(numbers: Sequence[Address]) -> Sequence[Address]:
    """The numbers, if there are any and all are in E.164. Raises UsageError."""
    if not numbers:
        raise UsageError("the Twilio inbox has no number: give it those of the account that it may use")
    for address in numbers:
        if not _E164.fullmatch(address.value):
            raise UsageError(
                f'number of the Twilio inbox: expected E.164 such as "+33612345678", got {address.value!r}'
            )
    return tuple(numbers)
