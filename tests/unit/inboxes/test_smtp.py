"""The SMTP inbox without a network: its settings, its addresses, and the spool between the processes."""

from __future__ import annotations

import asyncio
import errno
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.inboxes import smtp
from pytest_synthetic.inboxes.listening import listen_address
from pytest_synthetic.inboxes.smtp_server import _Keep
from pytest_synthetic.inboxes.spool import Spool, arrival
from pytest_synthetic.model.message import Address
from pytest_synthetic.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = {"listen": "127.0.0.1:2525", "address": "buyer@shop.example"}
TO = Address(value="buyer+1@shop.example")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def made(folder: Path, clock: FakeClock | None = None, **options: Any) -> smtp.SmtpInbox:
    clock = clock or FakeClock(now=NOON)
    return smtp.make({**OPTIONS, **options}, clock=clock, sleep=clock.advance, folder=folder)


def mail(text: str) -> bytes:
    return f"From: Shop <shop@shop.example>\r\nSubject: Hello\r\n\r\n{text}\r\n".encode()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"adress": "a@b"}, "no setting 'adress'. Valid: address, addresses, listen. Did you mean \"address\"?"),
        ({"addresses": ["a@b.example"]}, "expected one of address"),
        ({"address": "buyer"}, "'buyer' is no mail address"),
        ({"address": 5}, "5 is no mail address"),
        ({"address": "@shop.example"}, "'@shop.example' is no mail address"),
        ({"address": "a b@shop.example"}, "'a b@shop.example' is no mail address"),
        ({"listen": "2525"}, "listen = '2525' cannot be: expected a host and a port"),
        ({"listen": None}, "listen = None cannot be"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        made(tmp_path, **options)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        ([], "addresses = [] cannot be"),
        ("a@b.example", "addresses = 'a@b.example' cannot be"),
        ([{"region": "eu"}], "None is no mail address"),
        ([{"address": "a@b.example", "n": 1}], "got {'address': 'a@b.example', 'n': 1}"),
        (["a@b.example", 5], "got 5"),
    ],
)
def test_a_pool_that_cannot_work_is_refused(tmp_path: Path, addresses: object, told: str) -> None:
    options = {"listen": "127.0.0.1:2525", "addresses": addresses}
    with pytest.raises(UsageError) as refused:
        smtp.make(options, clock=FakeClock(), sleep=lambda _: None, folder=tmp_path)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("127.0.0.1:2525", ("127.0.0.1", 2525)),
        ("localhost:1", ("localhost", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("0.0.0.0:25", ("0.0.0.0", 25)),
    ],
)
def test_where_to_listen(value: str, read: tuple[str, int]) -> None:
    assert listen_address(value, example="127.0.0.1:2525") == read


@pytest.mark.parametrize(
    "value",
    [":2525", "127.0.0.1:0", "127.0.0.1:65536", "::1:25", "127.0.0.1:", "smtp://127.0.0.1:25", "a:b", "h:25 ", 25],
)
def test_where_nobody_can_listen(value: object) -> None:
    with pytest.raises(UsageError, match=r'as in "127\.0\.0\.1:2525"'):
        listen_address(value, example="127.0.0.1:2525")


def test_each_run_gets_its_own_address(tmp_path: Path) -> None:
    inbox = made(tmp_path)

    assert inbox.addresses() == ()
    assert inbox.mint("4f2a") == Address(value="buyer+4f2a@shop.example")


def test_a_pool_keeps_its_labels(tmp_path: Path) -> None:
    options = {"listen": "127.0.0.1:2525", "addresses": ["a@b.example", {"address": "c@b.example", "region": "eu"}]}
    inbox = smtp.make(options, clock=FakeClock(), sleep=lambda _: None, folder=tmp_path)

    assert inbox.addresses() == (Address(value="a@b.example"), Address(value="c@b.example", labels={"region": "eu"}))


def test_without_a_receiver_it_cannot_be_asked(tmp_path: Path) -> None:
    inbox = made(tmp_path)

    for ask in (lambda: inbox.snapshot(TO), lambda: inbox.fetch_new(TO, "")):
        with pytest.raises(InboxUnavailable, match=r"nobody takes mail at 127\.0\.0\.1:2525: pytest does"):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_what_was_received_is_given_also_when_the_receiver_has_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "smtp-2525", clock=FakeClock(now=NOON))
    with spool.receiving():
        spool.keep("Buyer+1@Shop.Example", mail("It came."))

    (message,), cursor = made(tmp_path).fetch_new(TO, "")

    assert (message.text, message.sender, message.subject) == ("It came.", "Shop <shop@shop.example>", "Hello")
    assert (message.to, message.arrived_at, message.id) == ("buyer+1@shop.example", NOON, cursor)


