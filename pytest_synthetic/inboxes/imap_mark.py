"""What was there when somebody looked at a folder: the cursor of an IMAP inbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.inboxes.imap_connection import Envelope
    from pytest_synthetic.model.message import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a cursor says: all mails below `uidnext` are covered, as the folder was at `at` by this machine's clock.

    `newest` is the last mail there was: its arrival by the server's clock, and its Message-ID. It tells old from new
    when the server numbers its mails anew (another `uidvalidity`).
    """

    uidvalidity: int
    uidnext: int
    at: datetime
    newest: tuple[datetime, str] | None

    def cursor(self) -> Cursor:
        """As plain JSON."""
        newest = self.newest and [self.newest[0].isoformat(), self.newest[1]]
        return {
            "uidvalidity": self.uidvalidity,
            "uidnext": self.uidnext,
            "at": self.at.isoformat(),
            "newest": newest,
        }

    @staticmethod
    def read(cursor: Cursor) -> Mark:
        """What `cursor` made. Raises UsageError for a cursor of another provider."""
        try:
            newest = cursor["newest"]  # type: ignore[index, call-overload]
            return Mark(
                uidvalidity=int(cursor["uidvalidity"]),  # type: ignore[index, call-overload, arg-type]
                uidnext=int(cursor["uidnext"]),  # type: ignore[index, call-overload, arg-type]
                at=datetime.fromisoformat(cursor["at"]),  # type: ignore[index, call-overload, arg-type]
                newest=newest and (datetime.fromisoformat(newest[0]), str(newest[1])),  # type: ignore[index, arg-type]
            )
        except (TypeError, KeyError, ValueError, IndexError) as error:
            raise UsageError(f"this is no cursor of an IMAP inbox: {str(cursor)[:80]}") from error

    def after(self, seen: Sequence[Envelope], uidvalidity: int, at: datetime) -> Mark:
        """The mark when `seen` is covered as well."""
        if not seen:
            return replace(self, at=at)
        last = seen[-1]
        newest = (last.arrived, last.message_id) if last.arrived else self.newest
        return Mark(uidvalidity=uidvalidity, uidnext=last.uid + 1, at=at, newest=newest)

    def is_old(self, envelope: Envelope) -> bool:
        """Whether `envelope`, of a folder that was numbered anew, was there already. What cannot be told is new."""
        if self.newest is None or envelope.arrived is None:
            return False
        return envelope.arrived < self.newest[0] or (envelope.arrived, envelope.message_id) == self.newest

    def search(self) -> str:
        """The IMAP search for what may be new in a folder that was numbered anew."""
        return "ALL" if self.newest is None else since(self.newest[0])


def since(moment: datetime) -> str:
    """The IMAP search for mails that came at `moment` or later. IMAP knows days alone, in the zone of the server."""
    day = (moment - timedelta(days=1)).astimezone(UTC)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"SINCE {day.day}-{month}-{day.year}"
