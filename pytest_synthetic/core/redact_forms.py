"""The forms in which a secret meets text: as it is, and as URLs, JSON, HTML, Python, base64 and others write it."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from html.entities import codepoint2name
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST = 4
"""Characters that a form has at least: shorter ones would blank a report."""
LONG = 2_000
"""Characters from which on a secret is not looked for in forms of forms: they are some hundred times as much."""

JSON_DEPTH = 4
"""How often JSON may hold JSON as a text."""

COMMON = frozenset(
    """
    true false null none undefined test tests testing tester password passwd passphrase secret secrets token user users
    username admin administrator root guest login logout demo example localhost local html http https http:// https://
    text json page pages name names type value values title data file files error errors info warning debug trace assert
    pass fail passed failed broken skipped degraded step steps journey journeys pytest synthetic allure chrome chromium
    firefox webkit browser python click fill goto button label input form shop cart order product products email mail
    phone code codes card cards content status request requests response header headers cookie cookies session key keys
    application playwright changeme default production staging prod main master index home body head link date time
    self line from import class return string bytes number with that this have redacted redacted: [redacted
    welcome hello world apikey api_key bearer basic authorization report screenshot region server client
    """.split()  # noqa: SIM905  a table of words reads so
)

_URL_SAFE = ("", "/", "!'()*", "!'()*;,/?:@&=+$#", "!$&'()*+,;=:@/?", "!$%&()*+,;=:@/?[\\]^`{|}'")
"""What writers leave as it is: RFC 3986, urllib, encodeURIComponent, encodeURI, a path, a browser's query."""
_ENTITIES = ("&#{};".format, "&#x{:x};".format, "&#x{:X};".format)
_TAGS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_HTML_STYLES: tuple[Mapping[str, str], ...] = (
    _TAGS,
    {**_TAGS, '"': "&quot;"},
    {**_TAGS, '"': "&quot;", "'": "&#x27;"},
    {**_TAGS, '"': "&quot;", "'": "&#39;"},
    {**_TAGS, '"': "&#34;", "'": "&#39;"},
    {**_TAGS, '"': "&quot;", "'": "&apos;"},
    *({character: entity(ord(character)) for character in "&<>\"'"} for entity in _ENTITIES),
)
"""How writers escape: text, attributes, xml.sax, Python, Jinja, browsers, XML; numbers for all."""


def why_not(value: str) -> str | None:
    """Why `value` cannot be looked for in text: the reports would lose more than the secret. None when it can."""
    bare = value.strip()
    if len(bare) < SHORTEST:
        return f"it is shorter than {SHORTEST} characters"
    if bare.lower() in COMMON:
        return "it is a common word"
    if len(set(bare)) == 1:
        return "it is one character, repeated"
    if re.fullmatch(r"(?:19|20)\d\d", bare):
        return "it reads as a year"
    return None


def forms(value: str) -> set[str]:
    """Every text that shows `value`: of the whole, of itself without the space around it, and of each of its lines."""
    found: set[str] = set()
    for part in {value, value.strip(), *(line.strip() for line in value.splitlines())}:
        if why_not(part) is None:
            found |= _forms(part)
    return {form for form in found if why_not(form) is None}


def encodings(value: str) -> tuple[str, ...]:
    """The encodings of one byte or more a character that can hold `value`."""
    return ("utf-8", "latin-1") if max(value) < "\u0100" else ("utf-8",)


def _forms(value: str) -> set[str]:
    once = {*_once(value), *_python(value)}
    found = once | set(_damaged(value)) | set(_bytes(value)) | set(_shell(value)) | set(_lower(value))
    found |= {form for case in _cases(value) for form in _once(case)} | {*_json_in_json(value)}
    if len(value) <= LONG:
        for form in (*once, *_damaged(value)):
            found |= {*_twice(form)}
    return found


def _once(value: str) -> set[str]:
    return {value, *_url(value), *_json(value), *_html(value)}


def _cases(value: str) -> set[str]:
    """As style sheets and titles show it."""
    return {value.upper(), value.lower(), value.title(), value.capitalize(), value.swapcase()} - {value}


def _json_in_json(value: str) -> Iterator[str]:
    for ascii_only in (True, False):
        form = value
        for _ in range(JSON_DEPTH):
            form = json.dumps(form, ensure_ascii=ascii_only)[1:-1]
            yield form


def _twice(form: str) -> Iterator[str]:
    """`form`, written once more: JSON inside JSON, HTML, a shell's words or Python's repr, a URL inside a URL."""
    escaped = form.replace("\\", "\\\\")
    yield escaped
    yield escaped.replace("'", "\\'")
    yield from _shell(form)
    yield json.dumps(form)[1:-1]
    yield json.dumps(form, ensure_ascii=False)[1:-1]
    yield quote(form, safe="", errors="surrogatepass")
    yield quote_plus(form, errors="surrogatepass")
    for style in _HTML_STYLES[:6]:
        yield form.translate(_table(style))


def _url(value: str) -> Iterator[str]:
    for encoding in encodings(value):
        data = value.encode(encoding, "surrogatepass")
        for safe in _URL_SAFE:
            yield from _hex_cases(quote(data, safe=safe))
        yield from _hex_cases(quote_plus(data))
        yield from _hex_cases(quote_plus(data, safe="*").replace("~", "%7E"))  # what a browser's form sends
        yield "".join(f"%{byte:02X}" for byte in data)
        yield "".join(f"%{byte:02x}" for byte in data)
    yield value.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"})  # the name of a file in a form


def _hex_cases(quoted: str) -> Iterator[str]:
    yield quoted
    yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)


