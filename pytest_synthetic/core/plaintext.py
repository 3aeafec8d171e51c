"""Text from the product, made safe to print: no terminal escapes, no control characters, no half characters."""

from __future__ import annotations

import re

# ANSI sequences whole (CSI, OSC up to its end, two-byte escapes), so that "\x1b[31mred" leaves "red".
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]?")
# C0 but tab and newline, DEL, C1; bidirectional overrides, which reorder what is read; lone surrogates, which no
# file can hold.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """`text` without terminal escapes; other control characters and lone surrogates become U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, width: int | None = None) -> str:
    """`text` in one line, cut with an ellipsis when it is longer than `width` characters."""
    line = " ".join(plain(text).split())
    return line if width is None or len(line) <= width else line[: max(0, width - 1)].rstrip() + "…"
