"""One folder of a mailbox, asked over one IMAP connection. Read-only: nothing is marked as seen, moved or deleted."""

from __future__ import annotations

import contextlib
import imaplib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import encode_folder

from pytest_synthetic.inboxes import imap_faults
from pytest_synthetic.inboxes.imap_client import Client
from pytest_synthetic.inboxes.imap_mark import since
from pytest_synthetic.inboxes.imap_quota import Quota, read_quotas
from pytest_synthetic.inboxes.imap_recipients import HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.inboxes.imap_account import Account

ERRORS = (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError, IndexError, imap_faults.LoginRefused)
"""What making a connection, and asking, may raise, ValueError and IndexError for answers that make no
sense: the connection is of no use afterwards."""
AT_ONCE = 200
"""Envelopes asked for in one command."""

_ITEMS = f"(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(HEADERS).upper()} MESSAGE-ID)])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is told of a mail without reading it: `size` in bytes, `arrived` by the server's clock, exact to 1 s.

    `headers` are those that name recipients, by name in lower case, the topmost first.
    """

    uid: int
    size: int
    arrived: datetime | None
    message_id: str
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)


class _Box(BaseMailBox):
    def __init__(self, client: Client) -> None:
        self._client = client
        super().__init__()

    def _get_mailbox_client(self) -> Client:
        return self._client


class Connection:
    """A folder that was opened for reading. Raises `ERRORS`, and InboxUnavailable when there is no such folder."""

    def __init__(self, account: Account, *, clock: Clock, ends: float) -> None:
        self._account = account
        self.client = Client(account, clock=clock, ends=ends)
        try:
            self._box = _Box(self.client)
            self._log_in()
            self.client.learn()
            self._select()
        except BaseException:
            self.client.shutdown()
            raise

    @property
    def commands(self) -> int:
        """How many commands were sent so far."""
        return self.client.tagnum

    @property
    def can_idle(self) -> bool:
        """Whether the server can tell of messages by itself."""
        return "IDLE" in self.client.capabilities

    # -- opening -------------------------------------------------------------------------------------------------

    def _log_in(self) -> None:
        account = self._account
        if account.oauth:
            self._log_in_with_token()
            return
        if "LOGINDISABLED" in self.client.capabilities:
            raise imap_faults.login_disabled(account)
        log_in = self._box.login if (account.user + account.secret).isascii() else self._box.login_utf8
        try:
            log_in(account.user, account.secret, initial_folder=None)
        except MailboxLoginError as error:
            raise imap_faults.login_refused(error.command_result, account) from None
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise imap_faults.login_refused(error.args, account) from None

    def _log_in_with_token(self) -> None:
        """XOAUTH2. imap-tools' own answers the server's reason with the token again, and forgets the reason."""
        if "AUTH=XOAUTH2" not in self.client.capabilities:
            raise imap_faults.no_oauth(self._account)
        reasons: list[bytes] = []

        def answer(challenge: bytes) -> bytes:
            if challenge:
                reasons.append(challenge)
                return b""
            return f"user={self._account.user}\1auth=Bearer {self._account.secret}\1\1".encode()

        try:
            self.client.authenticate("XOAUTH2", answer)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise imap_faults.login_refused(error.args, self._account, _reason(reasons)) from None

    def _select(self) -> None:
        try:
            self._box.folder.set(self._account.folder, readonly=True)
        except MailboxFolderSelectError:
            raise imap_faults.no_folder(self._account, [folder.name for folder in self._box.folder.list()]) from None
        validity = self.client.response("UIDVALIDITY")[1][0]
        self.uidvalidity = int(validity) if isinstance(validity, bytes) and validity.isdigit() else 0
        self.client.untagged_responses.clear()  # among them how many mails there are: no news

    # -- asking --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """NOOP: without it, a SEARCH may answer with what was there at the previous command, on Gmail for ever."""
        self.client.noop()
        self.client.untagged_responses.clear()

    def uids(self, criteria: str) -> list[int]:
        """The numbers of the mails that meet `criteria`, ascending."""
        return sorted(int(uid) for uid in self._box.uids(criteria, charset=None))

    def uids_from(self, first: int) -> list[int]:
        """The numbers from `first` on. A server answers `9:*` with its last mail even when that is 5 (RFC 3501)."""
        return [uid for uid in self.uids(f"UID {first}:*") if uid >= first]

    def newest(self) -> Envelope | None:
        """The mail that came last; None in an empty folder."""
        return max(self._envelopes("*"), key=lambda envelope: envelope.uid, default=None)

    def envelopes(self, uids: Sequence[int]) -> Iterator[Envelope]:
        """What is told of `uids`; those that were deleted meanwhile are left out."""
        for start in range(0, len(uids), AT_ONCE):
            yield from self._envelopes(",".join(map(str, uids[start : start + AT_ONCE])))

    def _envelopes(self, uids: str) -> list[Envelope]:
        return [read for told, data in self._fetched(uids, _ITEMS) if (read := _envelope(told, data)) is not None]

    def mail(self, uid: int, most: int) -> bytes | None:
        """The first `most` bytes of a mail; None when it was deleted."""
        for told, data in self._fetched(str(uid), f"(UID BODY.PEEK[]<0.{most}>)"):
            if b"BODY[]" in told.upper() and re.search(rb"\bUID %d\b" % uid, told):
                return data
        return None

    def _fetched(self, uids: str, items: str) -> Iterator[tuple[bytes, bytes]]:
        """The answers to a FETCH: what stands around the literal, and the literal."""
        self.client.response("FETCH")  # what the server told unasked before
        answer, parts = self.client.uid("FETCH", uids, items)
        if answer != "OK":
            raise self.client.error(f"FETCH: {parts[-1]!r}")
        told, data = b"", b""
        for part in parts:
            if isinstance(part, tuple):
                told, data = told + part[0], part[1]
            elif part is not None:
                yield told + part, data
                told, data = b"", b""

    def quotas(self) -> list[Quota]:
        """How full the mailbox is; none when the server does not say (RFC 9208)."""
        if "QUOTA" not in self.client.capabilities:
            return []
        _, (_, told) = self.client.getquotaroot(encode_folder(self._account.folder).decode())
        return read_quotas(b" ".join(part for part in told if isinstance(part, bytes)).decode("ascii", "replace"))

    def in_junk(self, moment: datetime) -> tuple[str, list[Envelope]]:
        """The name of the folder for spam, and the mails that came into it since `moment`; none without a folder."""
        folder = next((one.name for one in self._box.folder.list() if "\\Junk" in one.flags), "")
        if not folder:
            return "", []
        self._box.folder.set(folder, readonly=True)
        try:
            return folder, list(self.envelopes(self.uids(since(moment))))
        finally:
            self._select()

    def idle(self, ends: float, stop: Callable[[], bool]) -> None:
        """Wait for a message until `ends` or `stop()`; returns at once for one that was told of already."""
        if "EXISTS" not in self.client.untagged_responses:
            self.client.idle_until(ends, stop)

    def close(self, ends: float) -> None:
        """Take leave, until `ends` at the latest. Raises nothing."""
        self.client.ends = ends
        with contextlib.suppress(*ERRORS):
            self.client.logout()
        self.client.shutdown()


def _envelope(told: bytes, data: bytes) -> Envelope | None:
    """Out of one answer to `_ITEMS`; None for what a server told of another mail unasked."""
    text = told.decode("ascii", "replace")
    uid = re.search(r"\bUID (\d+)", text)
    if uid is None or "HEADER.FIELDS" not in text.upper():
        return None
    size = re.search(r"RFC822\.SIZE (\d+)", text)
    date = re.search(r'INTERNALDATE "([^"]*)"', text)
    mail = message_from_bytes(data)
    headers: dict[str, list[str]] = {}
    for name, value in mail.raw_items():
        headers.setdefault(name.lower(), []).append(str(value))
    message_id = " ".join(headers.pop("message-id", [""])[0].split())[:200]
    return Envelope(
        uid=int(uid[1]),
        size=int(size[1]) if size else 0,
        arrived=_moment(date[1]) if date else None,
        message_id=message_id,
        headers=headers,
    )


def _moment(date: str) -> datetime | None:
    """`17-Jul-2026 02:44:25 +0200` in UTC; None for what is no date."""
    try:
        moment = parsedate_to_datetime(date.strip())
    except (TypeError, ValueError, IndexError):
        return None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)


def _reason(challenges: Sequence[bytes]) -> str:
    """What a server says of a token it refuses: JSON such as `{"status":"invalid_token"}`, by Google's convention."""
    told = challenges[-1].decode("utf-8", "replace") if challenges else ""
    try:
        return f"status {json.loads(told)['status']}"
    except (ValueError, TypeError, KeyError):
        return told
