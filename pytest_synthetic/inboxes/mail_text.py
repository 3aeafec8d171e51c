"""A mail as it came over the wire (RFC 5322, MIME) into a Message: what a person reads, however wrong it is made."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.parser import BytesParser
from typing import TYPE_CHECKING, cast

from pytest_synthetic.core.code_text import read_html
from pytest_synthetic.model.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from email.message import Message as Part

LONGEST_HEADER = 4_000
"""Characters of a header that are read: a record of a run keeps them."""
MOST_WORK = 50_000_000
"""Lines times boundaries: the parser compares every line with the boundary of every multipart that is open."""

_ENCODED = r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?="
_ENCODED_WORDS = re.compile(rf"{_ENCODED}(?:\s*{_ENCODED})*")
_NO_CHARSETS = {"idna", "punycode", "raw_unicode_escape", "unicode_escape"}
"""Python's own encodings, which no mail is written in; some take quadratic time."""


def message_of(raw: bytes, *, id: str, to: str, arrived_at: datetime | None, resolution: float = 1.0) -> Message:  # noqa: A002
    """`raw` as a Message. Raises nothing: what is malformed is read as far as it can be, at worst as plain text.

    `text` is the text/plain part, or the visible text of the HTML where there is none; attachments are left out.
    The names of `headers` are in lower case; of a header that comes several times, the first (topmost) is kept.
    """
    mail = _parsed(raw)
    told = _headers(mail)
    body = _body(mail)
    return Message(
        id=id,
        to=to,
        sender=told.get("from", ""),
        subject=told.get("subject"),
        text="\n".join(body.text).strip("\n"),
        html="\n".join(body.html) or None,
        arrived_at=arrived_at,
        resolution=resolution,
        headers=told,
    )


def _parsed(raw: bytes) -> Part:
    """The tree of parts; the headers and one text where a tree would take minutes, or cannot be made."""
    parser = BytesParser(policy=policy.compat32)  # the newer policies raise for headers that no standard allows
    hostile = raw.count(b"\n") * raw.lower().count(b"boundary") > MOST_WORK
    try:
        return parser.parsebytes(raw, headersonly=hostile)
    except (RecursionError, TypeError, ValueError, LookupError):  # too deep, or a parameter of Content-Type is mad
        return parser.parsebytes(raw, headersonly=True)


# --- headers --------------------------------------------------------------------------------------------------------


def _headers(mail: Part) -> Mapping[str, str]:
    told: dict[str, str] = {}
    for name, value in mail.raw_items():
        told.setdefault(_clean(name).lower(), header_text(str(value)))
    return told


def header_text(value: str) -> str:
    """A header's value as a person reads it: unfolded, RFC 2047 decoded, raw UTF-8 or Latin-1 taken as it is meant.

    `value` is as `email` gives it: bytes that are not ASCII are surrogates.
    """
    unfolded = re.sub(r"[\r\n]+[ \t]*", " ", value[:LONGEST_HEADER]).strip()
    text = _decoded(unfolded.encode("utf-8", "surrogateescape"), None)
    return _clean(_ENCODED_WORDS.sub(lambda words: _words(words[0]), text)).replace("\n", " ")


def _words(encoded: str) -> str:
    """Neighbours of one charset are decoded together: many senders cut characters in two."""
    try:
        pieces = decode_header(encoded)
    except HeaderParseError:
        return encoded
    return "".join(
        piece if isinstance(piece, str) else _decoded(piece, said and said.partition("*")[0]) for piece, said in pieces
    )


# --- the body -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """What is read of one part of a mail, in order. `plain`: its text is not made out of HTML."""

    text: Sequence[str] = ()
    html: Sequence[str] = ()
    plain: bool = False


def _body(part: Part) -> _Body:
    if isinstance(parts := part.get_payload(), list) and part.get_content_maintype() == "multipart":
        try:
            inner = [_body(cast("Part", item)) for item in parts]
        except RecursionError:
            return _Body()
        return _alternative(inner) if part.get_content_subtype() == "alternative" else _together(inner)
    if isinstance(parts, list) or part.get_content_disposition() == "attachment":
        return _Body()
    return _leaf(part)


def _leaf(part: Part) -> _Body:
    kind = part.get_content_type()
    if not kind.startswith(("text/plain", "text/html", "multipart/")):  # multipart: it has no boundary, or a wrong one
        return _Body()
    text = _clean(_decoded(_payload(part), _charset(part)))
    if not text.strip():
        return _Body()
    if kind == "text/html":
        return _Body(text=(read_html(text).text,), html=(text,))
    return _Body(text=(text,), plain=True)


def _payload(part: Part) -> bytes:
    """The bytes of a leaf. `email` gives base64 up whose last letter stands alone, as in a mail that was cut."""
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        letters = "".join(str(part.get_payload()).split())
        part.set_payload(letters[:-1] if len(letters) % 4 == 1 else letters)
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _together(inner: Sequence[_Body]) -> _Body:
    return _Body(
        text=[text for body in inner for text in body.text],
        html=[html for body in inner for html in body.html],
        plain=any(body.plain for body in inner),
    )


def _alternative(inner: Sequence[_Body]) -> _Body:
    """One thing told several times: the text of the plain telling, the HTML of the rich one."""
    chosen = next((body for body in inner if body.plain), None) or next((body for body in inner if body.text), _Body())
    return _Body(text=chosen.text, html=_together(inner).html, plain=chosen.plain)


# --- characters -----------------------------------------------------------------------------------------------------


def _charset(part: Part) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, TypeError, ValueError):  # a parameter that is itself badly encoded
        return None


def _decoded(data: bytes, said: str | None) -> str:
    """`data` in the charset it is `said` to be in, else in UTF-8, else in what most senders mean who say nothing."""
    for name in (_codec(said), "utf_8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):  # LookupError: `zlib` and its like are no charsets
            continue
    return data.decode("cp1252", "replace")


def _codec(said: str | None) -> str:
    try:
        name = codecs.lookup(said or "utf_8").name.replace("-", "_")
    except (LookupError, ValueError):
        return "utf_8"
    if name in _NO_CHARSETS:
        return "utf_8"
    return "cp1252" if name == "iso8859_1" else name  # as browsers do: nobody means the control characters


def _clean(text: str) -> str:
    """`text` with newlines for line ends, without NUL and halves of characters, which no report could hold."""
    told = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return told.encode("utf-8", "replace").decode()
