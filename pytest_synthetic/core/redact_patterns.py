"""What is secret by its look or by the name beside it: where it may begin, and how far it goes.

Everything here reads bytes in UTF-8 or any encoding that holds ASCII as it is. A place where something may begin is
found by a literal text in lower case (an anchor); a reader then looks at that place alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

HEADERS = ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "x-csrf-token")
"""Headers whose values are masked."""
FIELDS = (
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "api_key", "private_key", "access_key",
    "secret_key", "otp", "pin", "card_number", "pan", "cvv", "cvc", "security_code", "iban",
)  # fmt: skip
"""Fields whose values are masked: also `new_password` and `accessToken`, which end in one of them."""

LONG_NAME = 5
"""Letters from which on a name counts at the end of any word: `userpassword`, but not `hairpin`."""


class Span(NamedTuple):
    """Bytes to be replaced, and what stands in their place: `[redacted:LABEL]`."""

    start: int
    end: int
    label: str
    encoding: str = ""
    """How a secret that was declared or learnt is encoded here; empty for what is secret by its look or its name."""


if TYPE_CHECKING:
    Reader = Callable[[bytes, int, int], Span | None]


def anchors(headers: Iterable[str], fields: Iterable[str]) -> Mapping[bytes, Reader]:
    """The readers by their anchors; `headers` and `fields` are names beside those there are."""
    found: dict[bytes, Reader] = {b"bearer ": _bearer, b"basic ": _basic, b"eyj": _jwt, b"@": _login}
    found |= dict.fromkeys((b"akia", b"asia"), _aws)
    for name in (*FIELDS, *fields):
        words = [word for word in re.split(r"[_\-\s]+", name.lower()) if word]
        for separator in ("", "_", "-"):
            found[separator.join(words).encode()] = _Named(name)
    for name in (*HEADERS, *headers):
        found[name.lower().encode()] = _Named(name, header=True)
    return found


# -- by the name beside it -------------------------------------------------------------------------------------------

_KEY_END = re.compile(rb"(?:[_-]?confirm(?:ation)?)?[0-9]?", re.IGNORECASE)
_QUOTE = rb"""(\\*["']|&quot;|&#34;|&#39;|&#x27;)"""
_NUMBER = rb"(-?[0-9][0-9.]*)(?=\s*(?:[,}\]\r\n]|\Z))"
_QUOTED = re.compile(_QUOTE + rb"[ \t]*:[ \t]*(?:[bfru]{0,2}" + _QUOTE + rb"|" + _NUMBER + rb")")
_PAIR = re.compile(_QUOTE + rb"\s*,\s*" + _QUOTE + rb"value" + _QUOTE + rb"\s*:\s*" + _QUOTE)
_ASSIGNED = re.compile(rb"[ \t]*={1,3}[ \t]*[bfru]{0,2}" + _QUOTE)
_AFTER_KEY = frozenset(bytes([byte]) for byte in b"\\\"'&]%=: \t")
_FORM = re.compile(rb"(?:\]|%5[dD])?(?:=|%3[dD])([^\s&\"'<>\\;]+)")
_HEADER = re.compile(rb"[ \t]*:[ \t]*")
_SCHEME = re.compile(rb"(?:bearer|basic|digest|token|negotiate|aws4-hmac-sha256)[ \t]+", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]*")
_INSIDE = re.compile(rb"(?:(?!\\+[rn\"']|&quot;)[^\r\n\"<])*")
_INSIDE_SINGLE = re.compile(rb"(?:(?!\\+[rn\"']|&quot;)[^\r\n\"'<])*")


_BACKSLASH = 0x5C
SHOWN = b"[redacted:"
"""How a placeholder begins."""


class _Named:
    """Reads the value beside a name, as JSON, Python, forms, query strings and header lines write it."""

    def __init__(self, name: str, *, header: bool = False) -> None:
        self.label = re.sub(r"[^\w.-]+", "_", name.lower())
        self.header = header

    def __call__(self, data: bytes, start: int, end: int) -> Span | None:
        if data[end : end + 1] not in _AFTER_KEY:
            more = _KEY_END.match(data, end)
            if not more or data[more.end() : more.end() + 1] not in _AFTER_KEY:
                return None
            end = more.end()
        if end - start < LONG_NAME and not _begins_word(data, start):
            return None
        first, last = self._value(data, start, end) or (0, 0)
        return Span(first, last, self.label) if first < last and not data.startswith(SHOWN, first) else None

    def _value(self, data: bytes, start: int, end: int) -> tuple[int, int] | None:
        if (found := _QUOTED.match(data, end)) and found[3]:
            return found.span(3)
        if found or (found := _PAIR.match(data, end)):
            return self._until_quote(data, found.end(), found[found.lastindex or 0])
        if found := _ASSIGNED.match(data, end):
            return self._until_quote(data, found.end(), found[1])
        if found := _FORM.match(data, end):
            return found.start(1), found.start(1) + len(found[1].rstrip(b",)]}."))
        if self.header and (found := _HEADER.match(data, end)):
            return self._header_line(data, start, found.end())
        return None

    def _until_quote(self, data: bytes, start: int, quote: bytes) -> tuple[int, int]:
        end = _closing(data, start, quote)
        scheme = _SCHEME.match(data, start, end) if self.header else None
        return scheme.end() if scheme else start, end

    @staticmethod
    def _header_line(data: bytes, name: int, start: int) -> tuple[int, int]:
        line = data.rfind(b"\n", max(0, name - 8), name) + 1
        alone = not data[line or max(0, name - 8) : name].strip(b" \t<>") and (line or name <= 8)
        rest = _LINE if alone else _INSIDE_SINGLE if data[name - 1 : name] == b"'" else _INSIDE
        scheme = _SCHEME.match(data, start)
        start = scheme.end() if scheme else start
        return start, start + len(rest.match(data, start)[0].rstrip())  # type: ignore[index]  # as above


def _begins_word(data: bytes, start: int) -> bool:
    """Whether no word goes on at `start`: `card`, `the_card`, `theCard`, but not `discard`."""
    before, first = data[start - 1 : start] if start else b"", data[start : start + 1]
    return not before.isalnum() or (first.isupper() and not before.isupper()) or data[start - 3 : start - 2] == b"%"


def _closing(data: bytes, start: int, quote: bytes) -> int:
    """Where the text that `quote` opened before `start` ends: at the same quote, at the end of the line or of all."""
    if quote.startswith(b"&"):
        end = data.find(quote, start)
        return _line_end(data, start, len(data) if end < 0 else end)
    mark, level, at = quote[-1:], len(quote) - 1, start
    while (at := data.find(mark, at)) >= 0:
        slashes = 0
        while data[at - slashes - 1] == _BACKSLASH and at - slashes > start:
            slashes += 1
        # A quote inside is escaped once more than the one that closes; backslashes inside are doubled.
        if slashes < level or slashes % (2 * level + 2) == level:
            return _line_end(data, start, at - min(slashes, level))
        at += 1
    return _line_end(data, start, len(data))


def _line_end(data: bytes, start: int, end: int) -> int:
    line = data.find(b"\n", start, end)
    return end if line < 0 else line


# -- by its look -----------------------------------------------------------------------------------------------------

_BEARER = re.compile(rb"[A-Za-z0-9._~+/=-]{8,}")
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*")
_AWS = re.compile(rb"A[KS]IA[0-9A-Z]{16}(?![0-9A-Za-z])")
_USER = re.compile(rb"[^\s/?#@:\"'<>\\]*:")
_NO_PASSWORD = re.compile(rb"[\s/?#\"'<>]|^\[redacted:")
_LOGIN_LENGTH = 300
_GOES_ON = re.compile(rb"[A-Za-z0-9_-]$")
_ESCAPE = re.compile(rb"%[0-9a-fA-F]{2}$|\\[nrt]$")
WORDY = 24
"""Letters from which on a bearer token need not hold anything but letters."""


def _bearer(data: bytes, _: int, end: int) -> Span | None:
    found = _BEARER.match(data, end)
    token = found[0].rstrip(b".") if found else b""
    telling = len(token) >= WORDY or (len(token) >= 8 and not token.replace(b"-", b"").isalpha())
    return Span(end, end + len(token), "bearer") if telling else None


def _basic(data: bytes, _: int, end: int) -> Span | None:
    found = _BEARER.match(data, end)
    try:
        login = base64.b64decode(found[0], validate=True) if found else b""
    except binascii.Error:
        return None
    return Span(end, end + len(found[0]), "basic") if found and b":" in login else None


def _jwt(data: bytes, start: int, _: int) -> Span | None:
    before = data[max(0, start - 3) : start]
    if _GOES_ON.search(before) and not _ESCAPE.search(before):
        return None  # a long text of many such beginnings would be read from each of them
    found = _JWT.match(data, start)
    return Span(*found.span(), "jwt") if found else None


def _aws(data: bytes, start: int, _: int) -> Span | None:
    found = None if data[max(0, start - 1) : start].isalnum() else _AWS.match(data, start)
    return Span(*found.span(), "aws_key") if found else None


def _login(data: bytes, start: int, _: int) -> Span | None:
    """The password of `//user:password@host`."""
    begin = data.rfind(b"//", max(0, start - _LOGIN_LENGTH), start) + 2
    found = _USER.match(data, begin, start) if begin > 1 else None
    if not found or found.end() == start or _NO_PASSWORD.search(data[found.end() : start]):
        return None
    return Span(found.end(), start, "url_password")


# -- card numbers ----------------------------------------------------------------------------------------------------

_ALIKE = {ord("0"): b"0123456789", ord(" "): b" +-", ord("\\"): b"\\", ord("n"): b"nrt"}
_PART_OF_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmopqsuvwxyz_."
_SHAPE = bytes(
    next((kind for kind, alike in _ALIKE.items() if byte in alike), ord("a" if byte in _PART_OF_WORD else ":"))
    for byte in range(256)
)
"""Digits, separators, backslashes, the letters of line breaks after them, and what a number may be a part of."""
_IN_ONE = tuple(before + b"0" * 13 for before in (b":", b" ", b"\\n"))
_ZEROS = re.compile(rb"0*")
_IN_GROUPS = (b"0000 0000 0000 ", b"0000 000000 0000", b"00000000 00000")
"""How card numbers are written: in fours, 4-6-5 and 4-6-4, in eights; a space, a hyphen or a plus between."""
_GROUPS = 100
"""Groups of digits that are looked at together."""
_RUN = re.compile(rb"[0-9]+(?:[ +-][0-9]+){0,%d}" % (_GROUPS - 1))
_SHORTEST, _LONGEST = 13, 19
_FIRST = frozenset(b"23456")
_ISSUERS = re.compile(rb"3[04-9]|[456]|2[2-7]")
_IDENTIFIER_BEFORE = re.compile(rb"(?<!\\)[0-9A-Za-z_]$|[0-9.]$|\\[^nrt]$|[0-9a-fA-F]{4,}-$")
_IDENTIFIER_AFTER = re.compile(rb"-?[0-9A-Za-z_]|\.[0-9]")


def cards(data: bytes) -> Iterator[Span]:
    """Card numbers: 13 to 19 digits that pass Luhn's check, in a usual layout, no part of an identifier or number."""
    shape = data.translate(_SHAPE)
    yield from _in_one(data, b":" + shape)
    for layout in _IN_GROUPS:
        at = done = 0
        while (at := shape.find(layout, at)) >= 0:
            start = at
            while start > done and at - start <= _LONGEST and shape[start - 1] == 0x30:
                start -= 1
            run = _RUN.match(data, start)
            groups = [match.span() for match in _DIGITS.finditer(data, start, run.end() if run else start)]
            yield from _among(data, groups)
            at = done = groups[-5][0] if len(groups) == _GROUPS else groups[-1][1]


def _in_one(data: bytes, shape: bytes) -> Iterator[Span]:
    """The cards without separators; `shape` has one byte more at its beginning."""
    for layout in _IN_ONE:
        end = 0
        while (at := shape.find(layout, end)) >= 0:
            start = at + len(layout) - 13
            zeros = _ZEROS.match(shape, start)
            end = zeros.end() if zeros else start
            likely = end - start <= _LONGEST and data[start - 1] in _FIRST
            if likely and _is_card(data, [(start - 1, end - 1)]):
                yield Span(start - 1, end - 1, "card")


_DIGITS = re.compile(rb"[0-9]+")


def _among(data: bytes, groups: list[tuple[int, int]]) -> Iterator[Span]:
    """The cards among groups of digits that follow each other; the longest at each place."""
    lengths = [end - start for start, end in groups]
    first = 0
    while first < len(groups):
        likely = range(min(len(groups), first + 5), first, -1) if _ISSUERS.match(data, groups[first][0]) else ()
        for last in likely:
            if _usual(lengths[first:last]) and _is_card(data, groups[first:last]):
                yield Span(groups[first][0], groups[last - 1][1], "card")
                first = last - 1
                break
        first += 1


def _usual(lengths: list[int]) -> bool:
    fours = len(lengths) > 3 and set(lengths[:-1]) == {4}
    return _SHORTEST <= sum(lengths) <= _LONGEST and (
        len(lengths) == 1 or fours or lengths in ([4, 6, 5], [4, 6, 4], [8, 8], [8, 5])
    )


def _is_card(data: bytes, groups: list[tuple[int, int]]) -> bool:
    start, end = groups[0][0], groups[-1][1]
    if not _ISSUERS.match(data, start) or _IDENTIFIER_AFTER.match(data, end):
        return False
    if _IDENTIFIER_BEFORE.search(data[max(0, start - 40) : start]):
        return False
    return luhn(b"".join(_DIGITS.findall(data[start:end])))


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: bytes) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812-1, annex B)."""
    values = [digit - 0x30 for digit in reversed(digits)]
    return len(set(values)) > 1 and (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0
