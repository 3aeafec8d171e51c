"""The IMAP inbox and a real Dovecot: mails, clocks, quotas, certificates, reboots."""

from __future__ import annotations

import imaplib
import os
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes import imap
from pytest_synthetic.inboxes.imap import ImapInbox
from pytest_synthetic.inboxes.imap_settings import make
from pytest_synthetic.model.message import Address, Cursor, Message
from pytest_synthetic.testing import FakeClock
from tests.end_to_end import dovecot
from tests.end_to_end.dovecot import BOX, PASSWORD, Dovecot

pytestmark = [pytest.mark.slow, dovecot.needs_dovecot]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.serve() as running:
        yield running


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A mailbox for this test alone."""
    return f"{abs(hash(request.node.name))}@shop.example"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., ImapInbox]]:
    """Make inboxes that are closed at the end: `opened(server, user=...)`."""
    with ExitStack() as stack:

        def make_one(running: Dovecot, **options: Any) -> ImapInbox:
            clock = options.pop("clock", SystemClock())
            inbox = make(dovecot.options(running, **options), clock=clock, sleep=time.sleep, folder=tmp_path)
            stack.callback(inbox.close)
            return inbox

        yield make_one


@pytest.fixture
def inbox(server: Dovecot, user: str, opened: Callable[..., ImapInbox]) -> ImapInbox:
    return opened(server, user=user)


def await_new(inbox: ImapInbox, address: Address, cursor: Cursor, count: int = 1) -> list[Message]:
    """What comes within 5 s, waited for as the core does."""
    found: list[Message] = []
    ends = time.monotonic() + 5
    while len(found) < count and time.monotonic() < ends:
        inbox.wait_hint(address, cursor, ends - time.monotonic())
        new, cursor = inbox.fetch_new(address, cursor)
        found += new
    return found


def append(server: Dovecot, user: str, to: str, at: datetime, folder: str = "INBOX") -> None:
    """Put a mail into the mailbox whose server thinks that it is `at`."""
    mail = EmailMessage()
    mail["To"] = to
    mail.set_content("by another clock")
    with imaplib.IMAP4("127.0.0.1", server.imap) as client:
        client.login(user, PASSWORD)
        client.append(folder, "", at, bytes(mail))


def put(server: Dovecot, user: str, mails: Sequence[bytes]) -> None:
    """Lay mails into the Maildir, without the server."""
    new = server.mailbox(user) / "new"
    for number, raw in enumerate(mails):
        path = new / f"{int(time.time())}.{number}.host"
        path.write_bytes(raw)
        if os.getuid() == 0:
            os.chown(path, dovecot.MAIL_UID, dovecot.MAIL_UID)


# -- mails -----------------------------------------------------------------------------------------------------------


def test_delivered_to_wins_over_what_the_sender_writes(server: Dovecot, inbox: ImapInbox) -> None:
    mine, other = inbox.mint("mine"), inbox.mint("other")
    cursor = inbox.snapshot(mine)
    server.deliver(other.value, "for the other", To=mine.value, Delivered_To=mine.value)
    server.deliver(mine.value.upper(), "for me", To="undisclosed-recipients:;")

    assert [message.text for message in await_new(inbox, mine, cursor)] == ["for me"]
    assert [message.text for message in await_new(inbox, other, cursor)] == ["for the other"]


def test_a_mail_to_the_mailbox_itself_is_nobodys(server: Dovecot, user: str, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    server.deliver(user, "newsletter")
    server.deliver(mine.value, "for me")

    assert [message.text for message in await_new(inbox, mine, cursor)] == ["for me"]


def test_reading_leaves_no_trace(server: Dovecot, user: str, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    server.deliver(mine.value)
    assert len(await_new(inbox, mine, cursor)) == 1

    with imaplib.IMAP4("127.0.0.1", server.imap) as client:
        client.login(user, PASSWORD)
        client.select("INBOX", readonly=True)
        _, told = client.fetch("1:*", "(FLAGS)")
    assert told in ([b"1 (FLAGS (\\Recent))"], [b"1 (FLAGS ())"])


def test_a_mail_without_date_or_with_a_false_one(server: Dovecot, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    began = datetime.now(UTC) - timedelta(seconds=1)
    cursor = inbox.snapshot(mine)
    server.deliver_raw(mine.value, b"Subject: no date\r\n\r\nhi\r\n")
    server.deliver_raw(mine.value, b"Subject: long ago\r\nDate: Mon, 01 Jan 1990 00:00:00 +0000\r\n\r\nhi\r\n")

    messages = await_new(inbox, mine, cursor, 2)
    assert [message.subject for message in messages] == ["no date", "long ago"]
    for message in messages:
        assert message.arrived_at is not None
        assert began <= message.arrived_at <= datetime.now(UTC)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_server_whose_clock_is_wrong_loses_nothing(
    server: Dovecot, user: str, inbox: ImapInbox, minutes: int
) -> None:
    mine = inbox.mint("mine")
    began = datetime.now(UTC)
    cursor = inbox.snapshot(mine)
    append(server, user, mine.value, began + timedelta(minutes=minutes))

    (message,) = await_new(inbox, mine, cursor)
    assert message.arrived_at is not None
    assert began <= message.arrived_at <= datetime.now(UTC)
    assert message.resolution == 1.0
    assert list(inbox.fetch_new(mine, cursor)[0]) == [message]


def test_what_is_malformed_comes_all_the_same(server: Dovecot, user: str, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    server.deliver(mine.value, "first")
    to = f"Delivered-To: {mine.value}\n".encode()
    assert len(await_new(inbox, mine, cursor)) == 1
    shapes = [
        to + b"Subject: =?utf-8?B?!!!\xff\n\nno sender \x80 493021\n",
        to + b"Content-Type: multipart/mixed; boundary=B\n\n--C\n\nbroken boundary 493021\n",
        to + b"Content-Transfer-Encoding: base64\n\nZ2FyYmFnZSA0OTMwMjEx\n",
        to + b"",
    ]
    put(server, user, shapes)

    texts = [message.text for message in await_new(inbox, mine, cursor, 5)]
    assert texts[0] == "first"
    assert sorted(texts[1:]) == ["", "--C\n\nbroken boundary 493021", "garbage 4930211", "no sender € 493021"]


def test_ten_thousand_mails_that_wait_are_not_fetched(server: Dovecot, user: str, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    server.deliver(mine.value, "the first of all")
    put(server, user, [b"Delivered-To: %s\nSubject: %d\n\nold\n" % (mine.value.encode(), n) for n in range(10_000)])
    with imaplib.IMAP4("127.0.0.1", server.imap) as client:  # Dovecot takes in what was laid there
        client.login(user, PASSWORD)
        assert client.select("INBOX", readonly=True)[1] == [b"10001"]

    cursor = inbox.snapshot(mine)
    server.deliver(mine.value, "new")
    assert [message.text for message in await_new(inbox, mine, cursor)] == ["new"]
    assert len(inbox._envelopes) == 1


@pytest.mark.parametrize("size", [10_000_000, 1_000_000])
@pytest.mark.parametrize("text_first", [True, False])
def test_a_large_mail_is_read_wherever_its_text_stands(
    server: Dovecot, inbox: ImapInbox, size: int, text_first: bool
) -> None:
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    text = b"--B\r\nContent-Type: text/plain\r\n\r\ncode 493021\r\n"
    attached = b"--B\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    attached += b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n" * (size // 38)
    parts = [text, attached] if text_first else [attached, text]
    head = b"Subject: large\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    server.deliver_raw(mine.value, head + b"".join(parts) + b"--B--\r\n")

    (message,) = await_new(inbox, mine, cursor)
    assert (message.subject, message.text) == ("large", "code 493021")


def test_mails_numbered_anew(server: Dovecot, user: str, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    server.deliver(mine.value, "old")
    append(server, user, mine.value, datetime.now(UTC) - timedelta(days=3))
    time.sleep(1.1)  # what came in one second cannot be told apart, and counts as new
    server.deliver(mine.value, "newest of the old", Message_ID="<newest@shop.example>")
    cursor = inbox.snapshot(mine)
    before = inbox._held[0].uidvalidity
    inbox.close()
    for path in server.mailbox(user).glob("dovecot*"):
        path.unlink()
    time.sleep(1.1)  # a new UIDVALIDITY is the time of day
    server.deliver(mine.value, "new")

    messages = await_new(inbox, mine, cursor)
    assert [message.text for message in messages] == ["new"]
    assert inbox._held[0].uidvalidity != before
    after = inbox.fetch_new(mine, cursor)[1]
    assert inbox.fetch_new(mine, after)[0] == []


# -- waiting ---------------------------------------------------------------------------------------------------------


def test_idle_ends_when_a_mail_comes(server: Dovecot, user: str, opened: Callable[..., ImapInbox]) -> None:
    clock = FakeClock()
    inbox = opened(server, user=user, clock=clock)
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    inbox.wait_hint(mine, cursor, 0.0)
    clock.advance(imap.POLLS[-1][0])
    later = threading.Timer(0.3, server.deliver, [mine.value])
    later.start()
    began = time.perf_counter()

    inbox.wait_hint(mine, cursor, 60)  # the clock stands still: only the server can end this

    assert time.perf_counter() - began >= 0.3
    assert len(inbox.fetch_new(mine, cursor)[0]) == 1
    later.join()


def test_a_mail_that_came_just_before_idle_ends_it(
    server: Dovecot, user: str, opened: Callable[..., ImapInbox]
) -> None:
    clock = FakeClock()
    inbox = opened(server, user=user, clock=clock)
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    inbox.wait_hint(mine, cursor, 0.0)
    clock.advance(imap.POLLS[-1][0])
    server.deliver(mine.value)

    inbox.wait_hint(mine, cursor, 60)
    assert len(inbox.fetch_new(mine, cursor)[0]) == 1


def test_idle_gives_way_to_another_thread(server: Dovecot, user: str, opened: Callable[..., ImapInbox]) -> None:
    clock = FakeClock()
    inbox = opened(server, user=user, clock=clock)
    mine, other = inbox.mint("mine"), inbox.mint("other")
    cursor = inbox.snapshot(mine)
    inbox.wait_hint(mine, cursor, 0.0)
    clock.advance(imap.POLLS[-1][0])
    waits = threading.Thread(target=inbox.wait_hint, args=(mine, cursor, 60))
    waits.start()
    time.sleep(0.3)

    assert inbox.snapshot(other)  # the clock stands still: without the other's giving way it would wait for ever

    waits.join(timeout=30)
    assert not waits.is_alive()


def test_a_server_that_reboots(opened: Callable[..., ImapInbox]) -> None:
    with dovecot.serve() as server:
        inbox = opened(server, timeout="3s")
        mine = inbox.mint("mine")
        cursor = inbox.snapshot(mine)
        server.stop()
        with pytest.raises(InboxUnavailable, match="nothing listens there: check `host`, `port`"):
            inbox.fetch_new(mine, cursor)
        inbox.wait_hint(mine, cursor, 0.1)
        server.start()
        server.deliver(mine.value, "after the reboot")
        time.sleep(0.5)  # the server is left alone for so long
        assert [message.text for message in await_new(inbox, mine, cursor)] == ["after the reboot"]

        server.stop()
        server.start()
        server.deliver(mine.value, "after another")
        texts = [message.text for message in inbox.fetch_new(mine, cursor)[0]]
        assert texts == ["after the reboot", "after another"]


# -- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"password": "wrong-secret"}, "it does not accept the user or the password: check `user` and `password`"),
        ({"password": 'fäls"ch\\'}, "it does not accept the user or the password: check `user` and `password`"),
        ({"folder": "Synthetics"}, "has no folder 'Synthetics' that can be opened. Valid: INBOX, Junk."),
        ({"port": 1}, "nothing listens there: check `host`, `port` and `security`"),
        ({"host": "mail.invalid", "security": "tls"}, "no such name is known: check `host`"),
        ({"security": "tls"}, 'it does not speak TLS on this port: check `port`, or set security = "starttls"'),
        ({"security": "starttls"}, "it offers no STARTTLS on this port"),
        ({"token": "t0ken-secret", "password": None}, "the server takes no OAuth token (XOAUTH2): set `password`"),
    ],
)
def test_what_is_set_wrongly_is_told(
    server: Dovecot, opened: Callable[..., ImapInbox], options: dict[str, Any], told: str
) -> None:
    merged = {**dovecot.options(server), **options}
    inbox = (
        opened(server, **{key: value for key, value in options.items() if value is not None})
        if (None not in options.values())
        else make(
            {k: v for k, v in merged.items() if v is not None}, clock=SystemClock(), sleep=time.sleep, folder=Path()
        )
    )

    health = inbox.probe()

    assert not health.ok
    assert told in health.told
    for secret in ("wrong-secret", "t0ken-secret", "fäls"):
        assert secret not in health.told
        assert secret not in repr(inbox)
    with pytest.raises(InboxUnavailable, match=r"^the mailbox .* cannot be read|has no folder"):
        inbox.snapshot(inbox.mint("mine"))


def test_a_refused_login_is_not_repeated_for_a_while(server: Dovecot, opened: Callable[..., ImapInbox]) -> None:
    clock = FakeClock()
    inbox = opened(server, password="wrong", user="locked@shop.example", clock=clock)
    for _ in range(5):
        assert not inbox.probe().ok
    assert server.log().count("user=<locked@shop.example>") <= 1
    clock.advance(imap.LOGIN_PAUSE)
    assert not inbox.probe().ok


def test_a_full_mailbox(opened: Callable[..., ImapInbox]) -> None:
    with dovecot.serve(quota="40K") as server:
        inbox = opened(server)
        assert inbox.probe().told == f"INBOX of {BOX} at 127.0.0.1:{server.imap} can be read"
        server.deliver(BOX, "x" * 36_500)
        health = inbox.probe()
        assert health.ok
        assert "the mailbox is nearly full: 9" in health.told
        assert inbox.explain(BOX, datetime.now(UTC)) is None

        refused = None
        for _ in range(100):
            try:
                server.deliver(BOX, "x" * 100)
            except smtplib.SMTPDataError as error:
                refused = error
        assert refused is not None
        assert "Quota exceeded" in str(refused.smtp_error)

        put(server, BOX, [b"x" * 10_000])  # a last one that the server did not see coming
        (server.mailbox() / "maildirsize").unlink()
        health = inbox.probe()
        assert not health.ok
        assert "the mailbox is full: 12" in health.told
        assert "% of 40 kB; messages are refused. Delete old ones" in health.told
        assert str(inbox.explain(BOX, datetime.now(UTC))).startswith("the mailbox is full: 12")


def test_a_mail_among_the_spam(server: Dovecot, user: str, inbox: ImapInbox) -> None:
    mine = inbox.mint("mine")
    began = datetime.now(UTC)
    cursor = inbox.snapshot(mine)
    append(server, user, mine.value, began - timedelta(minutes=3), folder="Junk")
    append(server, user, inbox.mint("other").value, began, folder="Junk")
    assert inbox.explain(mine.value, began) is None

    append(server, user, mine.value, began, folder="Junk")

    assert inbox.explain(mine.value, began) == (
        f"a mail to {mine.value} lies in the folder 'Junk': the mail server takes it for spam"
    )
    server.deliver(mine.value, "in the right folder")
    assert [message.text for message in inbox.fetch_new(mine, cursor)[0]] == ["in the right folder"]


# -- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def files(folder: Path, authority: trustme.CA, *names: str, **how: Any) -> tuple[Path, Path, Path]:
    """The certificate of a server for `names`, its key, and the authority's certificate."""
    made = authority.issue_cert(*names, **how)
    cert, key, ca = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    made.cert_chain_pems[0].write_to_path(cert)
    made.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    return cert, key, ca


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mails_over_tls(security: str, authority: trustme.CA, tmp_path: Path, opened: Callable[..., ImapInbox]) -> None:
    cert, key, ca = files(tmp_path, authority, "localhost")
    with dovecot.serve(tls=(cert, key)) as server:
        port = server.imaps if security == "tls" else server.imap
        inbox = opened(server, host="localhost", port=port, security=security, ca_file=str(ca))
        mine = inbox.mint("mine")
        cursor = inbox.snapshot(mine)
        server.deliver(mine.value, "🔒 " + "x" * 200_000)
        (message,) = await_new(inbox, mine, cursor)
        assert message.text == "🔒 " + "x" * 200_000

        stranger = opened(server, host="localhost", port=port, security=security)
        assert "the issuer of its TLS certificate is unknown here: give the issuer's certificate as `ca_file`" in (
            stranger.probe().told
        )


