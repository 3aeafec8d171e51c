"""Who is at fault for an exception of Playwright. Reads names and messages: importing Playwright costs 130 ms."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from pytest_synthetic.model.verdict import Fault

_PROXY = ("ERR_PROXY", "ERR_TUNNEL", "ERR_SOCKS", "ERR_NO_SUPPORTED_PROXIES", "ERR_MANDATORY_PROXY")
_NETWORK = (
    "ERR_INTERNET_DISCONNECTED",
    "ERR_NETWORK_CHANGED",
    "ERR_ADDRESS_UNREACHABLE",
    "ERR_NETWORK_ACCESS_DENIED",
    "ERR_NETWORK_IO_SUSPENDED",
)
_DEAD = (
    "Target page, context or browser has been closed",
    "Target crashed",
    "Page crashed",
    "Browser closed",
    "Browser has been closed",
    "Connection closed while reading from the driver",
    "Playwright connection closed",
)
_PAGE = (
    "strict mode violation",
    "Element is not",
    "is not attached",
    "net::ERR",
    "NS_ERROR",
    "Execution context was destroyed",
)


def classify(error: BaseException) -> tuple[Fault, str] | None:
    """Who is at fault, and how it is told; None when the exception is not Playwright's."""
    message = str(error)
    ours = any(kind.__module__.startswith("playwright.") for kind in type(error).__mro__)
    expects = isinstance(error, AssertionError) and "Call log:" in message
    if not (ours or expects):
        return None
    if any(words in message for words in _DEAD):
        return Fault.BROWSER, "the browser, or the page's process, died during the run"
    if expects:
        return Fault.PRODUCT, "the page does not show what the journey expects"
    return of_network(message) or _of_action(type(error).__name__, message)


def of_network(message: str) -> tuple[Fault, str] | None:
    """Who is at fault for what Chromium says of a request that got no answer; None for any other message."""
    code = re.search(r"net::(ERR_\w+)", message)
    if code is None:
        return None
    if code[1].startswith(_PROXY):
        return Fault.REGION, f"the proxy does not carry the traffic ({code[1]})"
    if code[1].startswith(_NETWORK):
        return Fault.NETWORK, f"the network of the machine that runs the browser is down ({code[1]})"
    if code[1] == "ERR_NAME_NOT_RESOLVED":
        return _of_name(message)
    return Fault.PRODUCT, f"the product's address answers with {code[1]}"


def _of_name(message: str) -> tuple[Fault, str]:
    """Chromium has one error for a name that does not exist and for a resolver that cannot be asked: ask again."""
    address = re.search(r" at (\S+://\S+)", message)
    host = urlsplit(address[1]).hostname if address else None
    try:
        socket.getaddrinfo(host, None)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            return Fault.NETWORK, "no name server can be asked from this machine"
    except (OSError, UnicodeError):
        return Fault.PRODUCT, "the product's name cannot be resolved"
    return Fault.PRODUCT, "the product's name does not exist (ERR_NAME_NOT_RESOLVED)"


def _of_action(kind: str, message: str) -> tuple[Fault, str]:
    if message.startswith("BrowserType.connect"):
        return Fault.REGION, "the remote browser does not answer"
    if message.startswith(("BrowserType.", "Browser.", "Playwright.")):
        return Fault.BROWSER, "the browser does not start, or refuses its settings"
    if kind == "TimeoutError":
        return Fault.PRODUCT, "the page did not do in time what the journey waits for"
    if any(words in message for words in _PAGE):
        return Fault.PRODUCT, "the page is not what the journey expects"
    return Fault.TEST, "Playwright refuses what the journey asks of it"
