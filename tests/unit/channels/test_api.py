"""The API channel where nothing is sent: addresses, headers, proxies, and whose fault an exception is."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from http.client import RemoteDisconnected
from typing import Any

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from requests import exceptions as of_requests
from urllib3 import exceptions as of_urllib3

from pytest_synthetic.channels.api import ApiSession, BadRedirect, DeadlineExceeded, NoBaseUrl, ResponseTooLarge
from pytest_synthetic.channels.exchange import Phase, bare
from pytest_synthetic.channels.network_faults import classify
from pytest_synthetic.channels.transport import resolving_there, without_userinfo
from pytest_synthetic.errors import SyntheticError

TRACE = "0af7651916cd43dd8448eb211c80319c"


def session(**changed: Any) -> ApiSession:
    given: dict[str, Any] = {
        "base_url": "https://shop.example", "proxy": None, "headers": {}, "user_agent": "synthetic/1", "trace_id": TRACE,
    }  # fmt: skip
    return ApiSession(**given | changed)


def prepared(path: str, **changed: Any) -> requests.PreparedRequest:
    return session(**changed).prepare_request(requests.Request("GET", path))


class TestAddresses:
    @pytest.mark.parametrize(
        ("base", "path", "expected"),
        [
            ("https://shop.example", "/api/x", "https://shop.example/api/x"),
            ("https://shop.example", "api/x", "https://shop.example/api/x"),
            ("https://shop.example/v1/", "x", "https://shop.example/v1/x"),
            ("https://shop.example/v1", "x", "https://shop.example/x"),
            ("https://shop.example/v1/", "/x", "https://shop.example/x"),
            ("https://shop.example/v1/", "../x", "https://shop.example/x"),
            ("https://shop.example/v1/a?b=c", "?d=e", "https://shop.example/v1/a?d=e"),
            ("https://shop.example/v1/", "", "https://shop.example/v1/"),
            ("https://shop.example/v1/", " x ", "https://shop.example/v1/x"),
            ("https://shop.example", "//other.example/x", "https://other.example/x"),
            ("https://shop.example", "http://other.example/x", "http://other.example/x"),
            ("https://shop.example", "HTTP://other.example/x", "http://other.example/x"),
            (None, "https://other.example/x", "https://other.example/x"),
        ],
    )
    def test_are_joined_as_a_browser_joins_them(self, base: str | None, path: str, expected: str) -> None:
        assert prepared(path, base_url=base).url == expected

    @pytest.mark.parametrize("path", ["/api/x?token=geheim", "api/x", ""])
    def test_a_relative_path_needs_a_base_url(self, path: str) -> None:
        with pytest.raises(NoBaseUrl) as caught:
            prepared(path, base_url=None)
        assert isinstance(caught.value, of_requests.MissingSchema)
        assert isinstance(caught.value, SyntheticError)
        assert "--base-url" in str(caught.value)
        assert "`base_url` in synthetic.toml" in str(caught.value)
        assert "geheim" not in str(caught.value)
        assert classify(caught.value) == ("test", "a relative path was requested, and no base URL is set")

    def test_the_request_that_was_given_is_not_changed(self) -> None:
        request = requests.Request("GET", "/x")
        session().prepare_request(request)
        assert request.url == "/x"

    @pytest.mark.parametrize("url", ["ftp://shop.example/x", "localhost:8080/x", "http://[::1/x", "http:///x"])
    def test_what_cannot_be_requested_is_an_error_of_requests(self, url: str) -> None:
        with pytest.raises(of_requests.RequestException) as caught:
            session().get(url)
        assert classify(caught.value) is not None
        assert (classify(caught.value) or ("", ""))[0] == "test"

    @given(st.text(st.characters(codec="ascii"), max_size=30))
    def test_any_path_gives_an_address_or_an_error_of_requests(self, path: str) -> None:
        try:
            url = prepared(path).url
        except of_requests.RequestException:
            return
        assert url is not None
        assert ":" in url

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://u:p@shop.example/a?b#c", "https://shop.example/a"),
            ("https://shop.example#c?x", "https://shop.example"),
            ("https://shop.example/@a/b@c", "https://shop.example/@a/b@c"),
            ("/x?token=1", "/x"),
        ],
    )
    def test_are_told_without_what_may_be_secret(self, url: str, expected: str) -> None:
        assert bare(url) == expected

    @given(st.text(), st.text())
    def test_are_never_told_with_a_query(self, path: str, query: str) -> None:
        told = bare(f"https://shop.example/x{path.replace('?', '').replace('#', '')}?{query}")
        assert "?" not in told


class TestSettings:
    def test_the_user_agent_and_the_headers_are_sent(self) -> None:
        sent = prepared("/x", headers={"X-Monitor": "1"}).headers
        assert sent["User-Agent"] == "synthetic/1"
        assert sent["X-Monitor"] == "1"
        assert sent["Accept-Encoding"]

    @pytest.mark.parametrize("trace_id", ["", "x" * 32, TRACE.upper(), TRACE + "0"])
    def test_a_trace_id_of_no_use_is_refused(self, trace_id: str) -> None:
        with pytest.raises(ValueError, match="32 hex digits"):
            session(trace_id=trace_id)

    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_a_deadline_of_no_use_is_refused(self, seconds: float) -> None:
        with pytest.raises(ValueError, match="more than 0 seconds"):
            session(deadline=seconds)

    @pytest.mark.parametrize(
        ("proxy", "used"),
        [
            ("socks5://u:p@proxy:1080", "socks5h://u:p@proxy:1080"),
            ("SOCKS5H://proxy", "socks5h://proxy"),
            ("http://proxy:3128", "http://proxy:3128"),
            ("https://proxy:3128", "https://proxy:3128"),
            ("proxy:3128", "http://proxy:3128"),
        ],
    )
    def test_names_are_resolved_at_the_proxy(self, proxy: str, used: str) -> None:
        assert resolving_there(proxy) == used

    @pytest.mark.parametrize("proxy", ["socks4://u:geheim@proxy", "ftp://proxy", "http://", "://proxy"])
    def test_another_kind_of_proxy_is_refused(self, proxy: str) -> None:
        with pytest.raises(of_requests.InvalidProxyURL) as caught:
            session(proxy=proxy)
        assert "geheim" not in str(caught.value)
        assert classify(caught.value) == ("config", "the proxy's URL is not valid")

    def test_a_proxy_is_told_without_its_password(self) -> None:
        assert without_userinfo("http://u:p@ss@proxy:1") == "http://proxy:1"


REQUEST = requests.Request("GET", "https://shop.example/x").prepare()
POOL: Any = None


def late(phase: Phase, via: str | None = None) -> DeadlineExceeded:
    return DeadlineExceeded(
        method="GET", url="https://shop.example/x", seconds=3, phase=phase, via=via, request=REQUEST
    )


def retried(reason: Exception) -> of_urllib3.MaxRetryError:
    return of_urllib3.MaxRetryError(POOL, "/x", reason)


def unconnected(error: OSError) -> of_requests.ConnectionError:
    """As requests wraps a socket that could not connect."""
    reason = of_urllib3.NewConnectionError(POOL, str(error))
    reason.__cause__ = error
    return of_requests.ConnectionError(retried(reason))


def unresolved(code: int) -> of_requests.ConnectionError:
    reason = of_urllib3.NameResolutionError("shop.example", POOL, socket.gaierror(code, "said"))
    reason.__cause__ = socket.gaierror(code, "said")
    return of_requests.ConnectionError(retried(reason))


def uncertified(words: str) -> of_requests.SSLError:
    error = ssl.SSLCertVerificationError(1, words)
    error.verify_message = words
    return of_requests.SSLError(retried(of_urllib3.SSLError(error)))


def answered(status: int) -> of_requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return of_requests.HTTPError(response=response)


def proxied(error: Exception) -> of_requests.ProxyError:
    return of_requests.ProxyError(retried(of_urllib3.ProxyError("Unable to connect to proxy", error)))


class TestWhoseFault:
    @pytest.mark.parametrize(
        ("error", "fault", "words"),
        [
            (answered(503), "product", "status 503"),
            (answered(407), "region", "proxy asks for"),
            (of_requests.HTTPError(), "product", "error"),
            (unconnected(ConnectionRefusedError(errno.ECONNREFUSED, "")), "product", "refused"),
            (unconnected(OSError(errno.ENETUNREACH, "")), "network", "unreachable"),
            (unconnected(OSError(errno.EHOSTUNREACH, "")), "network", "no route"),
            (unconnected(OSError(errno.ENETDOWN, "")), "network", "down"),
            (unconnected(OSError(errno.EMFILE, "")), "network", "too many files"),
            (unresolved(socket.EAI_AGAIN), "network", "resolver"),
            (unresolved(socket.EAI_FAIL), "network", "resolver"),
            (unresolved(socket.EAI_NONAME), "product", "name does not exist"),
            (
                of_requests.ConnectionError(urllib3.exceptions.ProtocolError("", ConnectionResetError())),
                "product",
                "reset",
            ),
            (
                of_requests.ConnectionError(urllib3.exceptions.ProtocolError("", RemoteDisconnected(""))),
                "product",
                "without an",
            ),
            (of_requests.ConnectTimeout(), "product", "accept"),
            (of_requests.ReadTimeout(), "product", "in time"),
            (of_requests.TooManyRedirects(), "product", "without end"),
            (of_requests.JSONDecodeError("bad", "<html>", 0), "product", "not JSON"),
            (of_requests.ChunkedEncodingError(), "product", "broke off"),
            (of_requests.ContentDecodingError(), "product", "decoded"),
            (of_requests.InvalidHeader(of_urllib3.InvalidHeader("5, 6")), "product", "contradict"),
            (of_requests.InvalidHeader("X-Y: bad"), "test", "header"),
            (of_requests.InvalidURL(), "test", "URL"),
            (of_requests.MissingSchema(), "test", "http"),
            (of_requests.InvalidSchema(), "test", "http"),
            (of_requests.InvalidProxyURL(), "config", "proxy"),
            (of_requests.RequestException(), "product", "failed"),
            (BadRedirect(), "product", "redirects"),
            (ResponseTooLarge(method="GET", url="/x", limit=5, request=REQUEST), "product", "larger"),
            (late(Phase.DOWNLOAD), "product", "download"),
            (late(Phase.FIRST_BYTE, via="http://proxy"), "product", "first byte"),
            (late(Phase.PROXY, via="http://proxy"), "region", "proxy"),
            (late(Phase.CONNECT, via="http://proxy"), "region", "proxy"),
            (late(Phase.CONNECT), "product", "connect"),
            (late(Phase.DNS), "network", "resolver"),
            (uncertified("certificate has expired"), "product", "has expired"),
            (uncertified("Hostname mismatch, certificate is not valid for 'x'."), "product", "another host"),
            (uncertified("self-signed certificate in certificate chain"), "product", "self-signed"),
            (uncertified("certificate is not yet valid"), "product", "not valid yet"),
            (uncertified("unable to get local issuer certificate"), "product", "unknown issuer"),
            (of_requests.SSLError(), "product", "TLS"),
            (proxied(ConnectionRefusedError()), "region", "proxy"),
            (proxied(OSError("Tunnel connection failed: 407 asked")), "region", "proxy"),
            (proxied(socket.gaierror(socket.EAI_NONAME, "")), "region", "proxy"),
            (proxied(socket.gaierror(socket.EAI_AGAIN, "")), "network", "resolver"),
            (proxied(ssl.SSLCertVerificationError()), "region", "proxy"),
        ],
    )
    def test_is_told_from_the_exception(self, error: BaseException, fault: str, words: str) -> None:
        told = classify(error)
        assert told is not None
        assert told[0] == fault
        assert words in told[1]
        assert re.fullmatch(r"[a-z][^\n]{10,110}", told[1])

    @pytest.mark.parametrize(
        "error",
        [
            AssertionError(),
            ConnectionRefusedError(),
            socket.gaierror(),
            TimeoutError(),
            KeyboardInterrupt(),
            ssl.SSLError(),
        ],
    )
    def test_is_left_open_for_what_comes_from_no_call(self, error: BaseException) -> None:
        assert classify(error) is None

    def test_is_not_that_of_an_earlier_failure_that_was_handled(self) -> None:
        error = AssertionError("no order")
        error.__context__ = unconnected(OSError(errno.ENETUNREACH, ""))
        assert classify(error) is None
        second = answered(500)
        second.__context__ = unconnected(OSError(errno.ENETUNREACH, ""))
        assert (classify(second) or ("", ""))[0] == "product"

    def test_ends_for_a_chain_in_a_circle(self) -> None:
        first, second = of_requests.ConnectionError(), of_requests.ConnectionError()
        first.__cause__, second.__cause__ = second, first
        assert classify(first) == ("product", "the connection to the product failed")


class TestErrors:
    def test_a_deadline_is_told_with_what_to_do(self) -> None:
        error = late(Phase.DOWNLOAD)
        assert isinstance(error, requests.Timeout)
        assert isinstance(error, SyntheticError)
        assert (error.url, error.seconds, error.phase, error.request) == (
            "https://shop.example/x",
            3,
            "download",
            REQUEST,
        )
        assert "did not end within 3 s" in str(error)
        assert "set a longer deadline" in str(error)
