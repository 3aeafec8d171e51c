"""Which number of a message is its code: by the words around each, how near they are, and how it is written."""

# ruff: noqa: RUF001 -- words and stops of other scripts are no mistaken Latin ones

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import pairwise

from pytest_synthetic.core.code_numbers import Candidate, Shape, candidates
from pytest_synthetic.core.code_words import NAMES_CODE, PROVES, Kind, Mark, marks, nearest

REACH = 160
"""Characters on each side of a number in which a word can speak for it: the length of one SMS."""
SHORT = 10_000
"""Characters up to which a message is read whole."""
MARGIN = 2.0
"""How much likelier the best candidate must be than the next: less than this is a guess."""

_BREAK = re.compile(
    r"(?<!\b[a-z])(?<!\b[a-z]{2})(?<!\bref)(?<!\btel)(?<!\bnum)[.!?…]+(?=\s|\Z)\s*|[。।؟۔]\s*|(?<!\s)\s*\n\s*"
)
_LABEL = re.compile(r"\W*(?:[\[【(]\s*[\w .&'-]{1,30}[\])】]|[\w.&'-]{1,20}(?: [\w.&'-]{1,20})?\s?:)\W*")
_LINKING = re.compile(
    r"[^\w,;!]*(?:(?:number|numero|nummer|numer|num|no|nr|n|id|is|was|are|est|le|la|ist|lautet|es|e|el|il|je|jest"
    r"|to|er|ar|on"
    r"|este|olan|номер|за|є|هو|رقم|hao|ma so|is now|adalah|ini|numara\w*|番号|编号|編號"
    r"|号|號|は|的|为|為|是|번호|번호는|는|은"
    r"|d'|de|du|of|for|pour)(?![a-z])[^\w,;!]*){0,3}"
)
_SENT_TO = re.compile(
    r"\b(?:text|txt|sms|send|reply|forward|call|dial|envoye[zr]|repondez|appelez|envia|envie|responda|llame|sende\w*"
    r"|antworte\w*|manda|invia|chiama|stuur|bel|wyslij|zadzwon|отправ\w*|звоните)\b[^.!?\n]{0,70}"
    r"\b(?:to|on|at|au|aan|al|an|na|a|ao|le|la|el|op|pod|на|по)\W{0,3}\Z"
)
_OR = re.compile(r"[ ,/&+]*(?:or|and|ou|et|oder|und|o|y|e|of|en|lub|i|или|и|veya|ve|または|或)?[ ,/&+]*")
_HOUR = re.compile(r"\b(?:at|um|alle|since|until|till|by|before|after|from)\s\Z")
_PROMO = re.compile(r"[A-Za-z]{3,}[0-9]{1,4}")
_SHOUTED = re.compile(r"(?:\s|:|is|est|es|ist|e)*[:\s](?P<code>[A-Z]{5,8})(?=\s*(?:\Z|[.\n]))")

_NEEDED = {Shape.PLAIN: 4.0, Shape.SPOKEN: 2.5, Shape.ODD: 6.0, Shape.MIXED: 5.0}


class Reading:
    """A message with its known words, its sentences and its numbers."""

    def __init__(self, *, text: str, retrieved: bool) -> None:
        """`text` is folded; `retrieved`: it was written for Android's SMS retriever, so it holds a code."""
        self.text, self.retrieved = text, retrieved
        self.low = text.lower()
        self.numbers = candidates(text)

    @cached_property
    def regions(self) -> list[tuple[int, int]]:
        """Where words are looked for: everywhere in a message, near the numbers of a long text."""
        if len(self.low) <= SHORT or not self.numbers:
            return [(0, min(len(self.low), SHORT))]
        merged = [(0, 0)]
        for number in self.numbers:
            start, end = max(0, number.start - 2 * REACH), min(len(self.low), number.end + 2 * REACH)
            joined = start <= merged[-1][1]
            merged[-1:] = [(merged[-1][0], end)] if joined else [merged[-1], (start, end)]
        return merged

    @cached_property
    def marks(self) -> list[Mark]:
        """The known words, in order."""
        return marks(self.low, self.regions)

    @cached_property
    def breaks(self) -> list[int]:
        """Where sentences and lines end."""
        return [found.end() for start, end in self.regions for found in _BREAK.finditer(self.low, start, end)]

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """What is spoken of at all."""
        return frozenset(mark.kind for mark in self.marks)

    @cached_property
    def selling(self) -> bool:
        """Whether this is an offer, whose codes are for the till."""
        offers = Kind.SALE in self.kinds or bool(re.search(r"[0-9] ?%", self.low))
        return offers and not self.kinds & PROVES

    def sentence(self, position: int) -> int:
        """The number of the sentence at `position`."""
        return bisect_right(self.breaks, position)

    def around(self, candidate: Candidate) -> tuple[str, str]:
        """What its sentence says before and after the candidate, at most REACH characters each."""
        index = self.sentence(candidate.start)
        first = self.breaks[index - 1] if index else 0
        last = self.breaks[index] if index < len(self.breaks) else len(self.low)
        start, end = candidate.start, candidate.end
        return self.low[max(first, start - REACH) : start], self.low[end : min(last, end + REACH)]

    def before(self, candidate: Candidate) -> list[Mark]:
        """The words within reach before the candidate, nearest first."""
        index = nearest(self.marks, candidate.start)
        found = self.marks[max(0, index - 12) : index]
        return [mark for mark in reversed(found) if candidate.start - REACH <= mark.end <= candidate.start]

    def after(self, candidate: Candidate) -> list[Mark]:
        """The words within reach after the candidate, nearest first."""
        index = nearest(self.marks, candidate.end)
        return [mark for mark in self.marks[index : index + 12] if mark.start <= candidate.end + REACH]


