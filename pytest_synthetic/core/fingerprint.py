"""The fingerprint of a failure: the same fault has the same one, in every region and on every day.

It is made of the exception's type, what the message says without its data, the place in the user's own code without
its line, and the step. What is data is told from what it looks like: numbers, dates, amounts, ids, addresses. Numbers
that say which fault it is stay: HTTP statuses, error codes, `nth(1)` and `level=1` of a locator.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

VERSION = "2"
"""Part of what is hashed. Raise it with every change of what is kept: histories then begin anew, and visibly so."""

LONGEST_LINE = 1_000
KEPT_OF_A_LINE = 500
KEPT_LINES = 12

MASK = "\N{CURRENCY SIGN}"


def fingerprint(kind: str, message: str, frame: str | None, step: str | None) -> str:
    """16 hexadecimal digits for the exception `kind` with `message`, raised at `path:line in function` in `step`."""
    place = re.sub(r":\d+ in ", " in ", frame or "")
    told = "\0".join((VERSION, kind, essence(message), place, step or ""))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def essence(message: str) -> str:
    """What `message` says of the fault, without the data of one run."""
    lines = [line for line in map(str.strip, message.splitlines()) if line]
    log = next((at for at, line in enumerate(lines) if line.startswith(("Call log:", "====="))), len(lines))
    told = [*_of_the_claim(lines[:log])[:KEPT_LINES], *_of_the_log(lines[log + 1 :])]
    return "\n".join(masked(line[:LONGEST_LINE])[:KEPT_OF_A_LINE] for line in told)


# -- which lines -----------------------------------------------------------------------------------------------------

_CLAIM = re.compile(r"(?:Expected value|Actual value|Received|Error):|assert |\+ +(?:where|and) ")
_AWAITED = ("waiting for ", "navigating to ", "→ ")
_DECIDING = re.compile(
    r"element is (?:not \w+|outside of the viewport)|element was detached|did not find some options"
    r"|intercepts pointer events|performing [\w ]+ action|resolved to (?:hidden|visible)"
)
_REPEATED = re.compile(r"^(?:- )?(?:\d+ \N{MULTIPLICATION SIGN} )?")
_TAG = re.compile(r"<[a-z][^<>]*>")


def _of_the_claim(lines: Sequence[str]) -> list[str]:
    """The first line, and of those below what Playwright and pytest say of the value; no diffs, no stacks."""
    return [*lines[:1], *(line for line in lines[1:] if _CLAIM.match(line))]


def _of_the_log(lines: Sequence[str]) -> Iterator[str]:
    """What Playwright waited for, and what kept it waiting at the end. How often it tried depends on the moment."""
    ours = [_REPEATED.sub("", line, count=1) for line in lines[: _end(lines)]]
    yield from [line for line in ours if line.startswith(_AWAITED)][:1]
    for line in reversed(ours):
        if found := _DECIDING.search(line[:LONGEST_LINE]):
            # Which element lies above: the last that is named, the innermost depends on the width of the page.
            above = _TAG.findall(line[: found.start()][:LONGEST_LINE])[-1:] if "intercepts" in found[0] else []
            yield " ".join([*above, found[0]])
            return


def _end(lines: Sequence[str]) -> int:
    return next((at for at, line in enumerate(lines) if line.startswith("Aria snapshot")), len(lines))


# -- which numbers stay ----------------------------------------------------------------------------------------------

# Written out: the standard library's list grows, and a fingerprint must not depend on the version of Python.
_STATUS = r"(?:10[0-3]|20[0-8]|226|30[0-8]|40\d|41[0-8]|42[1-689]|431|451|50[0-8]|51[01]|52[0-6])(?![.,]?\d)"
_PHRASES = (
    "ok|created|accepted|no content|moved permanently|found|see other|not modified|temporary redirect"
    "|permanent redirect|bad request|unauthorized|payment required|forbidden|not found|method not allowed"
    "|not acceptable|request timeout|conflict|gone|length required|precondition failed|request entity|content too large"
    "|unsupported media type|expectation failed|unprocessable|locked|too early|too many requests|internal server error"
    "|not implemented|bad gateway|service unavailable|gateway time-?out"
)
_OF = r"(?:[ :='\"(\[]|is\b|was\b|of\b|with\b|to\b|be\b|code\b|status\b)"
_NO_UNIT = rf"(?!\w| (?!(?:{_PHRASES}|after|and|at|for|from|in|on|to|when|with)\b)[^\W\d_])"  # 200, not 200 items
_KEPT = re.compile(
    rf"\b(?:https?(?:/[\d.]+)?|status(?:[ _]?code)?|code|response){_OF}{{1,8}}{_STATUS}(?!\w)"  # HTTP 503
    rf"|\b(?:answer(?:ed)?|responded|returned|said|error){_OF}{{1,8}}{_STATUS}{_NO_UNIT}"
    rf"|\bexpected {_OF}{{0,4}}{_STATUS}(?: \w+){{0,2}},? (?:but )?(?:got|was|received) {_STATUS}{_NO_UNIT}"
    rf"|\bstatus\b.{{0,60}}? (?:got|was|received) '?{_STATUS}{_NO_UNIT}"
    rf"|\b{_STATUS}(?= (?:client error|server error|{_PHRASES}))"  # 404 Client Error, 503 Service Unavailable
    rf"|\b{_STATUS}(?= (?:==|!=|<=?|>=?|(?:not )?in) [\[({{]?{_STATUS})"  # assert 500 == 200
    rf"|^{_STATUS}$|(?:[-=]>|→) ?{_STATUS}(?!\w)"  # 500 alone, GET /pay -> 500
    r"|(?:[(,] ?|\b(?:error|exit|closed with) )(?:code|status)[ =]\d{1,5}\b"  # the codes of providers and processes
    r"|\bnth(?:-child|-of-type)?\(-?\d+\)|\blevel=\d|\bh[1-6]\b|(?:\bxpath=/|\blocator\([\"']/)[^\"'\s]*"  # locators
    r"|\bv\d{1,2}\b",  # versions of interfaces
    re.IGNORECASE,
)
_HIDDEN = {ord(str(digit)): 0xE000 + digit for digit in range(10)}  # out of the way of what masks digits
_SHOWN = {hidden: digit for digit, hidden in _HIDDEN.items()}

# -- what is data ----------------------------------------------------------------------------------------------------

_REGION = r"(?:eu|us|ap|sa|af|me|ca|uk|cn|il|mx)-(?:north|south|east|west|central)[a-z]*(?:-\d+[a-z]?)?"
_COUNTRY = (  # or language
    r"(?:ar|at|au|be|ca|ch|cs|cz|da|de|dk|el|en|es|eu|fi|fr|gb|gr|hu|ie|it|ja|jp|ko|nl|no|pl|pt|ro|ru|se|sk|sv|tr|uk|us|zh)"
    r"(?:[-_][A-Za-z]{2})?"
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|januar|februar|märz|juni|juli|oktober|dezember"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    "|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    "|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|janv|févr|avr|juil|déc|mrz|okt|dez|ene|abr|ago|dic"
)
_DAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
    "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    "|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    "|lunes|martes|miércoles|jueves|viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato"
)
_DATE = (  # the words beside numbers that are masked already
    rf"\b(?:{_DAYS})\b[.,]{{0,2}} (?={MASK}|(?:{_MONTHS})\b)"
    rf"|(?<={MASK})[ .-]{{1,2}}(?:de )?(?:{_MONTHS})\b\.?,?(?: de\b)?"
    rf"|\b(?:{_MONTHS})\.?[ -](?={MASK})"
)
_BEFORE = rf"(?:[€£$¥₹]|\b(?:CHF|EUR|USD|GBP|Rs\.?|R\$|kr\.?)) ?(?={MASK})"
_UNIT = (
    r"(?:[mµn]?s|secs?|seconds?|mins?|minutes?|h|hours?|days?|[kKMG]i?B|bytes|%|[apAP]\.?[mM]\.?"
    r"|GMT|UTC|CES?T|BST|[ECMP][SD]T|€|£|\$|¥|₹|zł|kr\.?|CHF|EUR|USD|GBP|SEK|NOK|DKK|PLN|JPY|INR|CAD|AUD)"
)
_QUOTED = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_FOLDER = r"(?:/(?:tmp|var|private|home|Users|root|builds|opt|usr|mnt|workspace)|\b[A-Z]:\\)[^\s'\":]*(?=[/\\])"
_ID = r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b"
_BETWEEN = r"[ .,:/'\N{RIGHT SINGLE QUOTATION MARK}+()_\\-]{0,3}"
_URL = (
    r"\b(?:https?|wss?)://(?:[^\s/@'\"]*@)?(?P<host>\[[^\]\s]*\]|[^\s/:?#'\"<>),]+)(?::\d+)?"
    r"(?P<path>/[^\s?#'\"<>),]*)?(?:[?#][^\s'\"<>)]*)?"
)


def _address(found: re.Match[str]) -> str:
    """An address without user, port, region, country, top-level domain and query: they are the run's."""
    host = re.sub(r"^(?:localhost|\[[\da-f:.]+\]|[\d.]+)$", MASK, found["host"].lower())
    host = re.sub(rf"^(?:www\.)?(?:(?:{_REGION}|{_COUNTRY})\.)?(.+?)(?:\.(?:com?|org|net))?\.[a-z]{{2,}}$", r"\1", host)
    return host + (found["path"] or "").rstrip("/")


