"""How long `find_code` takes over ordinary messages and over hostile ones."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from pytest_synthetic.core.codes import AmbiguousCode, find_code

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDINARY = (
    "Your Kettle Shop code is 493 021. It is valid for 10 minutes.",
    "G-482913 is your verification code.",
    "<#> 771204 is your code for Example. Do not share it.\nFA+9qCX9VSu",
    "Votre code de confirmation : 0417. Ne le communiquez à personne.",
    "Ihr Sicherheitscode lautet 8842 17. Er gilt 5 Minuten.",
    "Tu código es 90210. Si no lo pediste, llama al +34 912 345 678.",
    "【商店】您的验证码是 365471。5分钟内有效。",
    "Use 5521 to pay EUR 1,249.00 to KETTLE with your card ending in 4417 on 22/11/2026 at 10:42.",
    "Your sign-in code is A7K-92Q.",
    "Your code is 640018.\n\n@shop.example #640018",
    "Order 20261122 has left our warehouse. Track it: https://shop.example/t/20261122",
)
TIMES = 200
SIZE, PARTS = 1_000_000, 8
"""Characters of a hostile message, and how many times shorter the one is that it is compared with."""
HOSTILE = (
    "1", "1 ", "12-", "123456\n", "code 123456 ", "code ", "a1", "a.", "a@", "http://", "[", "é", "验证码", " \n",
    "@h.example #",
)  # fmt: skip
HOSTILE_HTML = ("<", "<a ", "<a x='", "<!--", "<p>", "<p></b>", "&", '<p style="display:none">', "<td>1</td>")


def measure() -> Iterator[Figure]:
    """Limits: 1 ms for an ordinary message; 24 times as long for 8 times the text: 8 is linear, 64 quadratic."""
    each = [_seconds(text, times=TIMES) * 1000 for text in ORDINARY]
    note = f"longest {max(each):.2f} ms"
    yield Figure(name="find_code: an ordinary message", each=each, unit="ms", limit=1, note=note)
    wholes, growths = {}, {}
    for piece in (*HOSTILE, *HOSTILE_HTML):
        whole, part = (_quickest(piece, size) for size in (SIZE, SIZE // PARTS))
        wholes[piece], growths[piece] = whole, whole / part
    yield _worst("find_code: 1 million hostile characters", wholes, "s", None)
    yield _worst(f"find_code: that over a text {PARTS} times shorter", growths, "x", 24)


def _worst(name: str, values: dict[str, float], unit: str, limit: float | None) -> Figure:
    worst = max(values, key=values.__getitem__)
    note = f"worst of {len(values)} texts: {worst!r}"
    return Figure(name=name, each=[values[worst]], unit=unit, limit=limit, note=note)


def _quickest(piece: str, size: int) -> float:
    text = piece * (size // len(piece))
    return min(_seconds(text, is_html=piece in HOSTILE_HTML) for _ in range(3))


def _seconds(text: str, *, is_html: bool = False, times: int = 1) -> float:
    """CPU seconds of one reading."""
    began = time.process_time()
    for _ in range(times):
        with suppress(AmbiguousCode):
            find_code("" if is_html else text, html=text if is_html else None)
    return (time.process_time() - began) / times
