"""The one door through which text and bytes leave: what is secret is replaced by `[redacted:NAME]`."""

from __future__ import annotations

import codecs
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.core import redact_codes, redact_forms, redact_patterns
from pytest_synthetic.core.redact_cut import Cut
from pytest_synthetic.core.redact_patterns import Span
from pytest_synthetic.core.redact_search import Search
from pytest_synthetic.core.redact_wrapped import Wrapped
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_synthetic.core.redact_patterns import Reader

LONGEST = 65_536
"""Characters that a declared secret may have."""
CONTEXT = 4_096
"""Bytes of a line already written that a stream looks at again, to know what the next ones are."""
LONG_LINE = 65_536
"""Bytes of one line that a stream holds back at most, because of what may be secret by the name beside it."""
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


class Redactor:
    """What is secret in this process. Threads may share it.

    `headers` and `fields` are names whose values are masked, beside those of redact_patterns.py; `patterns` are
    regular expressions for what is secret by its look.
    """

    def __init__(
        self, *, headers: Iterable[str] = (), fields: Iterable[str] = (), patterns: Iterable[re.Pattern[str]] = ()
    ) -> None:
        self._patterns = tuple(patterns)
        self._readers, self._anchors = _by_name(tuple(headers), tuple(fields))
        self._secrets: dict[str, _Secret] = {}
        self._news: list[tuple[str, str, bool]] = []
        self._lock = threading.RLock()  # a signal handler may write in the middle of a write
        self._text: _Known | None = None
        self._data: _Known | None = None

    def declare(self, name: str, value: str) -> None:
        """From now on `value` is shown as `[redacted:NAME]`, in whatever form it meets text.

        Raises UsageError with the reason for a value that would blank the report.
        """
        reason = redact_forms.why_not(value)
        if reason is None and value.strip().lower() in placeholder(name).lower():
            reason = "the text that stands for it would show it"
        if reason is None and len(value) > LONGEST:
            reason = f"it is longer than {LONGEST:,} characters"
        if reason:
            raise UsageError(f'the secret "{name}" cannot be kept out of the reports: {reason}. Choose another value')
        self._learn(name, value, whole=False)

    def learn(self, kind: str, value: str) -> bool:
        """As `declare`, for what a run met: a code, a phone number, a cookie. False when it is too short or common.

        Digits alone are looked for as a whole number: a code of four digits is also a part of many identifiers. They
        are looked for in groups as well, as in `283-549`.
        """
        if redact_forms.why_not(value) or len(value) > LONGEST:
            return False
        self._learn(kind, value, whole=redact_codes.is_number(value.strip()))
        return True

    def _learn(self, name: str, value: str, *, whole: bool) -> None:
        with self._lock:
            there = self._secrets.get(value)
            if there is None or (there.whole and not whole):
                self._secrets[value] = _Secret(value, name, whole, _forms(value, whole=whole))
                self._news.append((name, value, whole))
                self._text = self._data = None

    def news(self) -> list[tuple[str, str, bool]]:
        """What came to be secret since the last call, for `hear` of another process."""
        with self._lock:
            news, self._news = self._news, []
            return news

    def hear(self, news: Iterable[tuple[str, str, bool]]) -> None:
        """Keep secret what another process does."""
        for name, value, whole in news:
            self._learn(name, value, whole=whole)

    @property
    def names(self) -> frozenset[str]:
        """The names of all that is secret so far."""
        with self._lock:
            return frozenset(secret.name for secret in self._secrets.values())

    def text(self, text: str) -> str:
        """`text` without what is secret; `text` itself when nothing in it is."""
        data = text.encode("utf-8", "surrogatepass")
        known = self._known()
        spans = self._spans(data, known)
        if spans:
            text = b"".join(_replaced(data, spans)).decode("utf-8", "surrogatepass")
        for pattern in self._patterns:
            text = pattern.sub(placeholder("pattern"), text)
        return text

    def data(self, data: bytes) -> bytes:
        """`data` without what is secret, in whichever encoding; `data` itself when nothing is. Not for archives."""
        for mark, encoding in _MARKS:
            if data.startswith(mark) and (text := _decoded(data[len(mark) :], encoding)) is not None:
                clean = self.text(text)
                return data if clean == text else mark + clean.encode(encoding, "surrogatepass")
        if b"\0" not in data and (text := _decoded(data, "utf-8")) is not None:
            clean = self.text(text)
            return data if clean is text else clean.encode("utf-8", "surrogatepass")
        if spans := self._spans(data, self._known(raw=True)):
            data = b"".join(_replaced(data, spans))
        for pattern in self._patterns:
            data = pattern.sub(placeholder("pattern"), data.decode("latin-1")).encode("latin-1")
        return data

    def shown(self, data: bytes) -> frozenset[str]:
        """The names of all secrets that are in `data`."""
        return frozenset(span.label for span in self._known(raw=True).spans(data))

    def stream(self, write: Callable[[str], object]) -> Stream:
        """A writer that gives `write` what it is given, without what is secret."""
        return Stream(self, write)

    def _known(self, *, raw: bool = False) -> _Known:
        with self._lock:
            if raw:
                self._data = self._data or _Known(self._secrets.values(), ("utf-8", "latin-1", "cp1252", *_WIDE))
                return self._data
            self._text = self._text or _Known(self._secrets.values(), ("utf-8",))
            return self._text

    def _spans(self, data: bytes, known: _Known) -> list[Span]:
        """What is secret in `data`, in order, none overlapping another."""
        found = [*known.spans(data), *redact_patterns.cards(data)]
        covered = 0
        for anchor, start, end in self._anchors.find(data.lower()):
            # Inside what is secret nothing is read: a value full of names would be read from each of them.
            if start >= covered and (span := self._readers[anchor](data, start, end)):
                found.append(span)
                covered = span.end
        return _merged(found)


