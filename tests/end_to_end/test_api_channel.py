"""The API channel against servers that misbehave, over real sockets."""

from __future__ import annotations

import base64
import datetime as dt
import gc
import gzip
import json
import select
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import zlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme
from requests import exceptions as of_requests
from requests.auth import HTTPDigestAuth

from pytest_synthetic.channels.api import (
    ApiSession,
    BadRedirect,
    DeadlineExceeded,
    Exchange,
    ResponseTooLarge,
)
from pytest_synthetic.channels.network_faults import classify
from pytest_synthetic.errors import SyntheticError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRACE = "0af7651916cd43dd8448eb211c80319c"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
SHORT = 0.3


class Hostile:
    """A server that answers each connection with `script`, and tells what it saw."""

    def __init__(self, script: Callable[[Hostile, socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        try:
            if self.tls is not None:
                peer = self.tls.wrap_socket(peer, server_side=True)
            self.script(self, peer)
        except OSError:
            self.closed.set()
        finally:
            peer.close()

    def request(self, peer: socket.socket) -> bytes:
        """Read one request with its body; an empty one is the end."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = peer.recv(65536)
            if not piece:
                self.closed.set()
                return b""
            head += piece
        self.requests.append(head)
        return head

    def until_closed(self, peer: socket.socket) -> None:
        with suppress(OSError):
            while peer.recv(65536):
                pass
        self.closed.set()

    def drip(self, peer: socket.socket, data: bytes = b"x") -> None:
        """Send `data` every 50 ms until the other side has gone."""
        with suppress(OSError):
            while not select.select([peer], [], [], 0.05)[0]:
                peer.sendall(data)
        self.closed.set()


def says(*answers: bytes, close: bool = False) -> Callable[[Hostile, socket.socket], None]:
    """A script that gives each request its answer, the last one for ever."""

    def script(server: Hostile, peer: socket.socket) -> None:
        while server.request(peer):
            peer.sendall(answers[min(len(server.requests), len(answers)) - 1])
            if close:
                return

    return script


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(to: str, body: bytes = b"", *headers: str, status: str = "302 Found") -> bytes:
    return answer(body, f"Location: {to}", *headers, status=status)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n%b\r\n"


@contextmanager
def serving(script: Callable[[Hostile, socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    server = Hostile(script, tls)
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)  # else the thread that waits in accept keeps it open
        server.listener.close()


class Told(list[Exchange]):
    """The exchanges a session told of."""


@contextmanager
def opened(server: Hostile | None = None, **changed: Any) -> Iterator[tuple[ApiSession, Told]]:
    told = Told()
    given: dict[str, Any] = {
        "base_url": server.url if server else None, "proxy": None, "headers": {}, "user_agent": "synthetic/1",
        "trace_id": TRACE, "on_exchange": told.append,
    }  # fmt: skip
    with ApiSession(**given | changed) as api:
        yield api, told


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_with(authority: trustme.CA, *names: str, **kwargs: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1", "localhost")), **kwargs).configure_cert(context)
    return context


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def fault(error: BaseException) -> str:
    told = classify(error)
    return told[0] if told else "none"


class TestDeadline:
    """However the time is wasted, the call ends, and the connection with it."""

    @pytest.mark.parametrize(
        ("first", "drop", "phase"),
        [
            (b"", b"H", "download"),
            (b"HTTP/1.1 200 OK\r\nX-A: ", b"a", "download"),
            (b"HTTP/1.1 200 OK\r\n\r\n", b"x", "download"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x", "download"),
            (CHUNKED % b"", b"1\r\nx\r\n", "download"),
            (CHUNKED % b"" + b"ffff\r\n", b"x", "download"),
            (CHUNKED % b"Content-Encoding: gzip\r\n" + chunk(gzip.compress(b"")[:10]), b"0", "download"),
            (b"", b"", "first_byte"),
            (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", "download"),
        ],
        ids=["status", "headers", "body", "long", "chunks", "in a chunk", "chunk size", "nothing", "continue"],
    )
    @pytest.mark.flaky(reruns=2)  # a busy machine may need all of the time for the first byte
    @pytest.mark.parametrize("stream", [False, True])
    def test_ends_what_drips(self, first: bytes, drop: bytes, phase: str, stream: bool) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(first)
            server.drip(peer, drop)

        with serving(script) as server, opened(server, deadline=SHORT) as (api, told):
            with pytest.raises(DeadlineExceeded) as caught:
                list(api.get("/slow?token=geheim", stream=stream).iter_content(1))
            assert server.closed.wait(5)
        assert isinstance(caught.value, requests.Timeout | SyntheticError)
        assert (caught.value.url, caught.value.seconds, caught.value.phase) == (f"{server.url}/slow", SHORT, phase)
        assert "geheim" not in str(caught.value)
        assert fault(caught.value) == "product"
        assert [(each.error, each.url) for each in told] == [("DeadlineExceeded", f"{server.url}/slow")]

    def test_ends_a_flood_of_interim_answers(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            with suppress(OSError):
                while True:
                    peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            server.closed.set()

        with serving(script) as server, opened(server, deadline=SHORT) as (api, _):
            with pytest.raises(DeadlineExceeded):
                api.get("/")
            assert server.closed.wait(5)

    @pytest.mark.parametrize("how", ["read", "read1", "content", "stream"])
    def test_stands_over_every_way_to_read(self, how: str) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server.drip(peer)

        with serving(script) as server, opened(server, deadline=SHORT) as (api, _):
            response = api.get("/", stream=True)
            read: Callable[[], object] = {
                "read": response.raw.read,
                "read1": lambda: [response.raw.read1(10) for _ in range(1000)],
                "content": lambda: response.content,
                "stream": lambda: list(response.raw.stream()),
            }[how]
            with pytest.raises(DeadlineExceeded):
                read()
            assert server.closed.wait(5)

    def test_is_one_for_all_redirects(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            while server.request(peer):
                if select.select([peer], [], [], 0.1)[0]:
                    break
                peer.sendall(redirect("/on", status="307 On"))
            server.closed.set()

        with serving(script) as server, opened(server, deadline=SHORT) as (api, told):
            with pytest.raises(DeadlineExceeded):
                api.get("/")
            assert server.closed.wait(5)
        assert len(told) >= 2
        assert [each.error for each in told][-1] == "DeadlineExceeded"
        assert {each.status for each in told[:-1]} == {307}

    def test_begins_anew_with_each_call(self) -> None:
        with serving(says(HELLO)) as server, opened(server, deadline=SHORT) as (api, told):
            for _ in range(3):
                assert api.get("/").text == "hello"
                threading.Event().wait(0.15)
        assert [each.reused for each in told] == [False, True, True]

    def test_ends_a_slow_handshake(self) -> None:
        with serving(Hostile.until_closed) as server, opened(deadline=SHORT, connect_timeout=5) as (api, told):
            with pytest.raises(DeadlineExceeded) as caught:
                api.get(f"https://127.0.0.1:{server.port}/")
            assert server.closed.wait(5)
        assert caught.value.phase == "tls"
        assert told[0].connect is not None
        assert told[0].tls is not None
        assert told[0].first_byte is None

    def test_ends_a_drip_over_tls(self, authority: trustme.CA, bundle: str) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server.drip(peer)

        with serving(script, tls_with(authority)) as server, opened(server, deadline=0.5) as (api, _):
            with pytest.raises(DeadlineExceeded) as caught:
                api.get("/", verify=bundle)
            assert server.closed.wait(5)
        assert caught.value.phase == "download"

    def test_ends_an_upload_nobody_reads(self) -> None:
        release = threading.Event()

        def script(server: Hostile, peer: socket.socket) -> None:
            release.wait(10)
            server.until_closed(peer)

        with (
            serving(script) as server,
            opened(server, deadline=SHORT) as (api, _),
        ):
            with pytest.raises(DeadlineExceeded):
                api.post("/", data=b"x" * 50_000_000)
            release.set()
            assert server.closed.wait(5)

    def test_lets_an_upload_take_longer_than_the_connect_timeout(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            threading.Event().wait(0.4)
            received = 0
            while received < 30_000_000:
                received += len(peer.recv(1_000_000))
            peer.sendall(HELLO)

        with serving(script) as server, opened(server, connect_timeout=0.2) as (api, _):
            assert api.post("/", data=b"x" * 30_000_000).text == "hello"

    def test_ends_a_resolver_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        release, real = threading.Event(), socket.getaddrinfo

        def hanging(*args: Any, **kwargs: Any) -> Any:
            if not kwargs.get("flags"):
                release.wait(10)
            return real(*args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", hanging)
        with opened(deadline=SHORT) as (api, told), pytest.raises(DeadlineExceeded) as caught:
            api.get("http://localhost:1/")
        release.set()
        assert caught.value.phase == "dns"
        assert fault(caught.value) == "network"
        assert told[0].dns is not None
        assert told[0].connect is None

    def test_is_not_stretched_by_a_longer_timeout(self) -> None:
        with serving(Hostile.until_closed) as server, opened(server, deadline=SHORT) as (api, _):
            with pytest.raises(DeadlineExceeded):
                api.get("/", timeout=60)
            assert server.closed.wait(5)

    @pytest.mark.parametrize("timeout", [0.1, (5, 0.1)])
    def test_leaves_a_shorter_timeout_its_meaning(self, timeout: Any) -> None:
        with serving(Hostile.until_closed) as server, opened(server) as (api, told):
            with pytest.raises(of_requests.ReadTimeout) as caught:
                api.get("/", timeout=timeout)
            assert server.closed.wait(5)
        assert not isinstance(caught.value, DeadlineExceeded)
        assert fault(caught.value) == "product"
        assert told[0].error == "ReadTimeout"

    def test_a_timeout_in_a_body_is_what_requests_makes_of_it(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
            server.until_closed(peer)

        with serving(script) as server, opened(server) as (api, told):
            with pytest.raises(of_requests.ConnectionError) as caught:
                api.get("/", timeout=0.1)
            assert server.closed.wait(5)
        assert classify(caught.value) == ("product", "the product did not answer in time")
        assert told[0].error == "ConnectionError"

    def test_connecting_has_its_own_timeout(self) -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            fillers = [socket.socket() for _ in range(8)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            with opened(connect_timeout=0.2) as (api, told):
                with pytest.raises(of_requests.RequestException) as caught:
                    api.get(f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=(0.2, 0.2))
                assert fault(caught.value) == "product"
            assert told[0].error == type(caught.value).__name__
            for filler in fillers:
                filler.close()


BOMB = gzip.compress(bytes(200_000_000), 9)


def zlib_compressed(data: bytes) -> bytes:
    return zlib.compress(data, 9)


class TestCap:
    @pytest.mark.parametrize(
        "sent",
        [
            answer(bytes(50_000_000)),
            CHUNKED % b"" + b"".join(chunk(bytes(50_000)) for _ in range(200)),
            answer(BOMB, "Content-Encoding: gzip"),
            CHUNKED % b"Content-Encoding: gzip\r\n" + chunk(BOMB),
            answer(zlib_compressed(bytes(50_000_000)), "Content-Encoding: deflate"),
            answer(gzip.compress(BOMB, 9), "Content-Encoding: gzip, gzip"),
        ],
        ids=["plain", "chunked", "gzip", "chunked gzip", "deflate", "gzip twice"],
    )
    @pytest.mark.parametrize("how", ["content", "iter_content", "whole chunks", "raw"])
    def test_ends_a_body_that_is_too_large(self, sent: bytes, how: str) -> None:
        limit = 1_000_000
        with serving(says(sent, b"", close=True)) as server, opened(server, max_body=limit) as (api, told):
            response = api.get("/", stream=True)
            read: Callable[[], object] = {
                "content": lambda: response.content,
                "iter_content": lambda: list(response.iter_content(1000)),
                "whole chunks": lambda: list(response.iter_content(None)),
                "raw": lambda: response.raw.read(decode_content=True),
            }[how]
            with pytest.raises(ResponseTooLarge) as caught:
                read()
            assert response.raw.closed
        assert isinstance(caught.value, requests.RequestException)
        assert caught.value.limit == limit
        assert fault(caught.value) == "product"
        assert told[0].error == "ResponseTooLarge"
        assert limit < (told[0].received or 0) < limit + 200_000

    def test_closes_the_connection(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(CHUNKED % b"")
            server.drip(peer, chunk(bytes(100_000)))

        with serving(script) as server, opened(server, max_body=150_000) as (api, _):
            with pytest.raises(ResponseTooLarge):
                api.get("/")
            assert server.closed.wait(5)

    @pytest.mark.parametrize("size", [0, 1, 999, 1000])
    def test_lets_through_what_fits(self, size: int) -> None:
        with serving(says(answer(b"x" * size))) as server, opened(server, max_body=1000) as (api, told):
            assert api.get("/").content == b"x" * size
            assert api.get("/", stream=True).raw.read() == b"x" * size
        assert [each.received for each in told] == [size, size]

    def test_keeps_memory_bounded(self) -> None:
        with serving(says(answer(BOMB, "Content-Encoding: gzip"))) as server:
            grown = subprocess.run(
                [sys.executable, "-c", MEASURE_MEMORY, server.url],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
        assert int(grown.stdout) < 40_000


MEASURE_MEMORY = textwrap.dedent("""
    import resource, sys
    from pytest_synthetic.channels.api import ApiSession, ResponseTooLarge
    api = ApiSession(base_url=sys.argv[1], proxy=None, headers={}, user_agent="x", trace_id="a" * 32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        api.get("/")
    except ResponseTooLarge:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
""")


class TestBrokenAnswers:
    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            (b"", of_requests.ConnectionError),
            (b"\x00\x01garbage\r\n\r\n", of_requests.ConnectionError),
            (b"<html>HTTP/0.9 is long gone</html>", of_requests.ConnectionError),
            (b"HTTP/1.1 abc OK\r\n\r\n", of_requests.ConnectionError),
            (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", of_requests.ConnectionError),
            (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n", of_requests.ConnectionError),
            (answer(b"short", length=50), of_requests.ChunkedEncodingError),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", of_requests.InvalidHeader),
            (CHUNKED % b"" + b"5\r\nhel", of_requests.ChunkedEncodingError),
            (CHUNKED % b"" + chunk(b"hello"), of_requests.ChunkedEncodingError),
            (CHUNKED % b"" + b"zz\r\nhello\r\n", of_requests.ChunkedEncodingError),
            (CHUNKED % b"" + b"-5\r\nhello\r\n", of_requests.RequestException),
            (CHUNKED % b"" + b"f" * 100_000, of_requests.ChunkedEncodingError),
            (answer(b"not gzip at all", "Content-Encoding: gzip"), of_requests.ContentDecodingError),
            (answer(b"not deflate", "Content-Encoding: deflate"), of_requests.ContentDecodingError),
            (
                CHUNKED % b"Content-Encoding: gzip\r\n" + chunk(b"not gzip") + b"0\r\n\r\n",
                of_requests.ContentDecodingError,
            ),
            (answer(b"x", "Content-Encoding: " + ",".join(["gzip"] * 10)), of_requests.ContentDecodingError),
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    def test_are_errors_of_requests_and_the_products_fault(
        self, sent: bytes, expected: type[Exception], stream: bool
    ) -> None:
        with serving(says(sent, close=True)) as server, opened(server, deadline=5) as (api, told):
            with pytest.raises(expected) as caught:
                _ = api.get("/", stream=stream).content
        assert isinstance(caught.value, requests.RequestException)
        assert fault(caught.value) == "product"
        assert [each.error for each in told] == [type(caught.value).__name__]

    @pytest.mark.parametrize("length", ["-1", "abc", "5, 5", "", "1_0"])
    def test_an_odd_length_is_read_or_refused_but_does_not_hang(self, length: str) -> None:
        sent = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello".encode()
        with serving(says(sent, close=True)) as server, opened(server, deadline=5) as (api, told):
            try:
                body = api.get("/").content
            except requests.RequestException as error:
                body = fault(error).encode()
        assert body[:5] in {b"hello", b"produ"}
        assert len(told) == 1

    @pytest.mark.parametrize("body", [b"\xff\xfe\xfa", b'{"a": "\x00"', b"\x00", b"", b"<html>", b"\xed\xa0\x80"])
    def test_that_are_no_text_or_json_can_still_be_looked_at(self, body: bytes) -> None:
        with (
            serving(says(answer(body, "Content-Type: application/json; charset=nonsense"))) as server,
            opened(server) as (api, _),
        ):
            response = api.get("/")
            assert response.content == body
            assert isinstance(response.text, str)
            with pytest.raises(of_requests.JSONDecodeError) as caught:
                response.json()
        assert classify(caught.value) == ("product", "the product's answer is not JSON")

    def test_a_status_is_the_products_fault(self) -> None:
        with serving(says(answer(b"", status="503 Nope"))) as server, opened(server) as (api, told):
            with pytest.raises(of_requests.HTTPError) as caught:
                api.get("/").raise_for_status()
        assert classify(caught.value) == ("product", "the product answered with status 503")
        assert (told[0].status, told[0].error) == (503, None)

    def test_a_reset_is_the_products_fault(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

        with serving(script) as server, opened(server) as (api, told):
            with pytest.raises(of_requests.ConnectionError) as caught:
                api.get("/")
        assert fault(caught.value) == "product"
        assert told[0].error == "ConnectionError"
        assert told[0].status is None
        assert told[0].received is None

    def test_nobody_listens(self) -> None:
        with serving(says(HELLO)) as server:
            url = server.url
        with opened() as (api, told), pytest.raises(of_requests.ConnectionError) as caught:
            api.get(url)
        assert classify(caught.value) == ("product", "the product refused the connection")
        assert told[0].connect is not None

    def test_the_name_does_not_exist(self) -> None:
        with opened(deadline=5) as (api, told), pytest.raises(of_requests.ConnectionError) as caught:
            api.get("http://no-such-name.invalid/")
        assert fault(caught.value) in {"product", "network"}
        assert told[0].dns is not None

    @pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 70}.example/", "http://127.0.0.1:99999/"])
    def test_an_address_that_cannot_be_is_the_tests_fault(self, url: str) -> None:
        with opened() as (api, _), pytest.raises(requests.RequestException) as caught:
            api.get(url)
        assert fault(caught.value) == "test"

    def test_a_failed_body_gives_nothing_more(self) -> None:
        with serving(says(answer(b"not gzip at all", "Content-Encoding: gzip"))) as server, opened(server) as (api, _):
            response = api.get("/", stream=True)
            with pytest.raises(of_requests.ContentDecodingError):
                response.raw.read(decode_content=True)
            assert response.raw.read(decode_content=False) == b""


class TestRedirects:
    def test_a_loop_ends(self) -> None:
        with serving(says(redirect("/again"))) as server, opened(server) as (api, told):
            with pytest.raises(of_requests.TooManyRedirects) as caught:
                api.get("/")
        assert fault(caught.value) == "product"
        assert len(told) == api.max_redirects + 1

    def test_each_hop_is_an_exchange_and_a_span(self) -> None:
        with serving(says(HELLO)) as target, serving(says(redirect(f"{target.url}/there?token=geheim"))) as server:
            with opened(server) as (api, told):
                response = api.get("/here", auth=("user", "geheim"))
        assert response.text == "hello"
        assert [(each.url, each.status, each.reused) for each in told] == [
            (f"{server.url}/here", 302, False),
            (f"{target.url}/there", 200, False),
        ]
        spans = [header(request, "traceparent").split("-") for request in (server.requests[0], target.requests[0])]
        assert [span[:2] + span[3:] for span in spans] == [["00", TRACE, "01"]] * 2
        assert spans[0][2] != spans[1][2]
        assert "Authorization" in server.requests[0].decode()
        assert "Authorization" not in target.requests[0].decode()

    @pytest.mark.parametrize(
        "location", ["ftp://shop.example/x", "http://[bad/", "http://a..b/", "http://h:99999/", "x:y"]
    )
    def test_to_nowhere_is_the_products_fault(self, location: str) -> None:
        with serving(says(redirect(location))) as server, opened(server, deadline=5) as (api, told):
            with pytest.raises(BadRedirect) as caught:
                api.get("/")
        assert isinstance(caught.value, requests.RequestException)
        assert fault(caught.value) == "product"
        assert (told[0].status, told[0].error) == (302, None)

    @pytest.mark.parametrize(
        ("first", "close"),
        [
            (redirect("/on", b"x", status="302 F").replace(b"Length: 1", b"Length: 10"), True),
            (redirect("/on", b"not gzip", "Content-Encoding: gzip"), False),
            (redirect("/on", gzip.compress(bytes(100_000))[:90] + b"rotten", "Content-Encoding: gzip"), False),
        ],
    )
    def test_with_a_broken_body_are_followed_as_requests_does(self, first: bytes, close: bool) -> None:
        with serving(says(first, HELLO, close=close)) as server, opened(server) as (api, told):
            assert api.get("/").text == "hello"
        assert [each.status for each in told] == [302, 200]
        assert told[0].error in {"ChunkedEncodingError", "ContentDecodingError"}

    def test_to_a_name_that_is_not_utf8_are_followed_as_browsers_do(self) -> None:
        with serving(says(redirect("/caf\xe9?a=b%20c"), HELLO)) as server, opened(server) as (api, _):
            assert api.get("/").text == "hello"
        assert server.requests[1].startswith(b"GET /caf%E9?a=b%20c HTTP/1.1")

    def test_may_be_left_alone(self) -> None:
        with serving(says(redirect("/on"))) as server, opened(server) as (api, told):
            response = api.get("/", allow_redirects=False)
        assert response.status_code == 302
        assert response.next is not None
        assert len(told) == 1


def header(request: bytes, name: str) -> str:
    lines = request.decode("latin-1").split("\r\n")
    return next(line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name.lower()}: "))


class TestExchanges:
    def test_a_phase_that_did_not_happen_is_none(self) -> None:
        with serving(says(HELLO)) as server, opened(server) as (api, told):
            api.get(f"http://localhost:{server.port}/")
            api.get(f"http://localhost:{server.port}/")
        first, second = told
        assert None not in (first.dns, first.connect, first.first_byte, first.download, first.total)
        assert (first.tls, first.via, first.reused, first.received, first.error) == (None, None, False, 5, None)
        assert (second.dns, second.connect, second.tls, second.reused) == (None, None, None, True)
        for each in told:
            phases = [each.dns, each.connect, each.first_byte, each.download]
            assert sum(phase or 0 for phase in phases) <= (each.total or 0)
        assert second.started > first.started

    def test_tls_is_one_of_its_own(self, authority: trustme.CA, bundle: str) -> None:
        with serving(says(HELLO), tls_with(authority)) as server, opened(server) as (api, told):
            api.verify = bundle
            assert api.get("/").text == "hello"
            assert api.get("/").text == "hello"
        assert [each.dns for each in told] == [None, None]
        assert [each.tls is None for each in told] == [False, True]
        assert None not in (told[1].first_byte, told[1].download)

    def test_a_stream_is_told_when_it_is_read(self) -> None:
        with serving(says(HELLO)) as server, opened(server) as (api, told):
            response = api.get("/", stream=True)
            assert told == []
            assert list(response.iter_content(2)) == [b"he", b"ll", b"o"]
            assert [each.received for each in told] == [5]

    def test_a_stream_is_told_when_it_is_closed(self) -> None:
        with serving(says(answer(bytes(1_000_000)))) as server, opened(server) as (api, told):
            with api.get("/", stream=True) as response:
                next(response.iter_content(10))
                assert told == []
            assert [(each.received, each.error) for each in told] == [(10, None)]
            assert server.closed.wait(5)

    def test_a_stream_is_told_when_it_is_forgotten(self) -> None:
        with serving(says(answer(bytes(1_000_000)))) as server, opened(server) as (api, told):
            api.get("/", stream=True)
            gc.collect()
            assert [each.status for each in told] == [200]
            assert server.closed.wait(5)

    @pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No"), ("GET", "304 Same")])
    def test_an_answer_may_have_no_body(self, method: str, status: str) -> None:
        with serving(says(answer(b"", status=status, length=99))) as server, opened(server) as (api, told):
            api.request(method, "/")
            api.request(method, "/")
        assert [(each.received, each.error, each.reused) for each in told] == [(0, None, False), (0, None, True)]

    def test_elapsed_means_what_it_means_in_requests(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            threading.Event().wait(0.2)
            peer.sendall(b"hello")

        with serving(script) as server, opened(server) as (api, told):
            elapsed = api.get("/").elapsed.total_seconds()
        assert elapsed < (told[0].total or 0) - 0.1

    def test_every_request_is_traced_unless_the_user_does(self) -> None:
        with serving(says(HELLO)) as server, opened(server) as (api, _):
            api.get("/")
            api.get("/", headers={"traceparent": "mine", "User-Agent": "mine"})
            api.get("/")
        traces = [header(request, "traceparent") for request in server.requests]
        assert traces[1] == "mine"
        assert traces[0] != traces[2]
        assert [header(request, "user-agent") for request in server.requests] == ["synthetic/1", "mine", "synthetic/1"]

    def test_hooks_and_authentication_work_as_in_requests(self) -> None:
        asks = answer(b"", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"', status="401 No")
        with serving(says(asks, HELLO)) as server, opened(server) as (api, told):
            seen: list[int] = []
            response = api.get(
                "/", auth=HTTPDigestAuth("u", "p"), hooks={"response": lambda r, **_: seen.append(r.status_code)}
            )
        assert response.text == "hello"
        assert [each.status for each in told] == [401, 200]

    def test_sessions_share_nothing(self) -> None:
        with serving(says(answer(b"", "Set-Cookie: a=b"))) as server:
            with opened(server) as (one, _), opened(server) as (other, told):
                one.get("/")
                other.get("/")
                one.get("/")
        assert ["Cookie: a=b" in request.decode() for request in server.requests] == [False, False, True]
        assert not told[0].reused
        assert server.connections == 2

    def test_a_connection_the_server_closed_is_not_used_again(self) -> None:
        with serving(says(HELLO, close=True)) as server, opened(server) as (api, told):
            for _ in range(3):
                assert api.get("/").text == "hello"
                wait_until_dropped(api, server)
        assert [each.reused for each in told] == [False, False, False]

    def test_a_connection_that_rested_long_is_not_used_again(self) -> None:
        with serving(says(HELLO)) as server, opened(server) as (api, told):
            api.get("/")
            pools: Any = api.get_adapter(server.url)
            [key] = pools.poolmanager.pools.keys()
            pool = pools.poolmanager.pools[key]
            for connection in filter(None, pool.pool.queue):
                connection.rests_since -= 5
            api.get("/")
            api.get("/")
        assert [each.reused for each in told] == [False, False, True]

    def test_nothing_is_retried(self) -> None:
        with serving(says(b"", close=True)) as server, opened(server) as (api, _):
            with pytest.raises(of_requests.ConnectionError):
                api.get("/")
        assert len(server.requests) == 1


def wait_until_dropped(api: ApiSession, server: Hostile) -> None:
    """Until the client can know that the server closed the connection."""
    pools: Any = api.get_adapter(server.url)
    [key] = pools.poolmanager.pools.keys()
    for _ in range(500):
        if not any(each.is_connected for each in filter(None, pools.poolmanager.pools[key].pool.queue)):
            return
        threading.Event().wait(0.01)
    raise TimeoutError


class TestCertificates:
    @pytest.mark.parametrize(
        ("names", "kwargs", "words"),
        [
            (("127.0.0.1",), {"not_after": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "has expired"),
            (("other.example",), {}, "for another host"),
        ],
    )
    def test_say_what_is_wrong(
        self, authority: trustme.CA, bundle: str, names: tuple[str, ...], kwargs: dict[str, Any], words: str
    ) -> None:
        with serving(says(HELLO), tls_with(authority, *names, **kwargs)) as server, opened(server) as (api, told):
            with pytest.raises(of_requests.SSLError) as caught:
                api.get("/", verify=bundle)
        assert classify(caught.value) == (
            "product",
            f"the product's TLS certificate {'is ' if 'for' in words else ''}{words}",
        )
        assert told[0].error == "SSLError"
        assert told[0].tls is not None

    def test_of_an_unknown_authority_are_refused(self, authority: trustme.CA) -> None:
        with serving(says(HELLO), tls_with(authority)) as server, opened(server) as (api, _):
            with pytest.raises(of_requests.SSLError) as caught:
                api.get("/")
        assert fault(caught.value) == "product"

    def test_no_tls_at_all_is_the_products_fault(self) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            peer.recv(1)
            peer.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")
            server.until_closed(peer)

        with serving(script) as server, opened() as (api, _), pytest.raises(of_requests.SSLError) as caught:
            api.get(f"https://127.0.0.1:{server.port}/")
        assert classify(caught.value) == ("product", "the TLS connection to the product failed")

    @pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
    def test_may_be_left_unchecked(self, authority: trustme.CA) -> None:
        with serving(says(HELLO), tls_with(authority)) as server, opened(server) as (api, _):
            assert api.get("/", verify=False).text == "hello"


def relay(one: socket.socket, other: socket.socket) -> None:
    ends = {one: other, other: one}
    while True:
        for ready in select.select(list(ends), [], [], 10)[0]:
            data = ready.recv(65536)
            if not data:
                other.close()
                return
            ends[ready].sendall(data)


def http_proxy(*, credentials: str | None = None) -> Callable[[Hostile, socket.socket], None]:
    """A proxy that forwards http:// and tunnels https://; every name leads to this machine."""
    expected = credentials and f"Basic {base64.b64encode(credentials.encode()).decode()}"

    def script(server: Hostile, peer: socket.socket) -> None:
        while request := server.request(peer):
            if expected and f"Proxy-Authorization: {expected}" not in request.decode():
                peer.sendall(answer(b"", status="407 Who are you"))
                return
            method, target, _ = request.split(b"\r\n")[0].decode().split()
            authority = target if method == "CONNECT" else target.split("/")[2]
            with socket.create_connection(("127.0.0.1", int(authority.rpartition(":")[2]))) as product:
                if method == "CONNECT":
                    peer.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
                    relay_tls(peer, product)
                    return
                product.sendall(request.replace(target.encode(), b"/" + target.split("/", 3)[3].encode(), 1))
                peer.sendall(product.recv(65536))

    return script


def relay_tls(peer: socket.socket, product: socket.socket) -> None:
    """As relay, in two threads: select does not see what a TLS socket has read already."""
    back = threading.Thread(target=pump, args=(product, peer), daemon=True)
    back.start()
    pump(peer, product)


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class TestProxy:
    @pytest.fixture(autouse=True)
    def elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The environment wants everything but the proxy that was given."""
        monkeypatch.setenv("HTTP_PROXY", "http://env:geheim@127.0.0.1:1")
        monkeypatch.setenv("http_proxy", "http://env:geheim@127.0.0.1:1")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "*")

    def test_carries_everything_redirects_included(self) -> None:
        with serving(says(redirect("http://other.test:{}/on"))) as first, serving(says(HELLO)) as second:
            first.script = says(redirect(f"http://other.test:{second.port}/on"))
            with serving(http_proxy()) as proxy, opened(proxy=proxy.url) as (api, told):
                response = api.get(f"http://shop.test:{first.port}/a?b=c", proxies={"http": "http://127.0.0.1:1"})
        assert response.text == "hello"
        assert [request.split()[1] for request in proxy.requests] == [
            f"http://shop.test:{first.port}/a?b=c".encode(),
            f"http://other.test:{second.port}/on".encode(),
        ]
        assert [each.via for each in told] == [f"http://127.0.0.1:{proxy.port}"] * 2
        assert "Proxy-Authorization" not in second.requests[0].decode()

    def test_carries_a_prepared_request_too(self) -> None:
        with serving(says(HELLO)) as server, serving(http_proxy()) as proxy, opened(proxy=proxy.url) as (api, _):
            request = api.prepare_request(requests.Request("GET", f"http://shop.test:{server.port}/"))
            assert api.send(request).text == "hello"
        assert len(proxy.requests) == 1

    def test_carries_tls(self, authority: trustme.CA, bundle: str) -> None:
        with serving(says(HELLO), tls_with(authority, "shop.test")) as server, serving(http_proxy()) as proxy:
            with opened(proxy=f"http://u:p@127.0.0.1:{proxy.port}") as (api, told):
                for _ in range(2):
                    assert api.get(f"https://shop.test:{server.port}/", verify=bundle).text == "hello"
        assert proxy.requests[0].startswith(b"CONNECT shop.test:")
        assert base64.b64encode(b"u:p") in proxy.requests[0]
        assert [(each.via, each.reused, each.tls is None) for each in told] == [
            (proxy.url, False, False),
            (proxy.url, True, True),
        ]

    def test_may_speak_tls_itself(self, authority: trustme.CA, bundle: str) -> None:
        with (
            serving(says(HELLO), tls_with(authority, "shop.test")) as server,
            serving(http_proxy(), tls_with(authority)) as proxy,
            opened(proxy=proxy.url) as (api, told),
        ):
            for _ in range(2):
                assert api.get(f"https://shop.test:{server.port}/", verify=bundle).text == "hello"
        assert [each.reused for each in told] == [False, True]

    def test_that_speaks_tls_keeps_the_deadline(self, authority: trustme.CA, bundle: str) -> None:
        def script(server: Hostile, peer: socket.socket) -> None:
            server.request(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server.drip(peer)

        with (
            serving(script, tls_with(authority, "shop.test")) as server,
            serving(http_proxy(), tls_with(authority)) as proxy,
            opened(proxy=proxy.url, deadline=0.6) as (api, _),
        ):
            with pytest.raises(DeadlineExceeded):
                api.get(f"https://shop.test:{server.port}/", verify=bundle)
            assert server.closed.wait(5)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_that_asks_for_a_password_is_the_regions_fault(self, scheme: str) -> None:
        with serving(http_proxy(credentials="u:p")) as proxy, opened(proxy=proxy.url) as (api, told):
            with pytest.raises(requests.RequestException) as caught:
                api.get(f"{scheme}://shop.test:1/").raise_for_status()
        assert fault(caught.value) == "region"
        assert len(told) == 1

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("kind", ["http", "https", "socks5"])
    def test_that_is_not_there_is_the_regions_fault(self, kind: str, scheme: str) -> None:
        with serving(says(HELLO)) as gone:
            pass
        with opened(proxy=f"{kind}://u:geheim@127.0.0.1:{gone.port}") as (api, told):
            with pytest.raises(of_requests.ProxyError) as caught:
                api.get(f"{scheme}://shop.test/")
        assert fault(caught.value) == "region"
        assert told[0].via is not None
        assert "geheim" not in told[0].via

    @pytest.mark.parametrize("kind", ["http", "socks5"])
    def test_whose_name_is_unknown_is_not_the_products_fault(self, kind: str) -> None:
        with opened(proxy=f"{kind}://no-such-proxy.invalid:1", deadline=5) as (api, _):
            with pytest.raises(of_requests.ProxyError) as caught:
                api.get("http://shop.test/")
        assert fault(caught.value) in {"region", "network"}

    @pytest.mark.parametrize("sent", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n"])
    def test_that_opens_no_way_is_the_regions_fault(self, sent: bytes) -> None:
        with serving(says(sent, close=True)) as proxy, opened(proxy=proxy.url) as (api, _):
            with pytest.raises(of_requests.ProxyError) as caught:
                api.get("https://shop.test/")
        assert fault(caught.value) == "region"

    @pytest.mark.parametrize("kind", ["http", "socks5"])
    @pytest.mark.parametrize("drop", [b"", b"\x05", b"H"])
    def test_that_drips_keeps_the_deadline(self, kind: str, drop: bytes) -> None:
        with serving(lambda server, peer: server.drip(peer, drop)) as proxy:
            with opened(proxy=f"{kind}://127.0.0.1:{proxy.port}", deadline=SHORT) as (api, _):
                with pytest.raises(requests.RequestException) as caught:
                    api.get("https://shop.test/")
                assert proxy.closed.wait(5)
        assert fault(caught.value) == "region"

    def test_of_the_environment_is_used_where_none_is_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NO_PROXY")
        with serving(says(HELLO)) as server, serving(http_proxy()) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with opened() as (api, told):
                assert api.get(f"http://shop.test:{server.port}/").text == "hello"
        assert told[0].via == proxy.url


def exactly(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise ConnectionResetError
        data += piece
    return data


def socks_proxy(
    *, login: tuple[bytes, bytes] | None = None, reply: int = 0, kind: int = 1
) -> Callable[[Hostile, socket.socket], None]:
    """A SOCKS5 proxy; every name leads to this machine. `requests` holds the names it was asked for."""

    def script(server: Hostile, peer: socket.socket) -> None:
        methods = exactly(peer, exactly(peer, 2)[1])
        peer.sendall(bytes([5, 0 if login is None else 2 if 2 in methods else 0xFF]))
        if login is not None:
            given = exactly(peer, exactly(peer, 2)[1]), exactly(peer, exactly(peer, 1)[0])
            peer.sendall(b"\x01\x00" if given == login else b"\x01\x01")
        asked = exactly(peer, 4)[3]
        server.requests.append(exactly(peer, 4 if asked == 1 else exactly(peer, 1)[0]))
        port = int.from_bytes(exactly(peer, 2), "big")
        bound = {1: bytes(4), 3: b"\x04host", 4: bytes(16)}[kind]
        peer.sendall(bytes([5, reply, 0, kind]) + bound + bytes(2))
        if reply == 0:
            with socket.create_connection(("127.0.0.1", port)) as product:
                relay(peer, product)

    return script


class TestSocks:
    @pytest.mark.parametrize("kind", [1, 3, 4])
    def test_resolves_names_at_the_proxy(self, kind: int) -> None:
        with serving(says(HELLO)) as server, serving(socks_proxy(kind=kind)) as proxy:
            with opened(proxy=f"socks5://127.0.0.1:{proxy.port}") as (api, told):
                for _ in range(2):
                    assert api.get(f"http://shop.test:{server.port}/").text == "hello"
        assert proxy.requests == [b"shop.test"]
        assert server.requests[0].startswith(b"GET / HTTP/1.1")
        assert [(each.via, each.reused) for each in told] == [
            (f"socks5h://127.0.0.1:{proxy.port}", False),
            (f"socks5h://127.0.0.1:{proxy.port}", True),
        ]

    def test_carries_tls_and_addresses(self, authority: trustme.CA, bundle: str) -> None:
        with serving(says(HELLO), tls_with(authority)) as server, serving(socks_proxy()) as proxy:
            with opened(server, proxy=f"socks5://127.0.0.1:{proxy.port}") as (api, told):
                assert api.get("/", verify=bundle).text == "hello"
        assert proxy.requests == [bytes([127, 0, 0, 1])]
        assert None not in (told[0].connect, told[0].tls)

    def test_knows_a_password(self) -> None:
        with serving(says(HELLO)) as server, serving(socks_proxy(login=(b"u", b"p@"))) as proxy:
            with opened(server, proxy=f"socks5://u:p%40@127.0.0.1:{proxy.port}") as (api, told):
                assert api.get("/").text == "hello"
        assert "p%40" not in json.dumps(told[0].via)

    @pytest.mark.parametrize(
        ("script", "userinfo"),
        [
            (socks_proxy(login=(b"u", b"p")), "u:wrong@"),
            (socks_proxy(login=(b"u", b"p")), ""),
            (socks_proxy(reply=2), ""),
            (socks_proxy(reply=5), ""),
            (socks_proxy(reply=99), ""),
            (says(HELLO, close=True), ""),
            (lambda _, peer: peer.sendall(b"SSH-2.0-x\r\n"), ""),
            (lambda _, peer: peer.recv(3), ""),
        ],
        ids=["wrong", "none", "rules", "refused", "odd", "http", "ssh", "closed"],
    )
    def test_that_refuses_is_the_regions_fault(self, script: Any, userinfo: str) -> None:
        with (
            serving(script) as proxy,
            opened(proxy=f"socks5://{userinfo}127.0.0.1:{proxy.port}", deadline=1) as (api, told),
        ):
            with pytest.raises(requests.RequestException) as caught:
                api.get("http://shop.test/")
        assert fault(caught.value) == "region"
        assert len(told) == 1
