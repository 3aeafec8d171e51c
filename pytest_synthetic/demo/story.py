"""The life of an incident as `synthetic demo --watch` tells it: what happens now, and which letters come."""

from __future__ import annotations

import re
import textwrap
from queue import Empty
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import plain
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.receiver import Delivered
from pytest_synthetic.demo.watched import ONE_REGION, REGIONS, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from queue import SimpleQueue

    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.demo.watched import Pace

    News = Delivered | str | None
    """A letter; a line of `synthetic watch`; None: it has ended."""

COLUMNS = 80
LONGEST_ACT = 120.0
"""Seconds until it is said that something did not come."""
QUIET = 75.0
"""Seconds that a whole shop is watched."""
LOST = ("MISSED", "BROKEN")
MOST_LOST = 3
"""Runs that may be lost while the shop is whole: the first one in each region starts a browser."""
BAD = ("FAILED", "DEGRADED", "BROKEN")
_RUN = re.compile(r"\d\d:\d\d:\d\d ([A-Z]+) +(.*)")


class Ended(Exception):
    """`synthetic watch` ended by itself."""


class TooSlow(Exception):
    """Runs do not end before the next are due."""


class Story:
    """Plays it. `switch` breaks the shop in some regions; `news` comes from `synthetic watch` and from the desks."""

    def __init__(  # noqa: PLR0913  its parts
        self,
        *,
        fault: Fault | None,
        pace: Pace,
        at_any_rate: bool,
        news: SimpleQueue[News],
        switch: Callable[[Iterable[Fault], Iterable[str]], object],
        say: Callable[[str], object],
        clock: Clock,
    ) -> None:
        """Nothing happens yet. `at_any_rate`: also where runs are lost because the machine is slow."""
        self._fault = fault
        self._pace = pace
        self._at_any_rate = at_any_rate
        self._lost = 0
        self._news = news
        self._switch = switch
        self._say = say
        self._clock = clock
        self._began = clock.monotonic()
        self._runs: set[tuple[str, str, str]] = set()
        self.letters: list[Delivered] = []

    def play(self) -> bool:
        """Tell it all; whether it went as it should. Raises Ended, and TooSlow while nothing is broken yet."""
        if self._fault is None:
            return self._nothing_happens()
        return self._it_breaks(self._fault)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock.monotonic() - self._began

    # -- the acts ----------------------------------------------------------------------------------------------------

    def _nothing_happens(self) -> bool:
        self._act("The shop is whole.", f"All its journeys run every {self._pace.every} s, for {QUIET:.0f} s.")
        ends = self.seconds + QUIET
        self._until(lambda: self.seconds >= ends, QUIET + 1)
        return not self.letters

    def _it_breaks(self, fault: Fault) -> bool:
        journey = watched(fault)[0]
        regions = REGIONS[1:] if journey in ONE_REGION else REGIONS
        self._act("The shop is whole.", f'"{journey}" runs every {self._pace.every} s. Nobody hears anything.')
        if not self._until(lambda: self._is_whole(journey, regions)):
            return self._missing(f'"{journey}" passed')
        return (
            self._break(fault, journey, regions)
            and self._wait("updated", "More regions: the same incident, not another one.", regions[1:])
            and self._wait("reminded", f"Nobody mends it: reminded every {self._pace.remind} s, as the policy says.")
            and self._mend()
        )

    def _is_whole(self, journey: str, regions: tuple[str, ...]) -> bool:
        if self._lost > MOST_LOST and not self._at_any_rate:
            raise TooSlow
        return all(self._was(("PASSED",), journey, region) for region in regions)

    def _break(self, fault: Fault, journey: str, regions: tuple[str, ...]) -> bool:
        first, *others = regions
        everywhere = not others or fault is Fault.PROVIDER_DOWN
        where = "" if everywhere else f" A release goes out, to {first} first."
        self._runs.clear()
        self._switch([fault], regions if everywhere else [first])
        self._act(f"Broken: {fault.value}.", f"{_sentence(fault.description)}{where} One bad run wakes nobody.")
        if not self._until(lambda: self._was(BAD, journey, first)):
            return self._missing(f'a bad run of "{journey}" in {first}')
        if not everywhere:
            self._switch([fault], regions)
            self._act(f"The release goes on, to {', '.join(others)}.", "The second bad run of a region is told.")
        return self._until(lambda: self._has("opened")) or self._missing("a letter: opened")

    def _wait(self, turn: str, words: str, needed: tuple[str, ...] | None = None) -> bool:
        if needed == ():
            return True
        self._act(words, f"Expected: {turn}.")
        return self._until(lambda: self._has(turn)) or self._missing(f"a letter: {turn}")

    def _mend(self) -> bool:
        self._switch([], [])
        self._act("Mended.", "Two good runs in each region end it. Expected: resolved.")
        return self._until(lambda: self._has("resolved")) or self._missing("a letter: resolved")

    # -- what comes --------------------------------------------------------------------------------------------------

    def _until(self, done: Callable[[], bool], patience: float = LONGEST_ACT) -> bool:
        ends = self.seconds + patience
        while not done():
            left = ends - self.seconds
            if left <= 0:
                return False
            try:
                self._take(self._news.get(timeout=min(left, 1.0)))
            except Empty:
                continue
        return True

    def _take(self, news: News) -> None:
        if news is None:
            raise Ended
        if isinstance(news, Delivered):
            self.letters.append(news)
            for line in pictured(news):
                self._say(line)
        elif found := _RUN.match(line := plain(news).strip()):
            self._say(line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…")
            self._lost += found[1] in LOST
            name, _, rest = found[2].partition(", ")
            self._runs.add((found[1], name, re.split(r"[ ,:]", rest)[0]))

    def _was(self, verdicts: Iterable[str], journey: str, region: str) -> bool:
        return any((verdict, journey, region) in self._runs for verdict in verdicts)

    def _has(self, turn: str) -> bool:
        return any(letter.turn == turn for letter in self.letters)

    # -- what is said ------------------------------------------------------------------------------------------------

    def _act(self, title: str, words: str) -> None:
        head = f"{clock_face(self.seconds)}  "
        self._say("")
        told = f"{title} {words}"
        self._say(textwrap.fill(told, COLUMNS, initial_indent=head, subsequent_indent=" " * len(head)))

    def _missing(self, what: str) -> bool:
        self._act(f"This did not come within {LONGEST_ACT:.0f} s:", f"{what}.")
        return False


def pictured(letter: Delivered) -> list[str]:
    """A letter as it lies on a desk, 80 columns wide."""
    head = f"┌─ to {letter.to} · {letter.turn} "
    lines = [letter.facts["title"], "", *letter.facts["text"].splitlines()]
    inside = [part for line in lines for part in _wrapped(plain(line))]
    return ["", head + "─" * (COLUMNS - len(head)), *(f"│ {part}".rstrip() for part in inside), "└" + "─" * 79]


def _wrapped(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, COLUMNS - 2, subsequent_indent=indent, break_on_hyphens=False) or [""]


def clock_face(seconds: float) -> str:
    """`1:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