@cache
def _by_name(headers: tuple[str, ...], fields: tuple[str, ...]) -> tuple[Mapping[bytes, Reader], Search]:
    readers = redact_patterns.anchors(headers, fields)
    return readers, Search(readers)


def _forms(value: str, *, whole: bool) -> tuple[str, ...]:
    forms = redact_forms.forms(value)
    if whole and (digits := value.strip()).isdecimal():
        forms |= redact_codes.grouped(digits)
    return tuple(sorted(forms))


class _Secret(NamedTuple):
    value: str
    name: str
    whole: bool
    """Whether a number that it is part of is left alone."""
    forms: tuple[str, ...]


class _Known:
    """The secrets, in all their forms, as bytes of some encodings."""

    def __init__(self, secrets: Iterable[_Secret], encodings: Iterable[str]) -> None:
        self._meaning: dict[bytes, tuple[_Secret, str, _Alone | None]] = {}
        for secret in secrets:
            for form in secret.forms:
                alone = _alone(form) if secret.whole else None
                for encoding in encodings:
                    if (data := _encoded(form, encoding)) is not None:
                        told = None if encoding in _WIDE else alone
                        self._meaning.setdefault(data, (secret, encoding, told))
        texts = [(secret.name, secret.value) for secret in secrets if not secret.whole]
        self._marks: dict[bytes, list[Cut | Wrapped]] = {}
        for part in (Cut(texts), Wrapped(texts)):
            for mark in part.marks:
                self._marks.setdefault(mark, []).append(part)
        self.search = Search(self._meaning, self._marks)

    def spans(self, data: bytes) -> Iterator[Span]:
        for needle, start, end in self.search.find(data):
            for part in self._marks.get(needle, ()):
                yield from part.beside(data, start, end)
            if needle not in self._meaning:
                continue
            secret, encoding, alone = self._meaning[needle]
            if alone is None or _stands_alone(data, start, end, alone):
                yield Span(start, end, secret.name, encoding)