def _json(value: str) -> Iterator[str]:
    for ascii_only in (True, False):
        plain = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        for escaped in (plain, plain.replace("'", "\\'"), plain.replace("/", "\\/")):
            yield from _u_cases(escaped)
            yield from _u_cases(escaped.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"}))
            yield from _u_cases(escaped.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"}))
    yield "".join(f"\\u{unit:04x}" for unit in memoryview(value.encode("utf-16-le", "surrogatepass")).cast("H"))


def _u_cases(escaped: str) -> Iterator[str]:
    yield escaped
    yield re.sub(r"\\u[0-9a-f]{4}", lambda match: f"\\u{match[0][2:].upper()}", escaped)


def _html(value: str) -> Iterator[str]:
    for style in _HTML_STYLES:
        escaped = value.translate(_table(style))
        yield escaped
        yield "".join(_named(c, c) for c in escaped)
        yield "".join(_named(c, f"&#{ord(c)};") for c in escaped)
        for entity in _ENTITIES:
            yield "".join(entity(ord(c)) if c > "\x7f" else c for c in escaped)
    for entity in _ENTITIES:
        yield "".join(entity(ord(c)) for c in value)


def _table(style: Mapping[str, str]) -> dict[int, str]:
    return {ord(character): entity for character, entity in style.items()}


def _named(character: str, otherwise: str) -> str:
    name = codepoint2name.get(ord(character)) if character > "\x7f" else None
    return f"&{name};" if name else otherwise if character > "\x7f" else character


def _python(value: str) -> Iterator[str]:
    yield repr(value)[1:-1]
    yield ascii(value)[1:-1]
    yield repr(f"{value}\"'")[1:-4]  # a text with both quotes elsewhere: the single one is escaped
    yield ascii(f"{value}\"'")[1:-4]
    yield repr(value.encode("utf-8", "surrogatepass"))[2:-1]
    yield value.replace("\\", "\\\\").replace('"', '\\"')
    for encoding in encodings(value):
        data = value.encode(encoding, "surrogatepass")
        yield "".join(f"\\x{byte:02x}" for byte in data)
        yield "".join(f"\\x{byte:02X}" for byte in data)


def _shell(value: str) -> Iterator[str]:
    yield value.replace("'", "'\"'\"'")
    yield value.replace("'", "'\\''")


def _lower(value: str) -> Iterator[str]:
    """As names of files and folders are made of it."""
    yield value.lower()
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    for text in (value, plain):
        for separator in "-_":
            yield re.sub(r"[\W_]+", separator, text.lower()).strip(separator)


def _damaged(value: str) -> Iterator[str]:
    """As it comes out of being read in the wrong encoding, or normalised."""
    data = value.encode("utf-8", "surrogatepass")
    yield data.decode("latin-1")
    yield data.decode("cp1252", "replace")
    yield data.decode("ascii", "replace")
    yield value.encode("ascii", "replace").decode()
    yield value.encode("latin-1", "replace").decode("utf-8", "replace")
    yield re.sub("[^\x00-\x7f]", "\ufffd", value)
    yield unicodedata.normalize("NFC", value)
    yield unicodedata.normalize("NFD", value)


def _bytes(value: str) -> Iterator[str]:
    """In base64 at the three places it can begin at, with both alphabets, and in hexadecimal."""
    for data in {value.encode(encoding, "surrogatepass") for encoding in encodings(value)}:
        yield data.hex()
        yield data.hex().upper()
        for core in _base64(data):
            yield core
            yield core.translate(str.maketrans("+/", "-_"))
            yield from _hex_cases(quote(core, safe=""))
            yield core.replace("/", "\\/")


def _base64(data: bytes) -> Iterator[str]:
    """The characters that `data` alone decides: those at its ends also depend on its neighbours."""
    whole = base64.b64encode(data).decode()
    yield whole
    yield whole.rstrip("=")
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(data)) // 6
        yield base64.b64encode(b"\0" * before + data).decode()[first:last]