def likely(reading: Reading) -> tuple[str, ...]:
    """The codes of a message: none, the one that is likeliest by MARGIN, or all that come within it, in order."""
    if not reading.numbers:
        return _letters_only(reading)
    scores = {number: _score(reading, number) for number in reading.numbers}
    for first, second in pairwise(reading.numbers):
        alike = len(first.value) == len(second.value) and scores[first] > 0 < scores[second]
        if alike and _OR.fullmatch(reading.low[first.end : second.start]):
            scores[first] = scores[second] = max(scores[first], scores[second])
    best = max(scores.values())
    if best <= 0:
        return _without_name(reading) or _letters_only(reading)
    tops = [number.value for number, score in scores.items() if score > max(0.0, best - MARGIN)]
    return tuple(dict.fromkeys(tops))


def _score(reading: Reading, number: Candidate) -> float:
    """How likely a number is the code, 0 when it is not: nearness of a word for codes, then its shape."""
    if _is_named(reading, number) or reading.selling:
        return 0.0
    near = max(_named_before(reading, number), _named_after(reading, number))
    if near < _needed(number) or (number.shape is Shape.MIXED and not _plausible(reading, number)):
        return 0.0
    six = number.shape in {Shape.PLAIN, Shape.SPOKEN} and len(number.value) == 6
    return near + (2.0 if six else 0.0) - (2.0 if number.year else 0.0)


def _needed(number: Candidate) -> float:
    if number.year or (number.shape is Shape.PLAIN and len(number.value) > 8):
        return 6.0
    six = number.shape is Shape.PLAIN and len(number.value) == 6
    return 2.5 if six else _NEEDED[number.shape]


def _plausible(reading: Reading, number: Candidate) -> bool:
    """Whether a mixed word may be a code: SUMMER25 is one for the till, unless somebody proves who they are."""
    word = reading.text[number.start : number.end]
    return bool(reading.kinds & PROVES) or not (_PROMO.fullmatch(word) or Kind.SALE in reading.kinds)


def _weight(text: str) -> int:
    """How far a stretch of text reads: letters, ideographs twice, another number as much as three words."""
    letters = sum((2 if char > "\u2e80" else 1) for char in text if char.isalpha())
    return letters + (20 if re.search("[0-9]", text) else 0)


def _alone(reading: Reading, number: Candidate) -> bool:
    before, after = reading.around(number)
    return not re.search(r"\w", before + after)


def _named_before(reading: Reading, number: Candidate) -> float:
    """7 for `code: 123456` down to 4 far off in the sentence; 5 alone on the next line, 3 in the next sentence."""
    here = reading.sentence(number.start)
    for mark in reading.before(number):
        if mark.kind not in NAMES_CODE:
            continue
        apart = here - reading.sentence(mark.start)
        if apart == 0:
            gap = reading.low[mark.end : number.start]
            far = _weight(gap)
            near = 7.0 if far <= 4 else 6.0 if far <= 16 else 5.0 if far <= 45 else 4.0
            return near - (2.5 if far > 4 and re.search("[,;](?![0-9])", gap) else 0.0)
        if _alone(reading, number):
            return 5.0 if apart == 1 else 4.5
        return 3.0 if apart == 1 else 0.0
    return 0.0


def _named_after(reading: Reading, number: Candidate) -> float:
    """6 for `123456 is your code` down to 4 further on in the sentence; 5 alone on the line before."""
    here = reading.sentence(number.start)
    for mark in reading.after(number):
        if mark.kind not in NAMES_CODE or _owned(reading, mark, number):
            continue
        if reading.sentence(mark.start) == here:
            gap = reading.low[number.end : mark.start]
            far = _weight(gap)
            near = 6.0 if far <= 32 else 5.0 if far <= 60 else 4.0
            return near - (2.0 if re.search("[,;](?![0-9])", gap) else 0.0)
        return 5.0 if _alone(reading, number) else 0.0
    return 0.0


