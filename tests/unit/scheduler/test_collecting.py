"""A watcher keeps up with the files, and says why it cannot. What pytest finds is asked in tests/plugin."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config.settings import Settings
from pytest_synthetic.core.settling import SETTLED
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Plan, Unreadable
from pytest_synthetic.scheduler.board import Board
from pytest_synthetic.scheduler.collecting import AGAIN, Collecting, changes
from pytest_synthetic.scheduler.pulse import Pulse
from pytest_synthetic.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.scheduler.dispatch import Event


class Followed:
    """A folder whose settings cannot be read, for a reason that is set, so that pytest is not asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.why: str | None = None
        self.said: list[str] = []
        self._clock = FakeClock()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._pulse, self._board = Pulse(self._clock, say=self.said.append), Board(self.said.append)
        self._collecting = Collecting(
            root=root, arguments=(), config=None, read=self._read, regions=(), clock=self._clock
        )

    def _read(self) -> Settings:
        if self.why:
            raise ConfigError(self.why)
        return Settings()

    def edit(self) -> None:
        """A file is written."""
        file = self.root / "test_buy.py"
        file.write_text(f"{file.read_text() if file.exists() else ''}# one more line\n")

    def look(self, after: float = SETTLED) -> list[str]:
        """What is said now, and after so many seconds."""
        before = len(self.said)
        self._collecting.look(self._events, self._pulse, self._board)
        self._clock.advance(after)
        self._collecting.look(self._events, self._pulse, self._board)
        return [line.partition("watched on: ")[2] for line in self.said[before:]]


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def test_whoever_mends_one_mistake_hears_of_the_next(followed: Followed) -> None:
    followed.why = "the first mistake"
    followed.edit()
    assert followed.look() == ["the first mistake"]

    followed.edit()
    assert followed.look() == []

    followed.why = "the second mistake"
    followed.edit()
    assert followed.look() == ["the second mistake"]


def test_what_could_not_be_read_is_tried_again_though_nothing_changed(followed: Followed) -> None:
    followed.why = "no space left on device"
    followed.edit()
    followed.look()

    followed.why = "another reason"
    assert followed.look(AGAIN - 1) == []
    assert followed.look(1) == ["another reason"]


def test_where_all_was_read_nothing_is_tried_again(followed: Followed) -> None:
    followed.why = "must not be read"
    assert followed.look(AGAIN * 2) == []


def test_a_file_whose_journeys_nobody_knows_is_said() -> None:
    spec = JourneySpec(id="buy", name="Buy", schedule=None)
    buy = Plan(spec=spec, region="local", nodeid="test_buy.py::test_buy", browser=False, unreadable="no network")
    unread = [Unreadable(file="test_buy.py", why="no network"), Unreadable(file="test_pay.py", why="no network")]

    assert list(changes([buy], [buy], unread)) == [
        "Buy cannot be read, its runs are broken: no network",
        "test_pay.py cannot be read, no journey of it is watched: no network",
    ]
