"""What the monitor knows of itself, and when it says that nobody should rely on it."""

from __future__ import annotations

import json
import threading

from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.scheduler import pulse as pulses
from pytest_synthetic.scheduler.pulse import Pulse, PulseReport
from pytest_synthetic.testing.clock import FakeClock
from tests.runs import a_run


def watching(clock: FakeClock) -> Pulse:
    pulse = Pulse(clock)
    pulse.plans(3, 0)
    pulse.turn(clock.now())
    return pulse


def wrong(pulse: Pulse, clock: FakeClock) -> str:
    return "; ".join(pulse.report(clock.now()).wrong)


def test_nothing_is_known_before_it_is_told() -> None:
    clock = FakeClock()
    report = Pulse(clock).report(clock.now())

    unknown = (report.last_turn, report.plans, report.unreadable, report.waiting, report.running, report.due)
    assert unknown == (None,) * 6
    assert report.turned_seconds_ago is None
    assert not report.healthy
    assert report.wrong == ("it has not begun to watch yet; it was started 0 s ago",)


def test_all_is_well() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.waiting(4)
    pulse.running(2)
    pulse.due(7)
    pulse.due(1)
    clock.advance(59)

    report = pulse.report(clock.now())
    assert report.healthy
    assert (report.plans, report.unreadable, report.waiting, report.running, report.due) == (3, 0, 4, 2, 8)
    assert report.turned_seconds_ago == 59


def test_a_loop_that_does_not_turn_is_stuck_until_it_does() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    clock.advance(61)
    assert "its loop is stuck: it last went round 61 s ago" in wrong(pulse, clock)

    pulse.turn(clock.now())
    assert not wrong(pulse, clock)


def test_plans_that_are_none_or_cannot_be_read() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.plans(0, 0)
    assert wrong(pulse, clock) == "there is no journey to watch"
    pulse.plans(2, 2)
    assert wrong(pulse, clock) == "no journey can be read at present"
    pulse.plans(2, 1)
    assert not wrong(pulse, clock)


def test_a_history_may_be_away_for_a_minute() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.trouble(pulses.HISTORY, "database is locked")
    clock.advance(50)
    pulse.turn(clock.now())
    pulse.trouble(pulses.HISTORY, "disk is full")
    assert not wrong(pulse, clock)

    clock.advance(11)
    assert wrong(pulse, clock) == "history: for 61 s: disk is full"
    pulse.trouble(pulses.HISTORY, None)
    assert not wrong(pulse, clock)


def test_other_troubles_are_told_and_stop_nothing() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.trouble("heartbeat", "it answered 404")
    clock.advance(50)
    pulse.trouble("heartbeat", "it answered 500")

    (told,) = pulse.report(clock.now()).troubles
    assert (told.what, told.why, told.seconds) == ("heartbeat", "it answered 500", 50)
    assert pulse.report(clock.now()).healthy


def test_a_trouble_is_said_once_and_once_when_it_is_over() -> None:
    said: list[str] = []
    pulse = Pulse(FakeClock(), say=said.append)
    for why in ("refused", "timed out", None, None, "refused"):
        pulse.trouble("broker", why)

    assert said == ["broker: refused", "broker: works again", "broker: refused"]


def test_each_reason_is_said_where_that_is_asked_for() -> None:
    said: list[str] = []
    pulse = Pulse(FakeClock(), say=said.append)
    for why in ("a conftest.py", "a conftest.py", "x" * 999, "x" * 999, "the settings", None):
        pulse.trouble("journeys", why, each=True)

    short, long, other, over = said
    assert (short, other, over) == ("journeys: a conftest.py", "journeys: the settings", "journeys: works again")
    assert "xxx" in long


def test_nothing_runs_though_ticks_come() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    for minutes in range(12):
        pulse.missed("pay", "local", "too little memory", kind="memory")
        pulse.ran(a_run(Verdict.MISSED), None)
        pulse.turn(clock.now())
        assert bool(wrong(pulse, clock)) is (minutes > 10), minutes
        clock.advance(60)
    assert "nothing ran for 720 s, and 12 ticks were missed" in wrong(pulse, clock)

    pulse.turn(clock.now())
    pulse.ran(a_run(), 0.1)
    assert not wrong(pulse, clock)


