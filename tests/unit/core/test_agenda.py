"""The agenda: each tick is due or missed, once, whatever the clock, the machine and the history do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pytest_synthetic.core.agenda import BACK, Agenda, Due, Taken
from pytest_synthetic.core.schedule import Timetable
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.plan import Missed, Plan, Tick
from tests.unit.core.agenda_days import START, Days, a_plan, many_plans

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
PLAN = a_plan()


def idle(_: tuple[str, str]) -> str | None:
    return None


def an_agenda(*plans: Plan, upto: datetime = NOON, now: datetime = NOON) -> Agenda:
    agenda = Agenda()
    agenda.set(plans or (PLAN,), {plan.key: upto for plan in plans or (PLAN,)}, now)
    return agenda


def ticks(taken: Taken) -> list[datetime]:
    return [due.tick.at for due in taken.due]


def missed(taken: Taken) -> list[datetime]:
    return [missed.at for missed in taken.missed]


def gone_on(agenda: Agenda, now: datetime) -> Taken:
    taken = agenda.take(now, idle)
    agenda.accounted(taken)
    return taken


# -- one plan --------------------------------------------------------------------------------------------------------


def test_a_tick_is_due_when_it_comes_and_not_before() -> None:
    agenda = an_agenda()
    assert agenda.next() == NOON + FIVE
    assert not agenda.take(NOON + FIVE - SECOND / 1000, idle)
    taken = gone_on(agenda, NOON + FIVE)
    assert taken.due == (Due(PLAN, Tick("buy", "eu-west", NOON + FIVE), NOON + FIVE + FIVE / 2),)
    assert not missed(taken)
    assert agenda.next() == NOON + 2 * FIVE
    assert not agenda.take(NOON + FIVE, idle)


def test_what_is_not_accounted_for_is_told_again() -> None:
    agenda = an_agenda()
    first, again = agenda.take(NOON + FIVE, idle), agenda.take(NOON + FIVE, idle)
    assert ticks(first) == ticks(again) == [NOON + FIVE]
    assert agenda.next() == NOON + FIVE
    agenda.accounted(first)
    agenda.accounted(again)
    assert agenda.next() == NOON + 2 * FIVE


def test_what_is_accounted_for_late_changes_nothing() -> None:
    agenda = an_agenda()
    earlier, later = agenda.take(NOON + FIVE, idle), agenda.take(NOON + 2 * FIVE, idle)
    agenda.accounted(later)
    agenda.accounted(earlier)
    assert agenda.upto == {PLAN.key: NOON + 2 * FIVE}


def test_what_could_not_be_written_down_in_time_is_missed() -> None:
    agenda = an_agenda()
    assert ticks(agenda.take(NOON + FIVE, idle)) == [NOON + FIVE]
    assert ticks(agenda.take(NOON + FIVE + FIVE / 2, idle)) == [NOON + FIVE]
    late = agenda.take(NOON + FIVE + FIVE / 2 + SECOND, idle, why="the history cannot be reached")
    reason = "seen 2 min 31 s after its time, too late: the history cannot be reached"
    assert (late.due, list(late.missed)) == ((), [Missed(PLAN, NOON + FIVE, reason)])


def test_no_storm_after_a_long_sleep() -> None:
    taken = gone_on(an_agenda(), NOON + 6 * 12 * FIVE + SECOND)
    assert ticks(taken) == [NOON + 72 * FIVE]
    assert missed(taken) == [NOON + number * FIVE for number in range(1, 72)]
    assert next(taken.missed).reason == "seen 5 h 55 min after its time, too late: a later one had come"
    assert list(taken.missed) == list(taken.missed)


def test_a_run_that_goes_on_is_not_overlapped() -> None:
    agenda = an_agenda()
    gone_on(agenda, NOON + FIVE)
    taken = agenda.take(NOON + 2 * FIVE, {PLAN.key: "its run of 12:05:00 goes on"}.get)
    assert (taken.due, list(taken.missed)) == (
        (),
        [Missed(PLAN, NOON + 2 * FIVE, "its run of 12:05:00 goes on", overlap=True)],
    )
    agenda.accounted(taken)
    assert ticks(agenda.take(NOON + 3 * FIVE, idle)) == [NOON + 3 * FIVE]


def test_ticks_that_no_history_would_keep_are_a_number() -> None:
    agenda = Agenda(keep=timedelta(days=1))
    agenda.set([PLAN], {PLAN.key: NOON - timedelta(days=3)}, NOON)
    taken = agenda.take(NOON, idle)
    assert (taken.forgotten, len(missed(taken)), ticks(taken)) == (2 * 288, 287, [NOON])
    agenda.accounted(taken)
    often = a_plan("often", every=1.0)
    agenda.set([often], {often.key: NOON - timedelta(days=4000)}, NOON)
    taken = gone_on(agenda, NOON)
    assert taken.forgotten == 3999 * 86_400
    assert next(taken.missed).at == NOON - timedelta(days=1) + SECOND

    yearly = a_plan("yearly", cron="0 7 1 1 *")
    agenda.set([yearly], {yearly.key: NOON - timedelta(days=400)}, NOON)
    taken = agenda.take(NOON, idle)
    assert (taken.forgotten, missed(taken), ticks(taken)) == (1, [], [])
    agenda.accounted(taken)
    assert agenda.next() == datetime(2027, 1, 1, 7, tzinfo=UTC)


# -- the clock -------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_gives_no_tick_twice_and_plans_wait() -> None:
    agenda = an_agenda()
    gone_on(agenda, NOON + FIVE)
    back = NOON - timedelta(hours=1)
    assert not gone_on(agenda, back)
    assert agenda.waits(back) == timedelta(hours=1) + FIVE
    assert agenda.next() == NOON + 2 * FIVE
    assert not gone_on(agenda, NOON + FIVE)
    assert agenda.waits(NOON + 2 * FIVE) == timedelta(0)
    assert ticks(gone_on(agenda, NOON + 2 * FIVE)) == [NOON + 2 * FIVE]


def test_a_clock_set_back_and_a_new_schedule_give_no_tick_twice() -> None:
    agenda = an_agenda()
    gone_on(agenda, NOON + FIVE)
    agenda.set([a_plan(every=60.0)], {}, NOON - FIVE)
    assert agenda.next() == NOON + FIVE + 60 * SECOND


def test_after_a_clock_that_was_wrong_by_years_no_plan_waits() -> None:
    agenda = an_agenda()
    gone_on(agenda, NOON + timedelta(days=3650))
    assert not agenda.take(NOON + FIVE - SECOND, idle)
    assert ticks(gone_on(agenda, NOON + FIVE)) == [NOON + FIVE]
    assert agenda.waits(NOON + FIVE) == timedelta(0)
    assert not agenda.take(NOON + FIVE, idle)


def test_a_clock_set_back_forgets_nothing_that_was_not_accounted_for() -> None:
    agenda = an_agenda()
    agenda.take(NOON + timedelta(hours=10), idle)
    taken = agenda.take(NOON + 3 * FIVE, idle)
    assert (missed(taken), ticks(taken)) == ([NOON + FIVE, NOON + 2 * FIVE], [NOON + 3 * FIVE])


def test_a_history_of_the_future_makes_no_plan_wait_for_it() -> None:
    agenda = an_agenda(upto=NOON + BACK + SECOND)
    assert agenda.next() == NOON + FIVE
    waiting = an_agenda(upto=NOON + BACK)
    assert waiting.next() == NOON + BACK + FIVE
    assert waiting.waits(NOON) == BACK


# -- plans come and go -----------------------------------------------------------------------------------------------


def test_new_plans_begin_now_and_known_ones_where_they_were() -> None:
    known, new = a_plan("known"), a_plan("new")
    agenda = Agenda()
    agenda.set([known, new], {known.key: NOON - 2 * FIVE}, NOON)
    taken = agenda.take(NOON, idle)
    assert (ticks(taken), missed(taken)) == ([NOON], [NOON - FIVE])
    assert taken.due[0].plan is known
    assert agenda.upto == {known.key: NOON - 2 * FIVE, new.key: NOON}


def test_a_reload_keeps_what_is_known_of_plans_that_stay() -> None:
    agenda = an_agenda()
    gone_on(agenda, NOON + FIVE)
    moved = Plan(spec=PLAN.spec, region=PLAN.region, nodeid="test_other.py::test_it")
    agenda.set([moved, a_plan("new")], {PLAN.key: NOON - FIVE}, NOON + FIVE + SECOND)
    taken = gone_on(agenda, NOON + 2 * FIVE)
    assert [due.plan.nodeid for due in taken.due] == ["test_other.py::test_it", "test_it.py::it"]
    assert not missed(taken)


@pytest.mark.parametrize(
    ("plans", "reason"),
    [
        ([], "its journey is no longer planned here"),
        ([a_plan(every=600.0)], "its schedule was changed before it could run"),
    ],
)
def test_ticks_of_plans_that_leave_are_accounted_for(plans: list[Plan], reason: str) -> None:
    agenda = an_agenda()
    before = agenda.take(NOON + 2 * FIVE, idle)
    agenda.set(plans, {}, NOON + 2 * FIVE)
    assert agenda.next() == NOON + 2 * FIVE
    taken = agenda.take(NOON + 2 * FIVE, idle)
    assert list(taken.missed) == [Missed(PLAN, NOON + FIVE, reason), Missed(PLAN, NOON + 2 * FIVE, reason)]
    assert not taken.due
    agenda.accounted(before)
    assert not agenda.take(NOON + 2 * FIVE, idle)
    assert agenda.next() == (NOON + 4 * FIVE if plans else None)


def test_a_plan_that_leaves_and_comes_back_gives_no_tick_twice() -> None:
    agenda = an_agenda()
    agenda.set([], {}, NOON + FIVE)
    agenda.set([PLAN], {PLAN.key: NOON}, NOON + FIVE)
    taken = gone_on(agenda, NOON + 2 * FIVE)
    assert (missed(taken), ticks(taken)) == ([NOON + FIVE], [NOON + 2 * FIVE])


def test_no_plans_and_plans_without_a_schedule() -> None:
    agenda = Agenda()
    bare = Plan(spec=PLAN.spec.__class__(id="bare", name="bare"), region="eu-west", nodeid="test_it.py::it")
    agenda.set([bare], {}, NOON)
    assert (len(agenda), agenda.next(), bool(agenda.take(NOON + FIVE, idle))) == (0, None, False)


def test_a_schedule_that_nobody_can_keep_changes_nothing() -> None:
    agenda = an_agenda()
    with pytest.raises(UsageError, match="too often"):
        agenda.set([a_plan("other", every=0.1)], {}, NOON)
    assert agenda.upto == {PLAN.key: NOON}
    assert ticks(agenda.take(NOON + FIVE, idle)) == [NOON + FIVE]


def test_the_next_runs() -> None:
    agenda = an_agenda(a_plan("slow", every=3600.0), a_plan("quick", every=60.0), PLAN)
    shown = [(plan.spec.id, at - NOON) for plan, at in agenda.upcoming(2)]
    assert shown == [("quick", timedelta(minutes=1)), ("buy", FIVE)]


# -- many plans ------------------------------------------------------------------------------------------------------


class Compared(datetime):
    """A moment that counts how often it is compared with another."""

    times = 0

    def __ge__(self, other: Any) -> bool:
        Compared.times += 1
        return super().__ge__(other)

    def __lt__(self, other: Any) -> bool:
        Compared.times += 1
        return super().__lt__(other)

    def __gt__(self, other: Any) -> bool:
        Compared.times += 1
        return super().__gt__(other)


def test_a_look_costs_what_is_due_and_not_what_is_planned() -> None:
    agenda = an_agenda(*(a_plan(f"journey-{number}", spread=True) for number in range(10_000)))
    due = 0
    for number in range(300):
        due += len(gone_on(agenda, Compared.fromtimestamp(NOON.timestamp() + number, UTC)).due)
    assert 9_900 < due <= 10_000
    assert 2 * due < Compared.times < 20 * due


@pytest.mark.slow
def test_three_days_of_trouble_and_every_tick_accounted_for_once() -> None:
    days = Days(plans=many_plans(200), random=Random(72))
    days.live(timedelta(hours=72))

    for plan in days.plans:
        assert days.book.every.get(plan.key, []) == expected(plan, days.now), plan.key
    told = sum(map(len, days.book.every.values()))
    ran = sum(map(len, days.book.ran.values()))
    assert told > 80_000
    assert 0.4 < ran / told < 0.95
    assert days.book.refused > 0
    assert min(days.happened.values()) >= 5
    assert set(days.happened) == {"slept", "clock set", "history away", "died", "could not be written down"}
    assert set(days.book.reasons) >= {"its earlier run goes on", ": a later one had come"}


def expected(plan: Plan, until: datetime) -> list[datetime]:
    """The ticks of one of the `many_plans`, found in another way: every multiple and every hour is looked at."""
    schedule = plan.spec.schedule
    assert schedule is not None
    offset = Timetable(schedule, *plan.key).offset
    if schedule.cron == "30 2 * * *":
        found = [datetime(2026, 3, *at, tzinfo=UTC) for at in ((28, 1, 30), (29, 1, 0), (30, 0, 30))]
    elif schedule.cron:
        hours = (START + timedelta(hours=number) for number in range(200))
        found = [hour for hour in hours if hour.hour % 6 == 0]
    else:
        every = timedelta(seconds=schedule.every or 0)
        found = [START + number * every for number in range(-1, 200 * 3600 // int(every.total_seconds()))]
    moments = (moment + offset for moment in found)
    return [at for at in moments if START < at <= until and not (schedule.quiet and at_night(at))]


def at_night(moment: datetime) -> bool:
    return moment.astimezone(ZoneInfo("Europe/Paris")).hour not in range(6, 22)


@pytest.mark.parametrize("seed", range(5))
def test_two_days_of_trouble_of_a_few(seed: int) -> None:
    days = Days(plans=many_plans(8), random=Random(seed))
    days.live(timedelta(hours=48))
    for plan in days.plans:
        assert days.book.every.get(plan.key, []) == expected(plan, days.now)
