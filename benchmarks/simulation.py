"""Whether a run ever takes another run's message: six weeks of runs on a fake clock, with three ways to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.strategies import newest_wins, ours, watermark
from benchmarks.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from benchmarks.strategies import Tally

FEW, MORE = 3, 6
"""Numbers that the runs share."""
WIDTHS = (8, 7, 8, 8, 7, 8, 7, 7)
TITLES = ("own", "wrong", "hiding", "right", "false", "skipped", "right", "wrong")
MEANINGS = """\
  own, wrong: took its own message, or that of another run
  hiding: took another's while its own was late or lost, so that nobody is told
  alarms: took none; false ones although its own message was there
  skipped: no number was free; late told: a late message, and which run missed it"""


def measure(_: Path) -> Iterator[Figure | str]:
    """Limit: no run takes another's message, none fails with its own there, no late one is told of another run."""
    traffic = Traffic()
    yield f"  {traffic}\n\n{_heading()}"
    yield row("newest wins", 1, newest_wins(traffic))
    yield row("watermark", 1, watermark(traffic, 1))
    yield row("watermark", FEW, watermark(traffic, FEW))
    wrong = 0
    for numbers in (FEW, MORE):
        tally = ours(traffic, numbers)
        wrong += tally.wrong + tally.false_alarms + (tally.late_wrong or 0)
        yield row("our inbox", numbers, tally)
    yield f"\n{MEANINGS}\n"
    yield Figure(name="our inbox: wrong, false and told wrong", each=[wrong], unit="runs", limit=0)


def row(name: str, numbers: int, tally: Tally) -> str:
    """One line of the table. Who looks at times alone tells nothing of late messages."""
    counts = (
        tally.own, tally.wrong, tally.hiding, tally.alarms, tally.false_alarms, tally.skipped, tally.late_told,
        tally.late_wrong,
    )  # fmt: skip
    return f"  {name:<12}{numbers:>4}" + _cells(["-" if count is None else f"{count:,}" for count in counts])


def _heading() -> str:
    groups = f"  {'':<16}{'accepted':^23}{'alarms':^15}{'':8}{'late told':^14}".rstrip()
    return f"{groups}\n  {'':<9}numbers" + _cells(TITLES)


def _cells(texts: Iterable[str]) -> str:
    return "".join(f"{text:>{width}}" for text, width in zip(texts, WIDTHS, strict=True))
