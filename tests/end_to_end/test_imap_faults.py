"""The IMAP inbox and servers that no Dovecot can be made into: they hang, drip, say BYE, know OAuth or no IDLE."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes import imap, imap_client
from pytest_synthetic.inboxes.imap import ImapInbox
from pytest_synthetic.inboxes.imap_settings import make
from pytest_synthetic.model.message import Cursor
from pytest_synthetic.testing import FakeClock

Talk: TypeAlias = "Callable[[socket.socket], None]"
GREETING = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
ANSWERS = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n",
    "LOGIN": "{tag} OK done\r\n",
    "LIST": '* LIST () "." "Archive"\r\n{tag} OK done\r\n',
    "EXAMINE": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{tag} OK [READ-ONLY] done\r\n",
    "NOOP": "{tag} OK done\r\n",
    "UID SEARCH": "* SEARCH 5\r\n{tag} OK done\r\n",
    "UID FETCH": "{tag} OK done\r\n",
    "LOGOUT": "* BYE\r\n{tag} OK done\r\n",
}


class Server:
    """Talks to each client as `talk` says, in a thread, until the block ends."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                self._open.append(sock)
                threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            self.talk(sock)

    def close(self) -> None:
        for sock in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], Server]]:
    with contextlib.ExitStack() as stack:

        def start(talk: Talk) -> Server:
            server = Server(talk)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., ImapInbox]]:
    with contextlib.ExitStack() as stack:

        def make_one(server: Server, **options: Any) -> ImapInbox:
            clock = options.pop("clock", SystemClock())
            table = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": "box@shop.example"}
            secret = {} if "token" in options else {"password": "s3cret"}
            told = {**table, **secret, "timeout": "1s", **options}
            inbox = make(told, clock=clock, sleep=lambda _: None, folder=tmp_path)
            stack.callback(inbox.close)
            return inbox

        yield make_one


def speaks(server_asked: list[str], **changed: str) -> Talk:
    """An IMAP server by the book, but for what is `changed` (`UID_FETCH="..."`)."""
    answers = {**ANSWERS, **{name.replace("_", " "): text for name, text in changed.items()}}

    def talk(sock: socket.socket) -> None:
        sock.sendall(GREETING)
        with sock.makefile("rb") as lines:
            for line in lines:
                tag, _, rest = line.decode().strip().partition(" ")
                name = next((known for known in answers if rest.upper().startswith(known)), "")
                server_asked.append(name)
                text = answers.get(name, "{tag} BAD unknown\r\n").replace("{tag}", tag)
                sock.sendall(text.encode("latin-1"))
                if "BYE" in text:
                    return

    return talk


