"""The forms of a one-time code alone: as people and pages group its digits, and as a message wrote it."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from html.entities import codepoint2name
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = 5
"""Digits up to which a number is likely to be part of something else: an identifier, a date, an amount."""
_SPACES = " \u00a0\u202f\u2009"
_DASHES = "-\u2010\u2011\u2013"
_APART = (", ", ",", "\n", "\t", "', '", '", "', '","')
"""What stands between single digits: spoken by a voice, one a line, one a field, in lists of Python and JSON."""
_ESCAPED = r"%[0-9A-F]{2}|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[nt]|&[#a-z0-9]{2,6};|[^\dA-Za-z]"
_NUMBER = re.compile(rf"\d++(?>(?:(?>(?>{_ESCAPED}){{1,12}})\d++)*)")


def grouped(digits: str) -> set[str]:
    """`digits` in groups: all of one size but the first or last, with one separator between, as writers escape it."""
    found = {between.join(digits) for between in _written(_APART)}
    for groups in _groupings(digits):
        for between in _written(tuple(_SPACES + _DASHES)):
            found.add(between.join(groups))
        even = len(set(map(len, groups))) == 1
        if even and len(digits) > SHORT:  # else it is an amount: 28.50
            found.add(".".join(groups))
    return found


def is_number(form: str) -> bool:
    """Whether `form` is digits, or groups of them."""
    return _NUMBER.fullmatch(form) is not None


def as_sent(code: str, text: str) -> list[str]:
    """The ways in which `text` writes `code`, but for the plain one: `283-549`, `2, 8, 3, 5, 4, 9`."""
    plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    pattern = r"(?<!\d)" + r"[\W_]{0,3}".join(map(re.escape, code)) + r"(?!\d)"
    found = (text[slice(*match.span())] for match in re.finditer(pattern, plain, re.IGNORECASE))
    return [each for each in dict.fromkeys(found) if each != code]


def _groupings(digits: str) -> Iterator[tuple[str, ...]]:
    sizes = range(1, len(digits)) if len(digits) > SHORT else [n for n in range(1, len(digits)) if len(digits) % n == 0]
    for size in sizes:
        for first in {size, len(digits) % size or size}:
            edges = [0, *range(first, len(digits), size), len(digits)]
            yield tuple(digits[start:end] for start, end in pairwise(edges))


@cache
def _written(separators: tuple[str, ...]) -> frozenset[str]:
    """The separators, plain and as URLs, forms, JSON, Python and HTML write them."""
    ways = (str, quote, lambda text: json.dumps(text)[1:-1], lambda text: ascii(text)[1:-1], _entities)
    return frozenset({way(each) for way in ways for each in separators} | ({"+"} if " " in separators else set()))


def _entities(text: str) -> str:
    return "".join(f"&{codepoint2name[ord(char)]};" if ord(char) in codepoint2name else char for char in text)
