"""Why a mailbox cannot be read, in words that say what to do."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from typing import TYPE_CHECKING

from pytest_synthetic.errors import InboxUnavailable, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_synthetic.inboxes.imap_account import Account

LONGEST_QUOTE = 300
"""Characters of a server's own words that are repeated."""

# By OpenSSL's own words, and those that the ssl module adds.
_CERTIFICATE = (
    ("has expired", "its TLS certificate has expired: the mail server needs a new one"),
    ("not yet valid", "its TLS certificate is not valid yet: look at the clock of this machine, then at the server"),
    ("mismatch", "its TLS certificate is for another name: set `host` to the name that the certificate has"),
    ("self-signed", "its TLS certificate is self-signed: give it, or its issuer, as `ca_file`"),
    ("self signed", "its TLS certificate is self-signed: give it, or its issuer, as `ca_file`"),
    ("local issuer", "the issuer of its TLS certificate is unknown here: give the issuer's certificate as `ca_file`"),
)
# By RFC 5530's response codes.
_LOGIN = {
    "UNAVAILABLE": "it cannot check passwords at the moment: try again later, or ask who runs it",
    "AUTHORIZATIONFAILED": "the user may not read this mailbox: check `user`",
    "EXPIRED": "the password has expired: set a new one",
    "PRIVACYREQUIRED": 'it wants TLS: set security = "tls" or "starttls"',
    "CONTACTADMIN": "it wants you to ask who runs it",
    "LIMIT": "too many connections are open, or too many logins failed: run fewer at once, and wait",
    "INUSE": "the mailbox is in use by another program that locks it: close that",
}
_PASSWORD = "it does not accept the user or the password: check `user` and `password`; some want an app password"  # noqa: S105
_TOKEN = "it does not accept the OAuth token: it may have expired, or not be for IMAP; set a new `token`"  # noqa: S105


class LoginRefused(Exception):
    """The server does not know the user or the secret: trying again soon may lock the account."""


def unavailable(error: Exception, account: Account) -> InboxUnavailable:
    """What `error`, raised while the mailbox of `account` was asked, says in words, without the secret."""
    if isinstance(error, LoginRefused):
        return InboxUnavailable(str(error))
    return InboxUnavailable(
        f"the mailbox {account.user} at {account.where} cannot be read: {_in_words(error, account)}"
    )


def login_refused(answer: object, account: Account, challenge: str = "") -> LoginRefused:
    """The words for a login that was answered with NO; `challenge` is what the server said of an OAuth token."""
    told = _plain(answer, account)
    code = re.search(r"\[([A-Z-]+)", told)
    advice = _LOGIN.get(code[1] if code else "", _TOKEN if account.oauth else _PASSWORD)
    said = " ".join(filter(None, (told, _plain(challenge, account))))
    return LoginRefused(f"the mailbox {account.user} at {account.where} cannot be read: {advice} ({said})")


def login_disabled(account: Account) -> LoginRefused:
    """The words for a server that takes no password without TLS."""
    return LoginRefused(
        f"the mailbox {account.user} at {account.where} cannot be read: the server takes no password without TLS: set "
        'security = "tls" or "starttls"'
    )


def no_oauth(account: Account) -> LoginRefused:
    """The words for a server without XOAUTH2."""
    return LoginRefused(
        f"the mailbox {account.user} at {account.where} cannot be read: the server takes no OAuth token (XOAUTH2): "
        "set `password` instead of `token`"
    )


def no_folder(account: Account, there: Iterable[str]) -> InboxUnavailable:
    """The words for a folder that cannot be opened; `there` are the names of those there are."""
    return InboxUnavailable(
        f"the mailbox {account.user} at {account.where} has no folder {account.folder!r} that can be opened. "
        f"{did_you_mean(account.folder, there)}"
    )


def _in_words(error: Exception, account: Account) -> str:
    if isinstance(error, TimeoutError):
        return f"it did not answer within {account.timeout:g} s ({error})"
    if isinstance(error, ssl.SSLError):
        return _of_tls(error)
    if isinstance(error, ValueError | IndexError):
        return f"an answer of the server makes no sense ({_plain(str(error), account)})"
    return _of_network(error) if isinstance(error, OSError) else _of_imap(error, account)


def _of_network(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there: check `host`, `port` and `security` (993 is usual for tls, 143 for starttls)"
    if not isinstance(error, socket.gaierror):
        return f"the connection failed: {error.strerror or type(error).__name__}"
    if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
        return "no such name is known: check `host`"
    return "the name cannot be looked up: check the network and the resolver of this machine"


def _of_tls(error: ssl.SSLError) -> str:
    said = f"{getattr(error, 'verify_message', '')} {error.reason or ''}"
    if found := next((told for words, told in _CERTIFICATE if words in said), None):
        return found
    if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}:
        return 'it does not speak TLS on this port: check `port`, or set security = "starttls"'
    return f"the TLS connection failed: {said.strip() or type(error).__name__}"


def _of_imap(error: Exception, account: Account) -> str:
    told = _plain(getattr(error, "command_result", error.args), account)
    if "EOF" in told or "unterminated" in told:
        return "the server closed the connection without a word"
    if isinstance(error, imaplib.IMAP4.abort) or told.startswith("* BYE"):
        return f"the server closed the connection, or broke the protocol: {told.removeprefix('* BYE ')}"
    return f"the server refused: {told}"


def _plain(answer: object, account: Account) -> str:
    """A server's words on one line, cut, without escapes for a terminal and without the secret."""
    data = answer[-1] if isinstance(answer, (list, tuple)) and answer else answer
    if isinstance(data, (list, tuple)):
        return _plain(data, account)
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)
    shown = "".join(char if char.isprintable() else " " for char in text).replace(account.secret, "***")
    return shown[:LONGEST_QUOTE]