def test_ticks_missed_at_once_after_a_sleep_are_no_fault_of_now() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    for _ in range(300):
        pulse.missed("pay", "local", "the machine slept", kind="away")
    assert not wrong(pulse, clock)


def test_ticks_missed_because_a_run_goes_on_are_no_idleness() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    for _ in range(30):
        pulse.missed("pay", "local", "its earlier run still goes on", kind=pulses.OVERLAP)
        clock.advance(60)
        pulse.turn(clock.now())
    assert not wrong(pulse, clock)


def test_runs_and_missed_ticks_are_counted_by_region() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.ran(a_run(region="eu"), 0.05)
    clock.advance(5)
    pulse.ran(a_run(Verdict.FAILED, region="eu"), 400.0)
    pulse.ran(a_run(region="us"), None)
    pulse.missed("pay", "us", "no agent\ntook it", kind="no-agent")

    report = pulse.report(clock.now())
    assert report.regions["eu"].runs == {"passed": 1, "failed": 1}
    assert report.regions["eu"].last_run == clock.now()
    assert report.regions["us"].missed == {"no-agent": 1}
    assert report.missed[0].reason == "no agent took it"
    assert (sum(report.late), report.late[0], report.late[-1], report.late_seconds) == (2, 1, 1, 400.05)


@given(st.floats(min_value=-10, max_value=1e6, allow_nan=False))
def test_every_lateness_is_in_the_class_that_bounds_it(late: float) -> None:
    pulse = Pulse(FakeClock())
    pulse.ran(a_run(), late)

    found = pulse.report(FakeClock().now()).late.index(1)
    bounds = (*pulses.LATENESS, float("inf"))
    assert max(0.0, late) <= bounds[found]
    assert found == 0 or late > bounds[found - 1]


def test_what_was_missed_long_ago_is_no_news() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.missed("pay", "local", "too late")
    clock.advance(3601)
    pulse.missed("search", "local", "too late")

    assert [each.journey for each in pulse.report(clock.now()).missed] == ["search"]
    assert pulse.report(clock.now()).regions["local"].missed == {"other": 2}


def test_its_memory_is_bounded() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    for number in range(3000):
        pulse.missed(f"journey {number}", f"region {number}", "x" * 10_000, kind=f"kind {number}")
        pulse.missed("pay", "region 0", "why", kind=f"kind {number}")
        pulse.trouble(f"trouble {number}", "x" * 10_000)

    report = pulse.report(clock.now())
    assert len(report.regions) == 1001
    assert report.regions["other"].missed["other"] > 1000
    assert sum(report.regions["region 0"].missed.values()) == 3001
    assert (len(report.missed), len(report.troubles)) == (50, 100)
    assert len(json.dumps(report.to_json())) < 300_000


def test_the_report_is_json() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    pulse.ran(a_run(), 0.5)
    pulse.missed("pay", "local", "too late")
    pulse.trouble("broker", "refused")

    told = json.loads(json.dumps(pulse.report(clock.now()).to_json()))
    assert told["regions"]["eu-west"]["runs"] == {"passed": 1}
    assert told["last_turn"] == "2026-01-01T00:00:00+00:00"
    assert told["troubles"][0]["why"] == "refused"


def test_threads_share_it() -> None:
    clock = FakeClock()
    pulse = watching(clock)
    reports: list[PulseReport] = []

    def work() -> None:
        for _ in range(300):
            pulse.ran(a_run(), 0.1)
            pulse.missed("pay", "eu-west", "too late")
            pulse.trouble("broker", "refused")
            reports.append(pulse.report(clock.now()))
            pulse.trouble("broker", None)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    region = pulse.report(clock.now()).regions["eu-west"]
    assert (region.runs, region.missed) == ({"passed": 1800}, {"other": 1800})
