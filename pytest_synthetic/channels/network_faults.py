"""Whose fault is it when an HTTP call fails? Told from the exception alone, by the names of its types.

Nothing is imported that such an exception comes from: this may be called on any exception, in any process, cheaply.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_Told: TypeAlias = "tuple[Literal['product', 'region', 'network', 'config', 'test'], str]"

_CHAIN_LIMIT = 50
_HTTP_LIBRARIES = ("requests", "urllib3")

_LOCAL_ERRNOS = {
    errno.ENETUNREACH: "the network is unreachable from here",
    errno.EHOSTUNREACH: "no route leads from here to the host",
    errno.ENETDOWN: "the network is down here",
    errno.EADDRNOTAVAIL: "this machine has no address or port left to connect from",
    errno.EMFILE: "this process has too many files and sockets open",
    errno.ENFILE: "this machine has too many files and sockets open",
}
_UNKNOWN_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}

# Beginnings of OpenSSL's own words (x509_txt.c), and of those the ssl module adds.
_CERTIFICATE_FAULTS = (
    ("certificate has expired", "the product's TLS certificate has expired"),
    ("certificate is not yet valid", "the product's TLS certificate is not valid yet"),
    ("Hostname mismatch", "the product's TLS certificate is for another host"),
    ("IP address mismatch", "the product's TLS certificate is for another host"),
    ("self-signed", "the product's TLS certificate is self-signed"),
    ("self signed", "the product's TLS certificate is self-signed"),
    (
        "unable to get local issuer",
        "the product's TLS certificate has an unknown issuer or an incomplete chain",
    ),
)

# By the type of the exception itself; then by the types of it and of all it was raised for, the first in order.
_BY_OWN_TYPE: dict[str, _Told] = {
    "pytest_synthetic.NoBaseUrl": ("test", "a relative path was requested, and no base URL is set"),
    "pytest_synthetic.BadRedirect": ("product", "the product redirects to an address that cannot be requested"),
    "pytest_synthetic.ResponseTooLarge": ("product", "the product's answer is larger than what is read"),
    "requests.InvalidProxyURL": ("config", "the proxy's URL is not valid"),
    "requests.TooManyRedirects": ("product", "the product redirects without end"),
    "requests.JSONDecodeError": ("product", "the product's answer is not JSON"),
    "requests.InvalidURL": ("test", "the URL asked for is not valid"),
    "requests.MissingSchema": ("test", "the URL asked for has no http:// or https://"),
    "requests.InvalidSchema": ("test", "the URL asked for is neither http:// nor https://"),
    "requests.URLRequired": ("test", "no URL was asked for"),
    "requests.InvalidJSONError": ("test", "what was to be sent cannot be written as JSON"),
    "requests.UnrewindableBodyError": ("test", "what was sent cannot be sent again, as the redirect wants"),
    "requests.StreamConsumedError": ("test", "the body of an answer was read twice"),
}
_BY_REASON: dict[str, _Told] = {
    "builtins.ConnectionRefusedError": ("product", "the product refused the connection"),
    "requests.ConnectTimeout": ("product", "the product did not accept the connection in time"),
    "requests.ReadTimeout": ("product", "the product did not answer in time"),
    "urllib3.ReadTimeoutError": ("product", "the product did not answer in time"),
    "builtins.TimeoutError": ("product", "the product did not answer in time"),
    "http.RemoteDisconnected": ("product", "the product closed the connection without an answer"),
    "builtins.ConnectionResetError": ("product", "the product reset the connection"),
    "builtins.BrokenPipeError": ("product", "the product closed the connection while it was sent to"),
    "http.BadStatusLine": ("product", "the product's answer is not HTTP"),
    "http.LineTooLong": ("product", "the product's answer has a header that is too long"),
    "http.IncompleteRead": ("product", "the product's answer broke off in the middle"),
    "urllib3.DecodeError": ("product", "the product's answer cannot be decoded as it says it is encoded"),
    "urllib3.InvalidHeader": ("product", "the product's answer has headers that contradict each other"),
    "requests.ContentDecodingError": ("product", "the product's answer cannot be decoded as it says it is encoded"),
    "requests.ChunkedEncodingError": ("product", "the product's answer broke off in the middle"),
    "http.HTTPException": ("product", "the product's answer is not HTTP"),
    "requests.InvalidHeader": ("test", "a header that was to be sent is not valid"),
    "requests.Timeout": ("product", "the product did not answer in time"),
    "requests.ConnectionError": ("product", "the connection to the product failed"),
    "requests.RequestException": ("product", "the call to the product failed"),
    "urllib3.HTTPError": ("product", "the call to the product failed"),
}


def classify(error: BaseException) -> tuple[str, str] | None:
    """Return who is at fault for `error` and one sentence that tells it, or None when it comes from no HTTP call.

    The first is "product", "region" (its proxy), "network" (of this machine), "config" or "test" (the journey's code).
    """
    names = _names(error)
    if not any(name.startswith(_HTTP_LIBRARIES) for name in names):
        return None
    return _by_own_type(error, names) or _by_reasons(list(_reasons(error)))


def _names(error: BaseException) -> list[str]:
    """The types of `error`, most specific first, each as its top package and name."""
    return [f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__]


def _by_own_type(error: BaseException, names: list[str]) -> _Told | None:
    if "requests.HTTPError" in names:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status == 407:
            return "region", "the region's proxy asks for a user name and password"
        return (
            "product",
            f"the product answered with status {status}" if status else "the product answered with an error",
        )
    if "pytest_synthetic.DeadlineExceeded" in names:
        return _by_phase(str(getattr(error, "phase", "")), via=getattr(error, "via", None) is not None)
    return next((_BY_OWN_TYPE[name] for name in names if name in _BY_OWN_TYPE), None)


def _by_phase(phase: str, *, via: bool) -> _Told:
    if phase == "dns":
        return "network", "the resolver did not answer before the deadline"
    if via and phase in ("connect", "proxy"):
        return "region", "the region's proxy did not open the way before the deadline"
    return (
        "product",
        f"the product did not finish its answer before the deadline (it was still at {phase.replace('_', ' ')})",
    )


def _by_reasons(reasons: list[BaseException]) -> _Told | None:
    names = [name for reason in reasons for name in _names(reason)]
    proxied = "requests.ProxyError" in names or "urllib3.ProxyError" in names
    told = _of_this_machine(reasons)
    if told is not None:
        return told
    if proxied:
        return "region", "the region's proxy does not open the way"
    if any(isinstance(reason, socket.gaierror) for reason in reasons):
        return "product", "the product's name does not exist"
    if "requests.SSLError" in names or "urllib3.SSLError" in names:
        return "product", _certificate_fault(reasons)
    return next((told for name, told in _BY_REASON.items() if name in names), None)


def _of_this_machine(reasons: list[BaseException]) -> _Told | None:
    for reason in reasons:
        if isinstance(reason, socket.gaierror):
            if reason.errno not in _UNKNOWN_NAME:
                return "network", "the resolver cannot be asked"
        elif isinstance(reason, OSError) and reason.errno in _LOCAL_ERRNOS:
            return "network", _LOCAL_ERRNOS[reason.errno]
    return None


def _certificate_fault(reasons: list[BaseException]) -> str:
    said = " ".join(str(getattr(reason, "verify_message", "")) for reason in reasons)
    return next(
        (told for words, told in _CERTIFICATE_FAULTS if words in said), "the TLS connection to the product failed"
    )


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it was raised for: arguments, `reason`, cause; the context of one that names none."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _CHAIN_LIMIT:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        named = [*current.args, getattr(current, "reason", None), current.__cause__]
        told = [reason for reason in named if isinstance(reason, BaseException)]
        if not told and current.__context__ is not None and not current.__suppress_context__:
            told = [current.__context__]
        waiting.extend(told)
