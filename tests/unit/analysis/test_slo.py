"""Targets over many runs: what was kept, what is left, and when nobody can say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.slo import SloReport, State, elapsed, report, runs_out, window
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.history import Counts, Span
from pytest_synthetic.model.sla import Slo, slo

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONTHLY = slo(0.995, "30d")
DAY = 86_400.0


def stands(target: Slo, counts: Counts, *, now: datetime = NOW, every: float | None = None) -> SloReport:
    return report(target, counts, span=elapsed(target, now), every=every)


# -- nothing is not good -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [Counts(), Counts(broken=4, blocked=1, skipped=2, missed=30)])
def test_without_a_run_that_said_anything_all_is_unknown(counts: Counts) -> None:
    found = stands(slo(0.995, "30d", 0.9), counts)

    for standing in found.standings.values():
        known = (standing.share, standing.interval, standing.budget, standing.burn, standing.runs_out)
        assert known == (None,) * 5
        assert standing.state is State.UNKNOWN
    assert found.state is State.UNKNOWN


def test_coverage_is_unknown_when_nothing_was_to_run_and_0_when_nothing_could_be_said() -> None:
    assert stands(MONTHLY, Counts()).coverage is None
    assert stands(MONTHLY, Counts(broken=3, missed=1)).coverage == 0
    assert stands(MONTHLY, Counts(passed=6, failed=1, degraded=1, broken=1, missed=1)).coverage == 0.8


def test_a_run_that_works_late_is_available_and_spends_from_the_latency_budget() -> None:
    found = stands(slo(0.99, "30d", 0.9), Counts(passed=900, degraded=90, failed=10))

    assert found.availability.share == 0.99
    assert found.latency is not None
    assert (found.latency.good, found.latency.said) == (900, 990)
    assert found.latency.share == pytest.approx(900 / 990)


def test_no_latency_target_no_latency() -> None:
    assert stands(MONTHLY, Counts(passed=10)).latency is None


def test_runs_in_maintenance_are_shown_and_not_counted() -> None:
    found = report(MONTHLY, Counts(passed=99, failed=1), span=elapsed(MONTHLY, NOW), excluded=Counts(failed=50))

    assert found.excluded.failed == 50
    assert found.availability.share == 0.99
    assert found.coverage == 1


# -- states --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "failed", "state"),
    [(501, 0, State.KEPT),  # the first count without failures that shows 99.5 %
     (500, 0, State.UNKNOWN), (36, 0, State.UNKNOWN),
     (0, 1, State.UNKNOWN), (35, 1, State.UNKNOWN), (7, 1, State.UNKNOWN),  # one failure is an anecdote
     (0, 2, State.SPENT), (98, 2, State.UNKNOWN), (97, 3, State.SPENT), (396, 4, State.UNKNOWN), (860, 4, State.UNKNOWN),
     (8600, 25, State.KEPT), (8600, 43, State.UNKNOWN), (8600, 80, State.SPENT)],
)  # fmt: skip
def test_only_a_whole_interval_says_kept_or_spent(good: int, failed: int, state: State) -> None:
    assert stands(MONTHLY, Counts(passed=good, failed=failed)).availability.state is state


def test_the_worst_target_is_the_state_of_the_journey() -> None:
    assert stands(slo(0.9, "30d", 0.9), Counts(passed=500, degraded=500)).state is State.SPENT
    assert stands(slo(0.9, "30d", 0.5), Counts(passed=500, degraded=500)).state is State.UNKNOWN
    assert stands(slo(0.9, "30d", 0.3), Counts(passed=500, degraded=500)).state is State.KEPT


# -- budget --------------------------------------------------------------------------------------------------------


def test_the_budget_of_a_rolling_window() -> None:
    found = stands(MONTHLY, Counts(passed=25_820, failed=100)).availability

    assert found.budget is not None
    assert found.budget.allowed == pytest.approx(129.6)
    assert found.budget.left == pytest.approx(29.6)
    assert found.budget.minutes == pytest.approx(216)
    assert found.budget.minutes_left == pytest.approx(216 * 29.6 / 129.6)
    assert found.burn == pytest.approx(100 / 129.6)


def test_a_budget_that_is_overdrawn_is_below_zero() -> None:
    found = stands(MONTHLY, Counts(passed=900, failed=100)).availability

    assert found.budget is not None
    assert found.budget.allowed == 5.0  # not 5.000000000000004
    assert found.budget.left == -95
    assert found.budget.minutes_left == pytest.approx(-95 / 5 * 216)
    assert found.runs_out == NOW


NOVEMBER = slo(0.99, "month")


def test_a_calendar_window_has_runs_to_come() -> None:
    tenth = datetime(2026, 11, 11, tzinfo=UTC)  # a third of the month has gone by
    found = stands(NOVEMBER, Counts(passed=998, failed=2), now=tenth).availability

    assert found.budget is not None
    assert found.budget.allowed == pytest.approx(30)
    assert found.budget.left == pytest.approx(28)
    assert found.budget.minutes == pytest.approx(0.01 * 30 * 1440)


def test_runs_to_come_are_those_of_the_schedule_where_it_is_known() -> None:
    tenth = datetime(2026, 11, 11, tzinfo=UTC)
    found = stands(NOVEMBER, Counts(passed=500), now=tenth, every=864.0).availability  # 100 a day, half of them unsaid

    assert found.budget is not None
    assert found.budget.allowed == pytest.approx(0.01 * (500 + 20 * 100))


def test_a_period_that_is_over_has_no_runs_to_come() -> None:
    october = Span(start=datetime(2026, 10, 1, tzinfo=UTC), end=datetime(2026, 11, 1, tzinfo=UTC))
    found = report(NOVEMBER, Counts(passed=990, failed=10), span=october, every=60.0)

    assert found.window == october
    assert found.availability.budget is not None
    assert found.availability.budget.allowed == pytest.approx(10)


@given(
    st.integers(0, 50_000), st.integers(0, 5_000), st.floats(0.01, 0.9999), st.sampled_from(["30d", "month", "week"])
)
def test_budget_burn_and_minutes_tell_the_same_story(passed: int, failed: int, target: float, length: str) -> None:
    found = stands(slo(target, length), Counts(passed=passed, failed=failed)).availability

    if found.budget is None:
        assert passed + failed == 0
        return
    assert found.burn is not None
    gone = 1 if length == "30d" else (NOW - window(slo(target, length), NOW).start) / _length(length)
    assert found.budget.left_share == pytest.approx(1 - found.burn * gone)
    assert found.budget.minutes_left / found.budget.minutes == pytest.approx(found.budget.left_share)


def _length(period: str) -> timedelta:
    span = window(slo(0.9, period), NOW)
    return span.end - span.start


@pytest.mark.parametrize("target", [0.9999999999999999, 1e-300])
def test_targets_at_the_edge(target: float) -> None:
    found = stands(slo(target, "30d"), Counts(passed=5, failed=5)).availability

    assert found.budget is not None
    assert found.budget.allowed > 0


# -- when it runs out ----------------------------------------------------------------------------------------------


def test_a_calendar_budget_runs_out_at_the_pace_so_far() -> None:
    tenth = datetime(2026, 11, 11, tzinfo=UTC)
    found = stands(NOVEMBER, Counts(passed=980, failed=20), now=tenth).availability  # 30 allowed, 2 a day

    assert found.runs_out == tenth + timedelta(days=5)


def test_it_does_not_run_out_when_the_window_ends_before() -> None:
    tenth = datetime(2026, 11, 11, tzinfo=UTC)

    assert stands(NOVEMBER, Counts(passed=992, failed=8), now=tenth).availability.runs_out is None
    assert stands(NOVEMBER, Counts(passed=1000), now=tenth).availability.runs_out is None


def test_a_rolling_budget_runs_out_at_a_recent_burn_rate_only() -> None:
    found = stands(MONTHLY, Counts(passed=10_000))
    budget = found.availability.budget
    assert budget is not None

    def at(burn: float) -> datetime | None:
        return runs_out(budget, burn, whole=found.window, now=NOW, rolls=True)

    assert found.availability.runs_out is None
    assert at(14.4) == NOW + timedelta(hours=50)  # 30 days / 14.4, as in the SRE Workbook
    assert at(1.0) is None


# -- windows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "now", "start", "end"),
    [("week", "2026-11-22T23:59:59", "2026-11-16", "2026-11-23"), ("week", "2026-11-23T00:00:00", "2026-11-23", "2026-11-30"),
     ("week", "2027-01-01T10:00:00", "2026-12-28", "2027-01-04"), ("month", "2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
     ("month", "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"), ("month", "2026-10-31T00:00:00", "2026-10-01", "2026-11-01"),
     ("quarter", "2026-12-31T12:00:00", "2026-10-01", "2027-01-01"), ("quarter", "2026-05-31T12:00:00", "2026-04-01", "2026-07-01")],
)  # fmt: skip
def test_periods_of_the_calendar(period: str, now: str, start: str, end: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = window(slo(0.9, period), moment)

    assert (found.start, found.end) == tuple(datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end))
    assert elapsed(slo(0.9, period), moment) == Span(start=found.start, end=moment)


def test_periods_are_those_of_utc() -> None:
    in_auckland = datetime.fromisoformat("2026-12-01T05:00:00+13:00")

    assert window(NOVEMBER, in_auckland).start == datetime(2026, 11, 1, tzinfo=UTC)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["week", "month", "quarter"]))  # noqa: DTZ001
def test_every_moment_lies_in_its_period_and_the_next_begins_at_its_end(moment: datetime, period: str) -> None:
    now = moment.replace(tzinfo=UTC)
    found = window(slo(0.9, period), now)

    assert found.start <= now < found.end
    assert window(slo(0.9, period), found.end).start == found.end
    assert window(slo(0.9, period), found.start) == found


def test_a_rolling_window_ends_now() -> None:
    assert window(MONTHLY, NOW) == Span(start=NOW - timedelta(days=30), end=NOW)
    assert window(slo(0.9, 1e300), NOW).start == datetime.min.replace(tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone; expected a time in UTC"):
        window(MONTHLY, NOW.replace(tzinfo=None))
