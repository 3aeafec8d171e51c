"""The IMAP inbox out of its table in synthetic.toml."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.inboxes.imap import ImapInbox
from pytest_synthetic.inboxes.imap_account import Account
from pytest_synthetic.inboxes.imap_recipients import Recipients
from pytest_synthetic.model.message import Address
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_synthetic.core.ports import Clock

TEXTS = ("host", "user", "password", "token", "security", "folder", "address", "ca_file")
KEYS = (*TEXTS, "port", "timeout", "addresses")


def make(
    options: Mapping[str, Any],
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    folder: Path,  # noqa: ARG001  all is on the server
) -> ImapInbox:
    """Make the inbox. Raises UsageError for what cannot work; no message repeats a secret."""
    _check(options)
    if find_spec("imap_tools") is None:
        raise UsageError("the IMAP inbox needs imap-tools. Run: pip install 'pytest-synthetic[email]'")
    user, oauth = options["user"], "token" in options
    account = Account(
        host=options["host"],
        user=user,
        secret=options["token" if oauth else "password"],
        oauth=oauth,
        security=options.get("security", "tls"),
        port=_port(options["port"]) if "port" in options else 0,
        folder=options.get("folder", "INBOX"),
        timeout=seconds(options.get("timeout", 10)),
        ca_file=Path(options["ca_file"]) if "ca_file" in options else None,
    )
    account.tls()
    recipients = Recipients(
        box=options.get("address", user if "@" in user else None),
        pool=tuple(_address(given) for given in options.get("addresses", ())),
    )
    return ImapInbox(account, recipients=recipients, clock=clock, sleep=sleep)


def _check(options: Mapping[str, Any]) -> None:
    for key in options:
        if key not in KEYS:
            raise UsageError(f"the IMAP inbox has no setting {key!r}. {did_you_mean(key, KEYS)}")
    for key in TEXTS:
        if key in options and not isinstance(options[key], str):
            raise UsageError(f"{key}: expected a text, got a {type(options[key]).__name__}")
    missing = [key for key in ("host", "user") if key not in options]
    if missing or ("password" in options) == ("token" in options):
        told = ", ".join(missing) or "password, or token for OAuth: one of the two"
        raise UsageError(f'the IMAP inbox misses {told}. Write secrets as password = "${{NAME_OF_A_VARIABLE}}"')
    if not isinstance(options.get("addresses", []), list):
        raise UsageError('addresses: expected a list such as [{ address = "one@shop.example", carrier = "..." }]')


def _port(value: object) -> int:
    """A number, or a text of digits: what comes out of the environment is text."""
    if not isinstance(value, bool) and str(value).isdecimal() and 0 < int(str(value)) < 65_536:
        return int(str(value))
    raise UsageError(f"port = {value!r}: expected a number from 1 to 65535")


def _address(given: object) -> Address:
    if isinstance(given, str):
        return Address(value=given)
    if (
        not isinstance(given, dict)
        or not all(isinstance(item, str) for item in given.values())
        or "address" not in given
    ):
        raise UsageError(f'expected {{ address = "one@shop.example", label = "..." }}, got {given!r}')
    return Address(value=given["address"], labels={key: item for key, item in given.items() if key != "address"})