class Stream:
    """Takes text in pieces: a secret that is split over two of them is found all the same.

    What may be the beginning of a secret is held back until the next piece shows what it is; `flush` says that there is
    none. A line in which a name such as `password` stands is held back to its end.
    """

    def __init__(self, redactor: Redactor, write: Callable[[str], object]) -> None:
        self._redactor = redactor
        self._write = write
        self._lock = threading.RLock()  # a signal handler may write in the middle of a write
        self._line = b""
        self._written = 0

    def write(self, text: str) -> None:
        """Take the next piece."""
        with self._lock:
            self._line += text.encode("utf-8", "surrogatepass")
            self._pass(last=False)

    def flush(self) -> None:
        """Write what is held back: no more comes, or not soon."""
        with self._lock:
            self._pass(last=True)

    def _pass(self, *, last: bool) -> None:
        known, line = self._redactor._known(), self._line  # noqa: SLF001  its own stream
        spans = self._redactor._spans(line, known)  # noqa: SLF001  likewise
        cut = len(line) if last else max(self._written, self._undecided(known.search))
        for span in spans:
            if span.start < cut < span.end:
                cut = max(self._written, span.start)
        spans = [span for span in spans if self._written <= span.start and span.end <= cut]
        clean = b"".join(_replaced(line, spans, self._written, cut)).decode("utf-8", "surrogatepass")
        for pattern in self._redactor._patterns:  # noqa: SLF001  likewise
            clean = pattern.sub(placeholder("pattern"), clean)
        keep = max(line.rfind(b"\n", 0, cut) + 1, cut - CONTEXT)
        self._line, self._written = line[keep:], cut - keep
        if clean:
            self._write(clean)

    def _undecided(self, search: Search) -> int:
        """Where that begins of which nobody can say yet whether it is secret."""
        line = self._line
        cut = min(search.begun(line), self._redactor._anchors.begun(line.lower()))  # noqa: SLF001  likewise
        last = max(line.rfind(b"\n") + 1, self._written)
        if self._redactor._patterns and len(line) - last < LONG_LINE:  # noqa: SLF001  likewise
            return min(cut, last)
        if number := re.search(rb"[0-9][0-9 +.-]*$", line[-CONTEXT:]):
            cut = min(cut, max(0, len(line) - CONTEXT) + number.start())
        if len(line) - last < LONG_LINE:
            found = self._redactor._anchors.find(line[last:].lower())  # noqa: SLF001  likewise
            cut = min([cut, *(last + start for _, start, _ in found)])
        return cut


def placeholder(name: str) -> str:
    """What stands for the secret `name`."""
    return f"[redacted:{_UNUSUAL.sub('_', name)}]"


_UNUSUAL = re.compile(r"[^\w.-]+")
_ESCAPE_BEFORE = re.compile(rb"(?:%(?:25)?[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[nrt])$")
_IN_A_ROW = re.compile(rb"[0-9](?:[ .,:/+-]|\xc2?\xa0)$"), re.compile(rb"(?:[ .,:/+-]|\xc2?\xa0)[0-9]")
_JSON_BEFORE = re.compile(rb"(\\*\")\s*:\s*$")
_JSON_AFTER = re.compile(rb"\s*[,}\]]")


class _Alone(NamedTuple):
    """What must not stand beside a number: digits; for a short one letters, for one in groups another group."""

    joins: Callable[[bytes], bool]
    in_groups: bool


def _alone(form: str) -> _Alone | None:
    if not redact_codes.is_number(form):
        return None
    # Four hexadecimal digits are often all decimal.
    short = len(form) <= redact_codes.SHORT if form.isdecimal() else sum(map(str.isdecimal, form)) <= redact_codes.SHORT
    return _Alone(bytes.isalnum if short else bytes.isdigit, in_groups=short and not form.isdecimal())


def _stands_alone(data: bytes, start: int, end: int, alone: _Alone) -> bool:
    """Whether the number between `start` and `end` is no part of a longer one, or of an identifier."""
    before, after = data[max(0, start - 6) : start], data[end : end + 3]
    if alone.joins(after[:1]) or (alone.joins(before[-1:]) and not _ESCAPE_BEFORE.search(before)):
        return False
    return not (alone.in_groups and (_IN_A_ROW[0].search(before) or _IN_A_ROW[1].match(after)))


def _merged(spans: list[Span]) -> list[Span]:
    """Spans that overlap as one; a secret's name counts more than that of a pattern, then a longer one's."""
    merged: list[Span] = []
    rank = 0, 0
    for span in sorted(spans):
        its_rank = bool(span.encoding), span.end - span.start
        if not merged or span.start >= merged[-1].end:
            merged.append(span)
            rank = its_rank
            continue
        best = span if its_rank > rank else merged[-1]
        rank = max(rank, its_rank)
        merged[-1] = best._replace(start=merged[-1].start, end=max(merged[-1].end, span.end))
    return merged


def _replaced(data: bytes, spans: Iterable[Span], start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """What is between `start` and `end`, in pieces."""
    for span in spans:
        yield data[start : span.start]
        yield _shown(data, span)
        start = span.end
    yield data[start:end]


def _shown(data: bytes, span: Span) -> bytes:
    """The placeholder; in quotes where a bare number of JSON was, so that JSON it remains."""
    shown = placeholder(span.label).encode(span.encoding or "utf-8", "replace")
    if data[span.start : span.end].strip(b"-.0123456789") or not _JSON_AFTER.match(data, span.end):
        return shown
    quote = _JSON_BEFORE.search(data[max(0, span.start - 40) : span.start])
    return quote[1] + shown + quote[1] if quote else shown


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "strict")
    except UnicodeEncodeError:
        return None


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
