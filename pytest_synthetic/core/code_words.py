"""The words by which people know a one-time code, and the words that make a number something else, by language.

Lists are written folded or not, as is easiest to read: they are folded when first used. `*` ends a stem, which may
go on for as long as its script needs. What two languages share is written once.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.code_lists import ASK, CODE, NOT, PROOF, SALE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

from pytest_synthetic.core.code_text import fold

_SPACED = 0x0900
"""Scripts below (Latin to Arabic) write words apart; above, a word's neighbours touch it without changing it."""

_COMPOUND = re.compile(r"(?:code|kode?|koodi?|cod|pin|tan|passwort|kennwort|wachtwoord|losenord|passord)[a-z]{0,5}$")
_WORD = re.compile(r"[^\W\d_]*")


class Kind(StrEnum):
    """What a word says of the numbers around it."""

    CODE = "code"
    """A code is meant."""
    PROOF = "proof"
    """Somebody proves who they are: verify, sign in, security."""
    SURE = "sure"
    """Both at once: a verification code, an OTP."""
    ASK = "ask"
    """Something is to be entered or kept secret: weaker than a proof, ordinary messages have it too."""
    NOT = "not"
    """The number beside it is an order's, a card's, a phone's."""
    SALE = "sale"
    """An offer or a prize, whose codes are not one-time codes."""


NAMES_CODE = frozenset({Kind.CODE, Kind.SURE})
PROVES = frozenset({Kind.PROOF, Kind.SURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A known word, from `start` to the `end` of the whole word."""

    start: int
    end: int
    kind: Kind


def marks(low: str, regions: Iterable[tuple[int, int]]) -> list[Mark]:
    """The known words in some `regions` of `low` (folded, lower case), in order.

    `regions` are starts and ends, in order, without overlap. Linear: a trie, tried once at each position.
    """
    pattern, kinds = _lexicon()
    matches = (found for start, end in regions for found in pattern.finditer(low, start, end))
    return [mark for found in matches if (mark := _mark(low, found, kinds))]


def _mark(low: str, found: re.Match[str], kinds: dict[str, tuple[Kind, bool]]) -> Mark | None:
    start, end = found.span()
    kind, stem = kinds[found[0]]
    if ord(low[start]) >= _SPACED:
        return Mark(start=start, end=end, kind=kind)
    if start and low[start - 1].isalpha() and ord(low[start - 1]) < _SPACED:
        return None
    rest = _WORD.match(low, end, end + 24) if stem else None
    last = rest.end() if rest else end
    compound = kind in {Kind.PROOF, Kind.ASK} and last > end and bool(_COMPOUND.search(low[start:last]))
    return Mark(start=start, end=last, kind=Kind.SURE if compound else kind)


@cache
def _lexicon() -> tuple[re.Pattern[str], dict[str, tuple[Kind, bool]]]:
    """One pattern of all words, and what each of them says. A phrase that names no code hides the code inside it."""
    kinds: dict[str, tuple[Kind, bool]] = {}
    for kind, lists in ((Kind.ASK, ASK), (Kind.PROOF, PROOF), (Kind.CODE, CODE), (Kind.NOT, NOT), (Kind.SALE, SALE)):
        for entry in _entries(lists):
            sure, word = entry.startswith("+"), entry.strip("+*")
            kinds[word] = (Kind.SURE if sure else kind, entry.endswith("*"))
    whole = {word for word, (_, stem) in kinds.items() if not stem and ord(word[-1]) < _SPACED}
    return re.compile(_trie(kinds, whole)), kinds


def _entries(lists: str) -> Iterator[str]:
    for line in fold(lists).lower().splitlines():
        yield from filter(None, (entry.strip() for entry in line.split(",")))


def _trie(words: Iterable[str], whole: set[str]) -> str:
    """A pattern that finds the longest of `words`, looking at each character once; no letter follows `whole` ones."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = r"(?![^\W\d_])" if word in whole else ""
    return _branches(root)


def _branches(node: dict[str, Any]) -> str:
    ways = [re.escape(char) + _branches(below) for char, below in sorted(node.items()) if char]
    if "" in node:
        ways.append(node[""])
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def nearest(found: list[Mark], position: int) -> int:
    """The index of the first of `found` that starts at `position` or later."""
    return bisect_left(found, position, key=lambda mark: mark.start)