def _owned(reading: Reading, mark: Mark, number: Candidate) -> bool:
    """Whether the word introduces another number: `order 8812, code: 123456`."""
    for other in reading.numbers:
        if other.start >= mark.end and other is not number:
            gap = reading.low[mark.end : other.start]
            return len(gap) <= 12 and "\n" not in gap and (":" in gap or _weight(gap) <= 4)
    return False


def _is_named(reading: Reading, number: Candidate) -> bool:
    """Whether the words beside the number say that it is something else: an order, a card, a number to call."""
    low, start = reading.low, number.start
    if _SENT_TO.search(low[max(0, start - 90) : start]):
        return True
    if len(number.value) == 4 and _HOUR.search(low[max(0, start - 8) : start]):
        return True
    before, after = reading.before(number), reading.after(number)
    here = reading.sentence(start)
    codes = [mark for mark in before if mark.kind in NAMES_CODE and reading.sentence(mark.start) == here]
    named_after = [mark for mark in after if mark.kind in NAMES_CODE and reading.sentence(mark.start) == here]
    if before and before[0].kind in {Kind.NOT, Kind.SALE}:
        gap = low[before[0].end : start]
        if len(gap) <= 40 and "\n" not in gap and _LINKING.fullmatch(gap):
            says = ":" in gap or bool(re.search(r"\b(?:is|est|ist|lautet|es|e|jest|er|este|je)\b", gap))
            return not (says and (codes or (named_after and ":" in gap)))
    if re.search(r"(?:#|\bn[o°r]\.?|№)\s?\Z", low[max(0, start - 5) : start]):
        return not (codes and _weight(low[codes[0].end : start]) <= 4)
    if after and after[0].kind is Kind.NOT and not codes and not named_after:
        return _weight(low[number.end : after[0].start]) <= 16
    return False


def _without_name(reading: Reading) -> tuple[str, ...]:
    """The code of a message that never says "code": `Use 123456 to sign in`; only when it is the only number."""
    left = [number for number in reading.numbers if _countable(reading, number)]
    values = tuple(dict.fromkeys(number.value for number in left))
    if len(values) != 1 or reading.selling or not 4 <= len(values[0]) <= 8:
        return ()
    return values if any(_told(reading, number) for number in left) else ()


def _countable(reading: Reading, number: Candidate) -> bool:
    return number.shape in {Shape.PLAIN, Shape.SPOKEN} and not _is_named(reading, number)


def _told(reading: Reading, number: Candidate) -> bool:
    """Whether a lone number without a word for codes is one: nothing else is said, or what to do with it is."""
    rest = reading.text[: number.start] + reading.text[number.end :]
    if reading.retrieved or not re.search(r"\w", rest):
        return True
    if number.year or len(reading.text) > 2 * REACH:
        return False
    kinds = _kinds_beside(reading, number)
    if len(number.value) != 6:
        return bool(kinds & PROVES) and Kind.ASK in kinds and len(rest.split()) <= 16
    if kinds & (PROVES | {Kind.ASK}):
        return True
    if reading.kinds & NAMES_CODE:
        return len(reading.text) <= REACH and not reading.kinds & {Kind.NOT, Kind.SALE}
    return bool(_LABEL.fullmatch(reading.text[: number.start])) and not re.search(r"\w", reading.text[number.end :])


def _kinds_beside(reading: Reading, number: Candidate) -> set[Kind]:
    """What the words of its own sentence say, as far as 45 letters off."""
    here = reading.sentence(number.start)
    found = set()
    for mark in (*reading.before(number), *reading.after(number)):
        first, last = (mark.end, number.start) if mark.end <= number.start else (number.end, mark.start)
        if reading.sentence(mark.start) == here and _weight(reading.low[first:last]) <= 45:
            found.add(mark.kind)
    return found


def _letters_only(reading: Reading) -> tuple[str, ...]:
    """A code without digits: `verification code: QGFDAE`, in a message that does not shout all the time."""
    if reading.text[:5000].isupper() or not re.search("[A-Z]{5}", reading.text) or Kind.SALE in reading.kinds:
        return ()
    found = [
        shouted["code"]
        for mark in reading.marks[:50]
        if mark.kind in NAMES_CODE and (shouted := _SHOUTED.match(reading.text, mark.end, mark.end + 40))
    ]
    values = tuple(dict.fromkeys(found))
    return values if len(values) == 1 and reading.kinds & PROVES else ()
