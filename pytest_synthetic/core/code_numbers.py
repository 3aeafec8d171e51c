"""The numbers of a message that have the shape of a code, and what their next neighbours make of them."""

# ruff: noqa: RUF001 -- words and stops of other scripts are no mistaken Latin ones

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST = 200
"""A text with more than twice as many numbers is no message: its first and last ones are read, in bounded time."""

SHORTEST, LONGEST = 4, 10


class Shape(Enum):
    """How a number is written."""

    PLAIN = "123456, 123 456, 123-456, G-123456"
    SPOKEN = "1, 2, 3, 4, 5, 6"
    ODD = "12-345, 12 34, 123.456"
    MIXED = "K7P9QX"
    LETTERS = "QGFDAE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What may be a code: `value` as a person types it, and where its writing starts and ends."""

    value: str
    start: int
    end: int
    shape: Shape

    @property
    def year(self) -> bool:
        """Whether it may be a year of our time."""
        return len(self.value) == 4 and self.value[:2] in {"19", "20"} and self.shape is not Shape.MIXED


_PHRASE = re.compile(r"[0-9]+(?>(?:[ ,.:;/'-]{1,3}[0-9]+)*)")
_ATOM = re.compile(r"[0-9]+(?>(?:[.,:;/'-][0-9]+)*)")
_LONGEST_PHRASE = 80
_JOINED = {(3, 3), (4, 4), (2, 2, 2)}
_JOINED_ODDLY = {
    (2, 2),
    (2, 3),
    (3, 2),
    (1, 4),
    (4, 1),
    (2, 4),
    (4, 2),
    (1, 5),
    (5, 1),
    (3, 4),
    (4, 3),
    (5, 5),
    (3, 3, 3),
}


def candidates(text: str) -> list[Candidate]:
    """The numbers and mixed words of `text` (folded) that may be codes, in order. Linear time."""
    found: dict[tuple[int, int], Candidate] = {}
    for phrase in _ends(_PHRASE.finditer(text)):
        if len(phrase[0]) <= _LONGEST_PHRASE:
            for candidate in _read(text, phrase):
                if SHORTEST <= len(candidate.value) <= LONGEST:
                    found.setdefault((candidate.start, candidate.end), candidate)
    return [candidate for candidate in found.values() if not ordinary(text, candidate)]


def _ends(phrases: Iterator[re.Match[str]]) -> Iterable[re.Match[str]]:
    return [*islice(phrases, MOST), *deque(phrases, maxlen=MOST)]


def _read(text: str, phrase: re.Match[str]) -> Iterator[Candidate]:
    start, end = phrase.span()
    groups = re.findall("[0-9]+", phrase[0])
    if len(groups) >= SHORTEST and all(len(group) == 1 for group in groups):
        yield Candidate(value=_said_once("".join(groups)), start=start, end=end, shape=Shape.SPOKEN)
        return
    row: list[re.Match[str]] = []
    for atom in _ATOM.finditer(text, start, end):
        touching = bool(row) and text[row[-1].end() : atom.start()] == " "
        if row and not (touching and atom[0].isdigit() and row[-1][0].isdigit()):
            yield from _row(text, row)
            row = []
        row.append(atom)
    yield from _row(text, row)


