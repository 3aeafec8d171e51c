"""What a cursor covers, also when the server numbers its mails anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pytest_synthetic.inboxes.imap_connection import Envelope, _envelope, _moment
from pytest_synthetic.inboxes.imap_mark import Mark

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARK = Mark(uidvalidity=7, uidnext=12, at=NOON, newest=(NOON, "<a@b>"))


def envelope(uid: int = 1, *, later: float | None = 0, message_id: str = "<c@d>") -> Envelope:
    arrived = None if later is None else NOON + timedelta(seconds=later)
    return Envelope(uid=uid, size=9, arrived=arrived, message_id=message_id)


@pytest.mark.parametrize("mark", [MARK, Mark(uidvalidity=0, uidnext=1, at=NOON, newest=None)])
def test_a_cursor_is_read_as_it_was_written(mark: Mark) -> None:
    assert Mark.read(json.loads(json.dumps(mark.cursor()))) == mark


@pytest.mark.parametrize(
    ("seen", "is_old"),
    [
        (envelope(later=-1), True),
        (envelope(message_id="<a@b>"), True),
        (envelope(), False),  # of the same second: it may be new, and counts so
        (envelope(later=1, message_id="<a@b>"), False),
        (envelope(later=None), False),
    ],
)
def test_old_and_new_are_told_by_the_clock_of_the_server(seen: Envelope, is_old: bool) -> None:
    assert MARK.is_old(seen) is is_old
    assert not Mark(uidvalidity=7, uidnext=1, at=NOON, newest=None).is_old(seen)


def test_the_mark_after_what_was_seen() -> None:
    later = NOON + timedelta(seconds=9)
    after = MARK.after([envelope(12, later=1), envelope(15, later=2)], 7, later)

    assert after == Mark(uidvalidity=7, uidnext=16, at=later, newest=(NOON + timedelta(seconds=2), "<c@d>"))
    assert MARK.after([envelope(3, later=None)], 8, later).newest == MARK.newest
    assert MARK.after([], 8, later) == Mark(uidvalidity=7, uidnext=12, at=later, newest=(NOON, "<a@b>"))


def test_the_search_after_new_numbers_goes_a_day_back() -> None:
    assert MARK.search() == "SINCE 28-Feb-2026"
    assert Mark(uidvalidity=7, uidnext=1, at=NOON, newest=None).search() == "ALL"


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("01-Mar-2026 13:00:00 +0100", NOON),
        (" 1-Mar-2026 12:00:00 +0000", NOON),
        ("01-Mar-2026 12:00:00 -0000", NOON),
        ("99-Foo-2026", None),
        ("", None),
    ],
)
def test_a_date_of_a_server(date: str, moment: datetime | None) -> None:
    assert _moment(date) == moment


@pytest.mark.parametrize(
    "told", [b"1 (FLAGS (\\Seen))", b"1 (UID 5)", b'1 (BODY[HEADER.FIELDS (TO)] "" INTERNALDATE "x")']
)
def test_what_is_no_envelope_is_left_out(told: bytes) -> None:
    assert _envelope(told, b"") is None


def test_an_envelope_without_headers() -> None:
    read = _envelope(b'1 (UID 5 RFC822.SIZE 9 BODY[HEADER.FIELDS (TO)] "")', b"")

    assert read == Envelope(uid=5, size=9, arrived=None, message_id="", headers={})