def test_a_spool_that_cannot_be_read(tmp_path: Path) -> None:
    clock = FakeClock(now=NOON)
    spool, inbox = Spool(tmp_path / "smtp-2525", clock=clock), made(tmp_path, clock)
    with spool.receiving():
        spool.keep(TO.value, mail("."))
        (folder,) = (path for path in (tmp_path / "smtp-2525").iterdir() if path.is_dir())
        folder.rename(tmp_path / "moved")
        folder.touch()
        for ask in (lambda: inbox.snapshot(TO), lambda: inbox.fetch_new(TO, "")):
            with pytest.raises(InboxUnavailable, match=r"the mail received at 127\.0\.0\.1:2525 cannot be read: "):
                ask()
        inbox.wait_hint(TO, "", 120)

    assert clock.monotonic() == 0


@pytest.mark.parametrize("cursor", [None, 5, {"name": "1"}])
def test_a_cursor_of_another_provider(tmp_path: Path, cursor: Any) -> None:
    inbox = made(tmp_path)
    for ask in (inbox.fetch_new, lambda to, cursor: inbox.wait_hint(to, cursor, 0)):
        with pytest.raises(UsageError, match="no cursor of an SMTP inbox"):
            ask(TO, cursor)


def test_waiting_looks_every_20_ms_and_ends_soon(tmp_path: Path) -> None:
    clock, slept = FakeClock(now=NOON), []
    inbox = smtp.make(OPTIONS, clock=clock, sleep=lambda s: (slept.append(s), clock.advance(s)), folder=tmp_path)  # type: ignore[arg-type, func-returns-value]

    inbox.wait_hint(TO, "", 120)
    assert clock.monotonic() == pytest.approx(0.5)
    assert set(slept[:-1]) == {0.02}

    inbox.wait_hint(TO, "", 0.1)
    assert clock.monotonic() == pytest.approx(0.6)

    spool = Spool(tmp_path / "smtp-2525", clock=clock)
    with spool.receiving():
        spool.keep(TO.value, mail("."))
    inbox.wait_hint(TO, "", 120)
    assert clock.monotonic() == pytest.approx(0.6)


# -- the spool -------------------------------------------------------------------------------------------------------


def test_names_sort_by_arrival_also_when_the_clock_goes_back(tmp_path: Path) -> None:
    later = Spool(tmp_path, clock=FakeClock(now=NOON))
    with later.receiving():
        later.keep("a@b", b"1")
        later.keep("a@b", b"2")  # in the same microsecond
    earlier = Spool(tmp_path, clock=FakeClock(now=NOON - timedelta(hours=1)))
    with earlier.receiving():
        earlier.keep("a@b", b"3")

    names = earlier.after("a@b", "")
    assert [earlier.read("a@b", name) for name in names] == [b"1", b"2", b"3"]
    assert [arrival(name) - NOON for name in names] == [timedelta(microseconds=n) for n in range(3)]
    assert earlier.after("a@b", names[1]) == names[2:]
    assert earlier.after("b@b", "") == []


def test_messages_are_kept_for_a_day(tmp_path: Path) -> None:
    spool = Spool(tmp_path, clock=FakeClock(now=NOON))
    with spool.receiving():
        spool.keep("old@b", b"1")
        spool.keep("both@b", b"2")
    evening = Spool(tmp_path, clock=FakeClock(now=NOON + timedelta(hours=20)))
    with evening.receiving():
        assert len(evening.after("old@b", "")) == 1
        evening.keep("both@b", b"3")
    tomorrow = Spool(tmp_path, clock=FakeClock(now=NOON + timedelta(hours=30)))
    with tomorrow.receiving():
        left = tomorrow.after("both@b", "")

    assert [tomorrow.read("both@b", name) for name in left] == [b"3"]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_what_a_file_manager_leaves_is_no_message(tmp_path: Path) -> None:
    spool = Spool(tmp_path, clock=FakeClock(now=NOON))
    with spool.receiving():
        spool.keep("a@b", b"1")
    for folder in [path for path in tmp_path.iterdir() if path.is_dir()]:
        (folder / ".DS_Store").touch()
    with spool.receiving():
        assert len(spool.after("a@b", "")) == 1


def test_one_process_receives_and_the_others_see_it(tmp_path: Path) -> None:
    one, other = (Spool(tmp_path / "inboxes" / "s", clock=FakeClock()) for _ in range(2))
    assert not other.is_receiving()

    with one.receiving():
        assert one.is_receiving()
        assert other.is_receiving()
        with pytest.raises(OSError, match="another inbox receives into"), other.receiving():
            pytest.fail("two receive")

    assert not one.is_receiving()
    assert not other.is_receiving()
    assert (tmp_path / "inboxes" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_mail_that_cannot_be_kept_is_refused_for_now(tmp_path: Path) -> None:
    class Full(Spool):
        def keep(self, to: str, data: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    envelope: Any = SimpleNamespace(mail_from="a@b", rcpt_tos=["c@d"], original_content=mail("."))
    unused: Any = None
    answer = asyncio.run(_Keep(Full(tmp_path, clock=FakeClock())).handle_DATA(unused, unused, envelope))

    assert answer == "452 4.3.1 the mail cannot be kept: No space left on device"
