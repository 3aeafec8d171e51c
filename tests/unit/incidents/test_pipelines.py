"""Until when a run should come, whom is asked for it, and what people are told of it; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_synthetic.analysis.alerting import State, checksum
from pytest_synthetic.analysis.alerting.state import Place
from pytest_synthetic.analysis.policy_words import plain_words
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.history.alert_book import Heard
from pytest_synthetic.history.queries import JourneyFacts
from pytest_synthetic.history.windows import Windows
from pytest_synthetic.incidents.deciding import Deciding
from pytest_synthetic.incidents.journeys import Journeys, Known, Usual, known_as
from pytest_synthetic.incidents.pipelines import Pipelines, should_come
from pytest_synthetic.incidents.silence import silence
from pytest_synthetic.model.alerting import Policy
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.verdict import Verdict
from tests.watching import a_plan

FRIDAY = datetime(2026, 2, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Recall:
    """Runs in the hands of a test; `asked` counts the looks at them."""

    def __init__(self, schedule: Schedule | None, *began: datetime) -> None:
        self.told, self.runs, self.asked = schedule, sorted(began), 0

    def schedule(self, _journey: str) -> Schedule | None:
        return self.told

    def began(self, _journey: str, _region: str, since: datetime, until: datetime) -> Sequence[datetime]:
        self.asked += 1
        return [run for run in self.runs if since <= run <= until]


def plain(**told: Any) -> Schedule:
    return Schedule(spread=False, **told)


def known(schedule: Schedule | None, **settings: Any) -> Known:
    facts = JourneyFacts(key="checkout", name="Checkout", stage=None, owner=None, slo=None, schedule=schedule)
    return known_as(Settings(**settings), "checkout", facts, {}, Usual(("eu", "us"), 24.0, 0, 0))


def every(hours: float, count: int, newest: datetime = FRIDAY) -> list[datetime]:
    return [newest - number * hours * HOUR for number in range(count)]


@pytest.mark.parametrize(
    ("schedule", "started", "due"),
    [
        (plain(every=3600), FRIDAY, FRIDAY + 2.5 * HOUR),
        (plain(every=3600), FRIDAY + 0.7 * HOUR, FRIDAY + 3.2 * HOUR),
        (plain(every=60), FRIDAY, FRIDAY + timedelta(minutes=3)),
        (plain(cron="0 7 * * *"), FRIDAY.replace(hour=7), datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (plain(cron="0 7 * * 1-5"), FRIDAY.replace(hour=7), datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (
            plain(cron="30 2 * * *", timezone="Europe/Paris"),
            datetime(2026, 3, 28, 1, 30, tzinfo=UTC),
            datetime(2026, 3, 30, 3, 30, tzinfo=UTC),
        ),
        (
            plain(every=3600, quiet=("mon-sun 18:00-08:00",)),
            FRIDAY.replace(hour=17),
            datetime(2026, 2, 28, 9, 30, tzinfo=UTC),
        ),
    ],
    ids=["hourly", "in between", "at least a minute", "daily", "Friday", "clocks change", "quiet hours"],
)
def test_two_intervals_after_a_run_another_should_have_come(
    schedule: Schedule, started: datetime, due: datetime
) -> None:
    assert should_come(Timetable(schedule, "checkout", "eu"), started) == due


def decided(recall: Recall, state: State, hours: float, *heard: Heard) -> State:
    """What is known so many hours after FRIDAY."""
    deciding = Deciding(Journeys([known(recall.told)], Pipelines(recall, 35)), Windows((), {}))
    return deciding.decided(known(recall.told), state, heard, FRIDAY + hours * HOUR).state


def ran(hours: float, due: float, variant: str = "") -> State:
    """Of a journey that ran in one place: so many hours after FRIDAY, and due again at that hour."""
    at, next_by = FRIDAY + hours * HOUR, FRIDAY + due * HOUR
    place = Place(region="eu", variant=variant, at=at, run_id=variant, next_by=next_by)
    return State(checksum=checksum(Policy()), places=(place,))


def test_runs_that_come_in_time_ask_nobody() -> None:
    recall = Recall(plain(every=3600), *every(1, 30))
    state = ran(0, due=2.5)
    run = Heard(1, "checkout", "s", "eu", "", FRIDAY + HOUR, None, Verdict.PASSED, None, None, None, None)

    (place,) = decided(recall, state, 3, run).places
    assert place.next_by == FRIDAY + 3.5 * HOUR
    assert decided(recall, state, 2.5) is state
    assert recall.asked == 0


def test_what_promised_nothing_is_asked_once() -> None:
    recall = Recall(plain(every=3600), *every(7, 30))

    state = decided(recall, ran(0, due=2.5), 3)
    assert state.places[0].next_by is None
    asked = recall.asked
    assert asked
    assert decided(recall, state, 3) is state
    assert recall.asked == asked


def test_of_the_devices_of_a_region_the_newest_run_counts() -> None:
    recall = Recall(plain(every=3600), *every(1, 30))
    (phone,), (other,) = ran(-1, due=1, variant="phone").places, ran(0, due=2).places

    state = decided(recall, replace(ran(0, due=2), places=(phone, other)), 3)
    assert [place.next_by for place in state.places] == [None, FRIDAY + 2 * HOUR]


def test_two_devices_that_ran_at_once_fall_silent_together() -> None:
    recall = Recall(plain(every=3600), *every(1, 30))
    (phone,), (other,) = ran(0, due=2.4, variant="phone").places, ran(0, due=2.5).places

    for places in ((phone, other), (other, phone)):
        state = decided(recall, replace(ran(0, due=2.5), places=places), 3)
        assert [place.next_by for place in state.places if place.rows] == [FRIDAY + 2.5 * HOUR]
        assert decided(recall, state, 4) is state


@pytest.mark.parametrize(
    ("schedule", "began", "keep", "words"),
    [
        (None, every(1, 30), 35, "is not noticed: it has no schedule."),
        (plain(every=10), every(1, 30), 35, "is not noticed: no pipeline starts more often than every minute."),
        (plain(every=3600), every(1, 200), 35, "is noticed after two and a half intervals: 24 of its last 24 ticks"),
        (plain(every=3600), every(3, 60), 35, "is not noticed: 8 of its last 24 ticks had a run, so nobody keeps"),
        (plain(every=86400), every(24, 9), 35, "is noticed after two and a half intervals: 7 of its last 7 ticks"),
        (plain(every=14 * 86400), every(336, 5), 35, "runs are kept for 35 days, and it comes too seldom for that."),
        (
            plain(every=14 * 86400),
            every(336, 5),
            90,
            "is noticed after two and a half intervals: 3 of its last 3 ticks",
        ),
        (
            plain(every=3600, timezone="Mars/{0}"),
            every(1, 30),
            35,
            "its schedule cannot be read: 'Mars/{0}' is no time",
        ),
    ],
)
def test_people_are_told_whether_silence_is_noticed(
    schedule: Schedule | None, began: list[datetime], keep: int, words: str
) -> None:
    recall = Recall(schedule, *began)
    told = silence(known(schedule), Pipelines(recall, keep), {"eu": FRIDAY}, Windows((), {}))

    assert words in told.words
    assert bool(told.regions) is (" is noticed" in told.words)


def test_the_policy_of_what_a_pipeline_runs_says_nothing_of_silence() -> None:
    pipeline = known(plain(every=3600)).rule
    watched = replace(pipeline, pipeline=False)

    assert "nothing is heard" in plain_words(watched)
    assert "nothing is heard" not in plain_words(pipeline)
    assert "2 missed in a row." in plain_words(pipeline)


def test_each_region_is_told_and_what_is_not_asked_for() -> None:
    recall = Recall(plain(every=3600), *every(1, 30))
    pipelines, away = Pipelines(recall, 35), Windows((), {})
    later = {"eu": FRIDAY, "us": FRIDAY - 20 * HOUR}

    recall.runs = [run for run in recall.runs if run not in every(1, 30)[20:]]
    told = silence(known(recall.told), pipelines, {"eu": FRIDAY}, away)
    assert told == (("eu",), "Silence is noticed after two and a half intervals: 20 of its last 24 ticks had a run.")
    assert silence(known(recall.told), pipelines, {}, away).words == "Silence is not noticed: it did not run lately."
    watched = known_as(Settings(), "checkout", None, {"eu": a_plan("checkout", "eu")}, Usual(("eu",), 24.0, 0, 0))
    assert silence(watched, pipelines, later, away).regions == ("eu",)
    assert silence(watched, None, later, away).regions == ()
    never_missed = known(recall.told, policies={"quiet": Policy(name="quiet", on=(Verdict.FAILED,))})
    assert "does not count missed runs" in silence(never_missed, pipelines, later, away).words
