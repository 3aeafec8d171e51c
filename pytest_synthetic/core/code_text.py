"""A message made comparable: digits of every script as 0-9, no accents, no invisible characters; HTML as it is seen."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from itertools import islice

_MOST_TAGS = 150_000
"""Tags and texts of a mail that are read: mail programs cut mails off at 100 kB, ours may be hostile."""
_LONGEST_EXPANSION = 4
"""U+FDFA alone becomes 18 characters: what expands further is no letter of a code, and would swell hostile text."""

_SINGLE = {
    0x0643: "\u06a9",  # Arabic and Persian write the same letters with two code points each
    0x064A: "\u06cc",
    0x0649: "\u06cc",
    0x2212: "-",  # minus sign
    0x2019: "'",
    0x3001: ", ",  # CJK marks end a clause without a space; Western ones may be decimal points
    0xFF0C: ", ",
    0xFF1B: "; ",
    0xFF01: "! ",
    0xFF1F: "? ",
}


class _Folding(dict[int, str]):
    """A table for `str.translate`, filled as characters are met; made anew for each text so that it cannot grow."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = _folded(chr(point))
        return folded


def fold(text: str) -> str:
    """`text` with ASCII digits, plain letters, spaces and dashes, its case kept.

    After NFKC: any Unicode decimal digit is 0-9; accents of Latin, Greek, Cyrillic, Hebrew and Arabic letters are
    dropped, as senders do in SMS; format characters (zero width, bidi, soft hyphen) vanish; line ends are newlines.
    Takes linear time: `unicodedata.normalize` on whole texts sorts long runs of marks in quadratic time.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\t", " ") if text.isascii() else text.translate(_Folding(_SINGLE)).replace("\t", " ")


def _folded(char: str) -> str:
    if char.isascii():
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    category = unicodedata.category(char)
    if category[0] in "ZP":
        return _mark(char, category)
    if category in {"Cf", "Cs"} or (category in {"Mn", "Me"} and _accent(ord(char))):
        return ""
    return _letter(char)


def _mark(char: str, category: str) -> str:
    if category[0] == "Z":
        return " " if category == "Zs" else "\n"
    return "-" if category == "Pd" else unicodedata.normalize("NFKC", char)[:_LONGEST_EXPANSION]


def _accent(point: int) -> bool:
    """Whether a lone mark may be dropped: accents, points and variation selectors, not the vowels of Indic scripts."""
    return point < 0x0700 or 0x1AB0 <= point <= 0x20FF or point >= 0xFE00


def _letter(char: str) -> str:
    parts = unicodedata.normalize("NFKD", char)
    if len(parts) > _LONGEST_EXPANSION:
        return " "
    if ord(parts[0]) >= 0x0700:  # kana and Hangul: their marks make other letters
        return unicodedata.normalize("NFKC", char)
    return "".join(_SINGLE.get(ord(part), part) for part in parts if not unicodedata.combining(part))


_TOKEN = re.compile(r"<(/?)([a-zA-Z][\w:-]*)([^<>]*)>|([^<]+|<)")
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_HUGE_ENTITY = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
_SPLIT_DIGITS = re.compile(r"(?<![^\s])\d(?:\s+\d(?![^\s])){3,9}")
_GONE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:[;\"'!]|$)"
    r"|max-height\s*:\s*0(?:px|em|pt|%)?\s*(?:[;\"'!]|$)|(?:^|\s)hidden(?:\s|=|/|$)"
)
_SIZE = re.compile(r"font(?:-size)?\s*:\s*([^;\"']{0,40})")
_NOTHING = re.compile(r"(?:^|\s)[01](?:\.0+)?(?:px|pt|em|%)?\s*(?:!|/|$)")
_HREF = re.compile(r"\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)

_SILENT = {"script", "style", "head", "title", "template", "noscript", "select", "textarea", "svg"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BESIDE = {"td", "th"}
_INLINE = {"a", "abbr", "b", "bdi", "bdo", "big", "code", "em", "font", "i", "img", "ins", "kbd", "label", "mark",
           "s", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An HTML mail as a person sees it: its text, and the targets of its links in order."""

    text: str
    links: tuple[str, ...]


def read_html(html: str) -> Page:
    """What is seen of `html`: no styles, scripts, comments, attributes or hidden parts; blocks on lines of their own.

    Hidden is what mail preheaders use: display:none, visibility:hidden, opacity:0, max-height:0, the attribute
    `hidden`, and a font-size of 0 or 1 until an inner element sets its own (MJML lays out so).
    Not html.parser: in the Pythons we support it is quadratic on unclosed tags, and raises on `<![`.
    """
    view = _View()
    for token in islice(_TOKEN.finditer(_DECLARATION.sub("", _without_comments(html))), _MOST_TAGS):
        closing, name, attributes, data = token.groups()
        if data:
            view.say(data)
        elif closing:
            view.close(name.lower())
        elif name:
            view.open(name.lower(), attributes)
    text = re.sub(r" *\n\s*", "\n", "".join(view.said)).strip()
    return Page(text=_SPLIT_DIGITS.sub(lambda boxes: "".join(boxes[0].split()), text), links=tuple(view.links))


def _without_comments(html: str) -> str:
    kept, at = [], 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        at = len(html) if end < 0 else end + 3
    kept.append(html[at:])
    return "".join(kept)


@dataclass(slots=True, kw_only=True)
class _View:
    """The elements that are open, and what was said while none of them was hidden."""

    said: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    stack: list[tuple[str, bool, bool]] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)

    def say(self, data: str) -> None:
        if not (self.stack and (self.stack[-1][1] or self.stack[-1][2])):
            spaced = re.sub(r"[ \t\r\n\f]+", " ", data)
            self.said.append(unescape(_HUGE_ENTITY.sub(" ", spaced)) if "&" in spaced else spaced)

    def open(self, name: str, attributes: str) -> None:
        self._space(name)
        gone, tiny = self.stack[-1][1:] if self.stack else (False, False)
        style = attributes.lower()
        gone = gone or name in _SILENT or bool(_GONE.search(style))
        if sizes := _SIZE.findall(style):
            tiny = bool(_NOTHING.search(sizes[-1]))
        if name == "a" and not gone and (target := _HREF.search(attributes)):
            self.links.append(unescape(_HUGE_ENTITY.sub("", "".join(filter(None, target.groups())))))
        if name not in _VOID and not attributes.endswith("/"):
            self.stack.append((name, gone, tiny))
            self.count[name] += 1

    def close(self, name: str) -> None:
        self._space(name)
        while self.count[name]:  # a count, so that stray closing tags need no search of the stack
            last = self.stack.pop()[0]
            self.count[last] -= 1
            if last == name:
                break

    def _space(self, name: str) -> None:
        if name not in _INLINE:
            self.said.append(" " if name in _BESIDE else "\n")