def _said_once(digits: str) -> str:
    """A voice says its code twice or three times."""
    for times in (2, 3):
        part = digits[: len(digits) // times]
        if len(part) >= SHORTEST and part * times == digits:
            return part
    return digits


def _row(text: str, atoms: list[re.Match[str]]) -> Iterator[Candidate]:
    """Numbers with one space between them: one code, a phone number, thousands, or several numbers."""
    if len(atoms) == 1:
        yield from _one(text, atoms[0])
        return
    sizes = tuple(len(atom[0]) for atom in atoms)
    value, start, end = "".join(atom[0] for atom in atoms), atoms[0].start(), atoms[-1].end()
    if sizes in _JOINED or sizes == (2, 2):
        if not (_letter(text, start - 1) or _letter(text, end)):
            shape = Shape.PLAIN if sizes in _JOINED else Shape.ODD
            yield Candidate(value=value, start=start, end=end, shape=shape)
    elif max(sizes) <= 4 and (len(value) >= 7 or (sizes[0] <= 2 and set(sizes[1:]) == {3})):
        return  # a phone number, a card, thousands
    else:
        for atom in atoms:
            yield from _one(text, atom)


def _letter(text: str, at: int) -> bool:
    """Whether the character there binds to a number: letters of scripts that write words apart."""
    return 0 <= at < len(text) and (text[at] == "_" or (text[at].isalpha() and ord(text[at]) < 0x0590))


def _one(text: str, atom: re.Match[str]) -> Iterator[Candidate]:
    start, end = atom.span()
    word_start, word_end = _word(text, start, end)
    if any(char.isalpha() for char in text[word_start:word_end]):
        yield from _mixed(text[word_start:word_end], word_start)
    elif _letter(text, start - 1) or _letter(text, end):
        return
    elif atom[0].isdigit():
        yield Candidate(value=atom[0], start=start, end=end, shape=Shape.PLAIN)
    else:
        yield from _punctuated(text, atom)


_LEFT = re.compile(r"[A-Za-z0-9-]*\Z")
_RIGHT = re.compile(r"[A-Za-z0-9-]{0,24}")


def _word(text: str, start: int, end: int) -> tuple[int, int]:
    left = _LEFT.search(text, max(0, start - 24), start)
    right = _RIGHT.match(text, end)
    first, last = left.start() if left else start, right.end() if right else end
    while text[first] == "-":
        first += 1
    while text[last - 1] == "-":
        last -= 1
    return first, last


def _punctuated(text: str, atom: re.Match[str]) -> Iterator[Candidate]:
    groups = re.split(r"[.,:;/'-]", atom[0])
    sizes, value = tuple(map(len, groups)), "".join(groups)
    marks = {char for char in atom[0] if not char.isdigit()}
    if marks == {"-"} and not _date(groups):
        if sizes in _JOINED:
            yield Candidate(value=value, start=atom.start(), end=atom.end(), shape=Shape.PLAIN)
        elif sizes in _JOINED_ODDLY:
            yield Candidate(value=value, start=atom.start(), end=atom.end(), shape=Shape.ODD)
    elif marks == {"."} and sizes == (3, 3):
        yield Candidate(value=value, start=atom.start(), end=atom.end(), shape=Shape.ODD)
    elif marks <= {",", ".", ";", ":"} and sizes[0] >= SHORTEST and not _amount(text, atom.end()):
        end = atom.start() + sizes[0]  # "123456,10 min": the sender forgot a space
        yield Candidate(value=groups[0], start=atom.start(), end=end, shape=Shape.PLAIN)


def _date(groups: list[str]) -> bool:
    """Whether dashed numbers are a date, or a span of years."""
    numbers = list(map(int, groups))
    if len(groups) == 2:
        return all(len(group) == 4 and group[:2] in {"19", "20"} for group in groups)
    if len(groups) != 3:
        return False
    day_first, year_first = sorted(numbers[:2]), sorted(numbers[1:])
    return any(1 <= low <= 12 and 1 <= high <= 31 for low, high in (day_first, year_first))


_PREFIXED = re.compile(r"[A-Za-z]{1,4}-([0-9]{4,8}|[0-9]{3}-[0-9]{3})")
_SUFFIXED = re.compile(r"([0-9]{4,8})-[a-z]{2,}")
_GLUED = re.compile(r"(?:code|otp|pin|tan|kode?)-?([0-9]{4,8})", re.IGNORECASE)
_UNIT = re.compile(
    r"[0-9]+(?:k|m|g|w|v|x|p|h|s|a|e|d|j|t|b|km|kms|kg|gb|mb|tb|kb|ml|cl|cm|mm|mn|min|mins|sec|hrs?|am|pm|th|st|nd|rd|er|eme"
    r"|px|kwh|mah|wh|hz|mhz|ghz|bps|mbps|ft|pts|pcs|nm|ppm|rpm|eur|usd|gbp|cc|hp|off|%|days?|ltr|lbs?|oz|sqft|mph|kmh|people)",
    re.IGNORECASE,
)
_MASKED = re.compile(r"[xX]+-?[0-9]+|[0-9]{1,2}[hH][0-9]{2}|[0-9a-fA-F]{1,4}x[0-9]+|v[0-9]+", re.IGNORECASE)


def _mixed(word: str, start: int) -> Iterator[Candidate]:
    """A word of letters and digits: a code, digits with a prefix or a suffix, or none of them."""
    if found := _GLUED.fullmatch(word) or _PREFIXED.fullmatch(word) or _SUFFIXED.fullmatch(word):
        if not _MASKED.fullmatch(word):
            value, (first, last) = found[1].replace("-", ""), found.span(1)
            yield Candidate(value=value, start=start + first, end=start + last, shape=Shape.PLAIN)
        return
    compact = word.replace("-", "")
    plain = _UNIT.fullmatch(word) or _MASKED.fullmatch(word) or re.search("[a-z]{3}|--", word)
    if not plain and word.count("-") <= 2:
        yield Candidate(value=compact, start=start, end=start + len(word), shape=Shape.MIXED)


_MONEY = "€$£¥₹₽₺₩₴₫₱฿₪₦₸₼₾₡₲₵៛"
_CODES = (
    r"eur|euros?|usd|gbp|chf|inr|rs|jpy|cny|rmb|krw|pln|zł|zl|czk|kc|kč|huf|ft|ron|lei|leu|bgn|лв|rub|руб|р"
    r"|рублей|рубля|uah|грн|kzt|тг|тенге|byn|sek|nok|dkk|kr|isk|tl|sar|aed|egp|ريال|ریال|تومان|درهم|جنیه|دینار"
    r"|ils|nis|שח|ש\"ח|thb|baht|บาท|vnd|vnđ|đ|đong|dong|idr|rp|myr|rm|sgd|hkd|ntd|twd|aud|cad|nzd|zar|brl|mxn"
    r"|clp|cop|ars|pesos?|reais|dirhams?|dh|xof|fcfa|f cfa|ngn|kes|ksh|ghs|pkr|bdt|tk|lkr|npr|php|dollars?"
    r"|pounds?|pence|cents?|rupees?|元|円|원|块|塊|萬|万|千|億|亿|ден|din|rsd|дин|mkd|gel|amd|azn|manat|uzs|сум"
    r"|soles|usdt|btc"
)
_UNITS = (
    r"min|mins|minutes?|minuten|minutos?|minuti|minut\w{0,3}|sec|secs|seconds?|secondes?|sekund\w{0,3}"
    r"|segundos?|secondi|hours?|hrs?|heures?|stunden|horas?|ore|days?|jours?|tage?n?|dias?|giorni|dni|dagen"
    r"|years?|ans|jahre|weeks?|months?|km|kms|miles?|kg|gb|mb|tb|kb|mah|kwh|kcal|cal|steps|points?|pts|puntos"
    r"|punkte|punti|pontos|people|pers|personnes|personen|personas|guests?|items?|pcs|pages?|words?|mots|views"
    r"|likes|followers|abonnes|members|customers|users|calories|metres?|meters?|мин\w{0,4}|сек\w{0,4}"
    r"|час\w{0,3}|дн\w{0,3}|км|баллов|балл\w{0,3}|бонус\w{0,3}|человек|dk|dakika|saniye|saat|gun|puan|phut"
    r"|menit|jam|poin|分钟|分鐘|分(?!享)|秒|小时|小時|天|日|年|月|号|號|號|次|人|名|个|個|件|[点點](?![击擊])"
    r"|キロ|日間|時間|ポイント|분|초|시간|일|년|월|명|개|점"
)
_BEFORE = re.compile(
    rf"(?:[{_MONEY}*•+=@~^…]|\.\.|-\.|\bx|(?<![a-z])(?:{_CODES})\.?)\s?\Z"
    r"|\+[0-9 ()-]{1,12}\Z|\([0-9]{1,5}\)[ -]?\Z|[0-9][.,:/'-]\Z|\bv\.?\s?\Z|№\s?\Z"
)
_AFTER = re.compile(
    rf"(?:[.,][0-9]{{1,2}})?[ -]?(?:[{_MONEY}%‰°*]|(?:{_CODES})(?![a-z])|(?:{_UNITS})(?![a-z']))"
    r"|@[a-z]|\s?x\s?[0-9]|[.,/][0-9]"
)
_ADDRESS = re.compile(r"://|\bwww\.|[\w.+-]@|[a-z0-9]\.[a-z]{2,}[/?]|[?&][\w.-]*=|[\w-]/[\w-]+/")
_MAILBOX = re.compile(r"[\w.+-]{0,64}@[a-z0-9]")


def ordinary(text: str, candidate: Candidate) -> bool:
    """Whether what touches the number makes it money, a quantity, an address, a phone or a card's tail."""
    start, end = candidate.start, candidate.end
    before, after = text[max(0, start - 16) : start].lower(), text[end : end + 14].lower()
    if "\n" in before:
        before = before.rpartition("\n")[2]
    if _BEFORE.search(before) and not re.search(r"(?:otp|pin|code|kode?)\s?=\s?\Z", before):
        return True
    if candidate.shape is not Shape.MIXED and _AFTER.match(after):
        return True
    return _in_address(text, start, end) or _compact_date(candidate)


def _amount(text: str, end: int) -> bool:
    return bool(re.match(rf"\s?(?:[{_MONEY}%]|(?:{_CODES})(?![a-z]))", text[end : end + 10].lower()))


def _in_address(text: str, start: int, end: int) -> bool:
    chunk = re.split(r"[\s，。、（）【】「」]", text[max(0, start - 300) : start].lower())[-1]
    return bool(_ADDRESS.search(chunk) or _MAILBOX.match(text[end : end + 80].lower()))


def _compact_date(candidate: Candidate) -> bool:
    """20260131 and its like."""
    value = candidate.value
    if candidate.shape is not Shape.PLAIN or len(value) != 8 or value[:2] not in {"19", "20"}:
        return False
    return 1 <= int(value[4:6]) <= 12 and 1 <= int(value[6:]) <= 31