def _word(found: re.Match[str]) -> str:
    """A word with digits in it is data; letters before a number may say of what: `order1234`."""
    letters = found[0].rstrip("0123456789")
    return letters + MASK if letters.isalpha() and 3 <= len(letters) <= 12 else MASK


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


# In this order: what is made of several words before words, and numbers before what stands beside them.
_DATA: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    (r"\\u([0-9a-fA-F]{4})", _character),  # of JSON
    # Whatever else came instead of an awaited message, who holds the addresses meanwhile, the region's proxy.
    (rf"(what did arrive:) [^';\"]*: {_QUOTED}(?:; [^';\"]*: {_QUOTED})*", r"\1 something else"),
    (r"(address was free within) .*| by way of \S+", r"\1"),
    (r"data:[\w/+.;=-]*,[^\s'\"]*", MASK),
    (_URL, _address),
    (r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)*", MASK),  # of mail
    (r"(?:\bhost=|\bresolve )'(?P<host>[^']*)'(?P<path>)(?:, port=\d+)?", _address),  # urllib3's
    (r"[?#][\w%.~\[\]-]+=[^\s'\")>]*", ""),  # the query of a path
    (_FOLDER, MASK),
    (r"\btmp[a-z0-9_]{8}\b", MASK),
    (rf"/{_COUNTRY}(?=[/'\" ,)]|$)", ""),  # /fr/products
    (rf"\b(?:{_REGION}|[a-z]{{2}}[-_][A-Z]{{2}})\b", MASK),
    (r"\bBearer [\w.~+/=-]+|\beyJ[\w.-]+|(?<![\w+/])[\w+/]{16,}={1,2}", MASK),  # tokens
    (rf"{_ID}|\b[0-9a-fA-F]{{8,}}\b(?:-[A-Z]{{1,6}}\b)?", MASK),
    (r"(?<![^\W_])[^\W\d_]*\d[^\W_]*(?:-[A-Z]{1,6}\b)?", _word),
    (_BEFORE, ""),
    (rf"(?i:{_DATE})", ""),
    (rf"{MASK} ?{_UNIT}(?!\w)", MASK),
    (rf"[+-](?={MASK})|(?<!\w)\.(?={MASK})", ""),
    (rf"{MASK}(?:{_BETWEEN}{MASK})+", MASK),
    (rf"({MASK} [^\W\d_]{{3,}}?)s\b", r"\1"),  # 1 element, 2 elements
]
_MASKS = [(re.compile(pattern), instead) for pattern, instead in _DATA]


def masked(line: str) -> str:
    """`line` with a mask for every value that another run would have otherwise."""
    line = " ".join(unicodedata.normalize("NFKC", line).split())
    line = _KEPT.sub(lambda found: found[0].translate(_HIDDEN), line)
    for pattern, instead in _MASKS:
        line = pattern.sub(instead, line)
    return line.translate(_SHOWN).replace('"', "'")