@pytest.mark.parametrize(
    ("names", "how", "told"),
    [
        (["localhost"], {"not_after": datetime(2020, 1, 2, tzinfo=UTC)}, "its TLS certificate has expired"),
        (["mail.other.example"], {}, "its TLS certificate is for another name: set `host` to the name"),
    ],
)
def test_a_certificate_that_is_wrong(  # a bare TLS server shows one faster than a whole Dovecot
    names: list[str], how: dict[str, Any], told: str, authority: trustme.CA, tmp_path: Path,
    opened: Callable[..., ImapInbox], server: Dovecot,
) -> None:  # fmt: skip
    cert, key, ca = files(tmp_path, authority, *names, **how)
    assert told in _told_by_tls(cert, key, opened, server, ca_file=str(ca))


def test_a_certificate_that_is_its_own_issuer(
    tmp_path: Path, opened: Callable[..., ImapInbox], server: Dovecot
) -> None:
    own = trustme.CA()
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    own.cert_pem.write_to_path(cert)
    own.private_key_pem.write_to_path(key)
    assert "its TLS certificate is self-signed: give it, or its issuer" in _told_by_tls(cert, key, opened, server)


def _told_by_tls(cert: Path, key: Path, opened: Callable[..., ImapInbox], server: Dovecot, **options: str) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake_hands() -> None:
            accepted, _ = listening.accept()
            with accepted, suppress(OSError):  # the client goes away
                context.wrap_socket(accepted, server_side=True).read()

        thread = threading.Thread(target=shake_hands)
        thread.start()
        port = listening.getsockname()[1]
        health = opened(server, host="localhost", port=port, security="tls", **options).probe()
        thread.join(timeout=5)
    assert not health.ok
    return health.told
