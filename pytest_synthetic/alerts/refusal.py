"""Why a service did not take a letter, out of what apprise logs: in words, and without the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.sending import NotSent, is_final
from pytest_synthetic.config.redactor import pieces
from pytest_synthetic.core.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATUS = re.compile(r"\berror=(\d{3})\b")
_MAIL_STATUS = re.compile(r"\((\d{3}), b?(['\"])(.*?)\2")
_CAUSES = (
    (re.compile(r"timed out|TimeoutError", re.IGNORECASE), "no answer within {seconds:g} s"),
    (re.compile(r"Connection refused|Errno 111|Errno 61\b|WinError 10061"), "it cannot be reached: Connection refused"),
    (
        re.compile(r"Name or service not known|name resolution|nodename nor servname|getaddrinfo|NameResolutionError"),
        "it cannot be reached: the name of its host is not known",
    ),
    (re.compile(r"certificate verify failed: ([^()]+)"), "no TLS connection: {0}"),
    (re.compile(r"\bSSL\b.*\b(?:error|failed)|SSLError", re.IGNORECASE), "no TLS connection"),
    (
        re.compile(r"AUTH extension not supported"),
        "it takes no login without TLS: try mailtos://, or leave the user and the password out",
    ),
    (re.compile(r"Connection reset|Connection aborted|unexpectedly closed"), "it closed the connection"),
)
_WIDEST = 160
_SHORTEST_PIECE = 4


def told(service: str, logs: Sequence[str], address: str, timeout: float) -> NotSent:
    """What to raise, after a service called `service` took nothing. `logs` are the messages of apprise, in order."""
    everything = "\n".join(logs)
    if found := _STATUS.search(everything):
        status = int(found[1])
        if status < 300:
            return NotSent(f"{service} answered {status}, but not as it does when it takes a message")
        return NotSent(f"{service} answered {status}", final=is_final(status))
    if found := _MAIL_STATUS.search(everything):
        words = _without(address, found[3].encode().decode("unicode_escape", "replace"))
        return NotSent(f"the mail server answered {found[1]}: {one_line(words, _WIDEST)}", final=found[1][0] == "5")
    for pattern, words in _CAUSES:
        if found := pattern.search(everything):
            return NotSent(f"{service}: {words.format(*found.groups(), seconds=timeout).strip()}")
    return NotSent(f"{service} did not take it{_said(logs, address)}")


def _said(logs: Sequence[str], address: str) -> str:
    """The last thing that apprise says for people; what it says for programmers holds the address."""
    said = [line for line in logs if line.startswith(("Failed to", "A Connection error", "The ", "There "))]
    return f": {one_line(_without(address, said[-1]), _WIDEST)}" if said else ""


def _without(address: str, text: str) -> str:
    """`text` with each piece of the address replaced, the longest first."""
    for piece in sorted({address, *pieces(address)}, key=len, reverse=True):
        if len(piece) >= _SHORTEST_PIECE:
            text = text.replace(piece, "…")
    return text
