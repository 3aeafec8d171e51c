from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.receiver import Delivered
from pytest_synthetic.demo.story import COLUMNS, Ended, Story, TooSlow, clock_face, pictured
from pytest_synthetic.demo.watched import Pace
from pytest_synthetic.testing import FakeClock

if TYPE_CHECKING:
    from pytest_synthetic.demo.story import News

CLOCK = FakeClock()
WHOLE = ("PASSED   Orders API, us-east 10 ms", "PASSED   Orders API, eu-west 11 ms")
BAD = "FAILED   Orders API, us-east 12 ms: 500 Server Error"


def letter(turn: str, to: str = "oncall", **facts: Any) -> Delivered:
    told = {"turn": turn, "incident": "abcd1234", "title": f"[PAGE] {turn}", "text": "Customers cannot pay.", **facts}
    return Delivered(to=to, at=CLOCK.now(), facts=told)


class Stage:
    """A story with all its news there already; `said` and `switched` are what it did."""

    def __init__(self, *news: News, fault: Fault | None = Fault.API_500, at_any_rate: bool = False) -> None:
        self.said: list[str] = []
        self.switched: list[tuple[list[str], list[str]]] = []
        waiting: SimpleQueue[News] = SimpleQueue()
        for each in news:
            waiting.put(f"10:00:00 {each}\n" if isinstance(each, str) else each)
        self.story = Story(
            fault=fault,
            pace=Pace(),
            at_any_rate=at_any_rate,
            news=waiting,
            switch=lambda faults, regions: self.switched.append(([*faults], [*regions])),
            say=self.said.append,
            clock=FakeClock(),
        )


def test_the_whole_life_of_an_incident() -> None:
    turns = ("opened", "updated", "reminded", "resolved")
    stage = Stage(*WHOLE, BAD, *map(letter, turns))

    assert stage.story.play()
    assert stage.switched == [(["api-500"], ["us-east"]), (["api-500"], ["us-east", "eu-west"]), ([], [])]
    assert [each.turn for each in stage.story.letters] == [*turns]
    assert [line for line in stage.said if line.startswith("10:00:00 FAILED")]


def test_a_provider_is_down_for_everybody() -> None:
    bad = "BROKEN   Sign up by SMS, us-east 12 ms: Twilio cannot be asked"
    whole = [line.replace("Orders API", "Sign up by SMS") for line in WHOLE]
    stage = Stage(*whole, bad, *map(letter, ("opened", "updated", "reminded", "resolved")), fault=Fault.PROVIDER_DOWN)

    assert stage.story.play()
    assert stage.switched == [(["provider-down"], ["us-east", "eu-west"]), ([], [])]


def test_a_journey_of_one_region_has_no_update() -> None:
    whole = "PASSED   The shop in French, eu-west 12 ms"
    bad = whole.replace("PASSED  ", "FAILED  ")
    stage = Stage(whole, bad, *map(letter, ("opened", "reminded", "resolved")), fault=Fault.WRONG_LANGUAGE)

    assert stage.story.play()
    assert stage.switched == [(["wrong-language"], ["eu-west"]), ([], [])]


def test_a_watch_that_ends_is_said() -> None:
    with pytest.raises(Ended):
        Stage(WHOLE[0], None).story.play()


def test_a_machine_that_loses_runs_is_too_slow_unless_at_any_rate() -> None:
    lost = ("MISSED   Orders API, us-east: the run before still went on", "BROKEN   Orders API, eu-west: time limit")
    with pytest.raises(TooSlow):
        Stage(*lost, *lost, *WHOLE).story.play()
    with pytest.raises(Ended):
        Stage(*lost, *WHOLE, None).story.play()
    with pytest.raises(Ended):
        Stage(*lost, *lost, *WHOLE, None, at_any_rate=True).story.play()


def test_a_letter_is_80_columns_wide_whatever_it_says() -> None:
    lines = pictured(letter("opened", title="word " * 40, text=f"Claim: {'x' * 200}\n\n  Owner: \x1b[31mpayments"))

    assert max(map(len, lines)) <= COLUMNS
    assert "\x1b" not in "".join(lines)
    assert "│" in lines
    assert "│   Owner: payments" in lines


def test_the_clock() -> None:
    assert [clock_face(seconds) for seconds in (0, 65.9, 600)] == ["0:00", "1:05", "10:00"]