def test_the_server_by_the_book_is_understood(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    asked: list[str] = []
    inbox = opened(serve(speaks(asked)))
    cursor = inbox.snapshot(inbox.mint("mine"))
    inbox.fetch_new(inbox.mint("mine"), cursor)

    opening = ["CAPABILITY", "LOGIN", "CAPABILITY", "EXAMINE"]
    assert asked == [*opening, "UID FETCH", "NOOP", "UID SEARCH", "UID FETCH"]


# -- time ------------------------------------------------------------------------------------------------------------


def silent(sock: socket.socket) -> None:
    sock.recv(1)


def silent_after_greeting(sock: socket.socket) -> None:
    sock.sendall(GREETING)
    while sock.recv(100):
        pass


def dripping(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"*")
        time.sleep(0.05)


def chattering(sock: socket.socket) -> None:
    sock.sendall(GREETING)
    sock.recv(100)
    while True:
        sock.sendall(b"* OK still here\r\n")
        time.sleep(0.01)


def never_ending_literal(sock: socket.socket) -> None:
    sock.sendall(GREETING)
    sock.recv(100)
    sock.sendall(b"* CAPABILITY {40000000}\r\n")
    while True:
        sock.sendall(b"x" * 100)
        time.sleep(0.01)


@pytest.mark.parametrize("talk", [silent, silent_after_greeting, dripping, chattering, never_ending_literal])
def test_a_server_that_hangs_ends_in_time(
    talk: Talk, serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    inbox = opened(serve(talk), timeout="0.4s")
    with pytest.raises(InboxUnavailable, match=r"it did not answer within 0\.4 s \(it had accepted the connection\)"):
        inbox.snapshot(inbox.mint("mine"))


def test_a_connection_that_died_without_a_word_is_made_again(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    asked: list[str] = []
    server = serve(speaks(asked, NOOP=""))
    inbox = opened(server)
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)

    assert inbox.fetch_new(mine, cursor)[0] == []

    assert asked.count("LOGIN") == 2


def test_a_server_that_goes_away_for_good_is_asked_ever_less_often(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    clock = FakeClock()
    asked: list[str] = []
    server = serve(speaks(asked, EXAMINE="* BYE going down\r\n"))
    inbox = opened(server, clock=clock)
    mine = inbox.mint("mine")
    for _ in range(60):  # 30 s, asked twice a second
        with pytest.raises(InboxUnavailable, match="the server closed the connection, or broke the protocol"):
            inbox.snapshot(mine)
        clock.advance(0.5)

    assert asked.count("LOGIN") == 1 + 4 + 4  # after 0.5, 1, 2, 4 s, then every 5 s


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK done\r\n"}, "takes no password without TLS"),
        ({"LOGIN": "{tag} NO [UNAVAILABLE] LDAP down\r\n"}, "it cannot check passwords at the moment"),
        ({"LOGIN": "{tag} NO [LIMIT] busy\r\n"}, "too many connections are open, or too many logins failed"),
        ({"LOGIN": "{tag} NO s3cret is wrong\r\n"}, "it does not accept the user or the password"),
        ({"LOGIN": "{tag} BAD s3cret\r\n"}, "it does not accept the user or the password"),
        ({"LOGIN": "* BYE too many\x1b[2J failures\r\n"}, "or broke the protocol: command: LOGIN => too many [2J fail"),
        ({"EXAMINE": "{tag} NO [NONEXISTENT] no\r\n"}, "no folder 'INBOX' that can be opened. Valid: Archive."),
        ({"UID FETCH": "{tag} NO [SERVERBUG] oops\r\n"}, "the server refused: FETCH"),
        ({"UID FETCH": "gibberish\r\n"}, "or broke the protocol: command: UID => unexpected response"),
        ({"UID FETCH": "* 1 FETCH (BODY[] {99999999999}\r\n"}, "it announced 99999999999 bytes, more than is read"),
    ],
)
def test_what_a_server_says_is_told(
    changed: dict[str, str], told: str, serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    inbox = opened(serve(speaks([], **changed)))

    with pytest.raises(InboxUnavailable) as raised:
        inbox.snapshot(inbox.mint("mine"))

    assert told in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("answer", ["* SEARCH 5 x\r\n", "* SEARCH \xff\r\n"])
def test_an_answer_that_makes_no_sense_is_told(
    answer: str, serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    inbox = opened(serve(speaks([], UID_SEARCH=answer + "{tag} OK done\r\n")))
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)

    with pytest.raises(InboxUnavailable, match="an answer of the server makes no sense"):
        inbox.fetch_new(mine, cursor)


def test_a_question_that_is_interrupted_leaves_nothing_behind(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    inbox = opened(serve(speaks(asked)))
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox._held[0], "refresh", interrupted)
    with pytest.raises(KeyboardInterrupt):
        inbox.fetch_new(mine, cursor)

    assert inbox.fetch_new(mine, cursor)[0] == []
    assert asked.count("LOGIN") == 2


@pytest.mark.parametrize(
    ("greeting", "told"),
    [
        (b"* BYE overloaded\r\n", "the server closed the connection, or broke the protocol: overloaded"),
        (b"", "the server closed the connection without a word"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "broke the protocol: unexpected response: b'HTTP/1.1 400 Bad Request'"),
        (b"\x00\xff" * 500, "the server closed the connection without a word"),
    ],
)
def test_what_is_no_imap_is_told(
    greeting: bytes, told: str, serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    health = opened(serve(lambda sock: sock.sendall(greeting))).probe()

    assert not health.ok
    assert told in health.told


def test_more_than_is_read_is_refused(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "MOST_BYTES", 1_000_000)
    inbox = opened(serve(lambda sock: sock.sendall(b"x" * 2_000_000)), timeout="10s")

    assert "it sent more in one answer than is read" in inbox.probe().told


# -- OAuth -----------------------------------------------------------------------------------------------------------


def with_oauth(heard: list[str], refusal: str | None) -> Talk:
    def talk(sock: socket.socket) -> None:
        sock.sendall(GREETING)
        with sock.makefile("rb") as lines:
            for line in lines:
                tag, _, rest = line.decode().strip().partition(" ")
                if rest.startswith("AUTHENTICATE XOAUTH2"):
                    sock.sendall(b"+ \r\n")
                    heard.append(base64.b64decode(next(lines)).decode())
                    if refusal is not None:
                        sock.sendall(b"+ " + base64.b64encode(refusal.encode()) + b"\r\n")
                        heard.append(next(lines).decode())
                        sock.sendall(f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n".encode())
                        continue
                    sock.sendall(f"{tag} OK done\r\n".encode())
                else:
                    known = {**ANSWERS, "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{tag} OK done\r\n"}
                    name = next(name for name in known if rest.startswith(name))
                    sock.sendall(known[name].replace("{tag}", tag).encode())

    return talk


def test_an_oauth_token_is_taken(serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]) -> None:
    heard: list[str] = []
    inbox = opened(serve(with_oauth(heard, None)), token="t0ken")

    assert inbox.probe().ok
    assert heard == ["user=box@shop.example\1auth=Bearer t0ken\1\1"]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [('{"status":"invalid_token","schemes":"bearer"}', "status invalid_token"), ("no JSON: t0ken", "no JSON: ***")],
)
def test_an_oauth_token_is_refused(
    refusal: str, said: str, serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    heard: list[str] = []
    health = opened(serve(with_oauth(heard, refusal)), token="t0ken").probe()

    assert not health.ok
    assert "it does not accept the OAuth token: it may have expired" in health.told
    assert said in health.told
    assert "t0ken" not in health.told
    assert heard[1] == "\r\n"


# -- what a server cannot do -----------------------------------------------------------------------------------------


def test_without_idle_the_server_is_asked_every_second(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox], tmp_path: Path
) -> None:
    clock, slept = FakeClock(), list[float]()
    asked: list[str] = []
    server = serve(speaks(asked))
    options = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": "a@b.example", "password": "p"}
    inbox = make(options, clock=clock, sleep=slept.append, folder=tmp_path)
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)

    for advance in (0.0, 1.9, 0.2, 27.8, 0.2, 100.0):
        clock.advance(advance)
        inbox.wait_hint(mine, cursor, 60)
    inbox.wait_hint(mine, cursor, 0.05)

    assert slept == [0.1, 0.1, 0.5, 0.5, imap.POLL_WITHOUT_IDLE, imap.POLL_WITHOUT_IDLE, 0.05]
    assert "the server has no IDLE: it is asked every second" in inbox.probe().told
    assert asked.count("LOGIN") == 1
    inbox.close()


@pytest.mark.parametrize("answer", ["{tag} BAD no\r\n", "* BYE\r\n", "gibberish\r\n"])
def test_idle_that_fails_ends_quietly(
    answer: str, serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    clock = FakeClock()
    capable = "* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK done\r\n"
    inbox = opened(serve(speaks([], CAPABILITY=capable, IDLE=answer)), clock=clock)
    mine = inbox.mint("mine")
    cursor = inbox.snapshot(mine)
    inbox.wait_hint(mine, cursor, 0.0)
    clock.advance(imap.POLLS[-1][0])

    inbox.wait_hint(mine, cursor, 60)

    assert inbox.fetch_new(mine, cursor)[0] == []


def test_a_quota_of_messages(serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]) -> None:
    capable = "* CAPABILITY IMAP4rev1 IDLE QUOTA\r\n{tag} OK done\r\n"
    told = '* QUOTAROOT INBOX "User"\r\n* QUOTA "User" (STORAGE 10 10240 MESSAGE 950 1000)\r\n{tag} OK done\r\n'
    inbox = opened(serve(speaks([], CAPABILITY=capable, GETQUOTAROOT=told)))

    health = inbox.probe()

    assert health.ok
    assert "; the mailbox is nearly full: 95 % of 1000 messages. Delete old messages" in health.told


def test_an_envelope_whose_server_orders_it_otherwise(
    serve: Callable[[Talk], Server], opened: Callable[..., ImapInbox]
) -> None:
    headers = "To: box+mine@b.example\r\n\r\n"
    fetched = (
        "* 1 FETCH (FLAGS (\\Seen))\r\n"
        f'* 1 FETCH (BODY[HEADER.FIELDS (TO)] {{{len(headers)}}}\r\n{headers} RFC822.SIZE 9 UID 5 INTERNALDATE " 7-Mar-2026 10:00:00 +0100")\r\n'
        "* 1 FETCH (UID 5 BODY[]<0> {9}\r\n\r\n\r\nhello)\r\n{tag} OK done\r\n"
    )
    inbox = opened(serve(speaks([], UID_FETCH=fetched)), address="box@b.example")
    cursor: Cursor = {"uidvalidity": 7, "uidnext": 5, "at": "2026-03-07T08:00:00+00:00", "newest": None}

    ((message,), after) = inbox.fetch_new(inbox.mint("mine"), cursor)

    assert message.text == "hello"
    assert message.id == "7.5"
    assert str(message.arrived_at) == "2026-03-07 09:00:00+00:00"
    assert isinstance(after, dict)
    assert after["uidnext"] == 6
    assert after["newest"] == ["2026-03-07T09:00:00+00:00", ""]
