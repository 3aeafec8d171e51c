"""What opens, changes and is over: the classical policies, the charts, silence, maintenance, clocks, changed policies."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_synthetic.analysis.alerting import State, checksum, decide
from pytest_synthetic.model import wire
from pytest_synthetic.model.alerting import Action, Kind, Policy, Rule, Seen, Severity, What
from pytest_synthetic.model.verdict import Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
REGIONS = ("ap", "eu", "us")
LETTERS = {"p": "passed", "d": "degraded", "f": "failed", "b": "broken", "m": "missed", "x": "blocked", "s": "skipped"}
DEFAULT = Policy()


def rule(policy: Policy = DEFAULT, regions: tuple[str, ...] = REGIONS, p0: float = 0.0064) -> Rule:
    return Rule(policy=policy, journey="checkout", regions=regions, runs_per_day=288.0 * len(regions), p0=p0)


def seen(number: float, region: str, letter: str, *, held: bool = False, variant: str = "") -> Seen:
    at = NOON + number * FIVE
    return Seen(
        f"{number}{region}{variant}",
        region,
        at,
        Verdict(LETTERS[letter.lower()]),
        variant=variant,
        step=f"step {number}",
        next_by=at + 2 * FIVE,
        held=held or letter.isupper(),
    )


class Story:
    """Rounds of runs told as a letter each, an upper one in maintenance, and what became of them by round."""

    def __init__(self, policy: Policy = DEFAULT, regions: tuple[str, ...] = REGIONS) -> None:
        self.rule, self.round, self.state = rule(policy, regions), 0, State(checksum=checksum(policy))
        self.told: list[tuple[int, Action]] = []

    def tell(self, held: tuple[str, ...] = (), /, **letters: str) -> list[str]:
        before = len(self.told)
        for row in zip_longest(*letters.values(), fillvalue=" "):
            runs = [
                seen(self.round, place, letter) for place, letter in zip(letters, row, strict=True) if letter != " "
            ]
            self.state, actions = decide(self.rule, self.state, runs, NOON + self.round * FIVE, held=held)
            self.told += [(self.round, action) for action in actions]
            self.round += 1
        return [f"{number} {act.what} {act.problem.kind}" for number, act in self.told[before:]]

    @property
    def last(self) -> Action:
        return self.told[-1][1]


def all_regions(letters: str) -> dict[str, str]:
    return dict.fromkeys(REGIONS, letters)


# -- classical ---------------------------------------------------------------------------------------------------------


def test_so_many_of_so_many() -> None:
    story = Story(Policy(failures=2, of=3))

    assert story.tell(eu="pfpfppp", us="ppppppp") == ["3 opened outage", "5 resolved outage"]
    opened, resolved = (action for _, action in story.told)
    assert opened.why == "eu: 2 of 3 runs failed"
    problem = opened.problem
    assert (problem.severity, problem.regions, problem.well) == (Severity.PAGE, ("eu",), ("us",))
    assert (problem.opened, problem.first_bad, problem.last_good) == (NOON + 3 * FIVE, NOON + FIVE, NOON)
    assert (problem.run_id, problem.step, problem.failed, problem.said) == ("3eu", "step 3", 2, 3)
    assert resolved.why == "the last 2 runs were good"


def test_a_good_run_between_is_enough_not_to_be_in_a_row() -> None:
    assert Story(Policy(failures=3)).tell(eu="ffpffpffp") == []


def test_regions_at_once() -> None:
    story = Story(Policy(regions=2))

    assert story.tell(eu="pfpf", us="pppf", ap="pppp") == ["3 opened outage"]
    assert story.tell(eu="ff", us="ff", ap="ff") == ["4 changed outage"]
    assert story.last.problem.regions == REGIONS
    assert story.last.why == "ap is bad as well"
    assert story.tell(eu="pp", us="pp", ap="fp") == ["7 changed outage"]
    assert list(story.last.problem.regions) == ["ap"]
    assert list(story.last.problem.well) == ["eu", "us"]
    assert story.tell(ap="p") == ["8 resolved outage"]


def test_lasting_is_decided_by_time_alone() -> None:
    policy = Policy(lasts=600.0)
    state, actions = decide(rule(policy), None, [seen(0, "eu", "f")], NOON)
    assert not actions
    state, actions = decide(rule(policy), state, [], NOON + 1.9 * FIVE)
    assert not actions
    state, actions = decide(rule(policy), state, [], NOON + 2 * FIVE)
    assert [action.problem.kind for action in actions] == [Kind.OUTAGE]
    assert decide(rule(policy), state, [], NOON + 2 * FIVE) == (state, ())


def test_a_failure_that_was_over_long_ago_does_not_last() -> None:
    runs = [seen(0, "eu", "f"), seen(1, "eu", "p")]
    policy = Policy(lasts=600.0, on=(Verdict.FAILED,))
    assert decide(rule(policy), None, runs, NOON + timedelta(hours=3)).actions == ()


@pytest.mark.parametrize("letter", "dbm")
def test_other_verdicts_are_tickets(letter: str) -> None:
    story = Story(Policy(failures=2, severity=Severity.PAGE))

    kind = LETTERS[letter]
    assert story.tell(eu=f"p{letter}{letter}pp") == [f"2 opened {kind}", f"4 resolved {kind}"]
    assert story.last.problem.severity is Severity.TICKET


def test_verdicts_that_do_not_count() -> None:
    assert Story(Policy(failures=1, on=(Verdict.BROKEN,))).tell(eu="fdmfdm") == []


def test_blocked_and_skipped_runs_say_nothing() -> None:
    assert Story(Policy(failures=2)).tell(eu="fxsf") == ["3 opened outage"]


def test_a_variant_is_a_row_of_its_own() -> None:
    policy, state = Policy(failures=2, successes=1), None
    for number, (phone, desk) in enumerate([("f", "p"), ("f", "p"), ("p", "p")]):
        runs = [seen(number, "eu", phone, variant="phone"), seen(number, "eu", desk, variant="desk")]
        state, actions = decide(rule(policy), state, runs, NOON + number * FIVE)
        assert [action.what for action in actions] == [[], [What.OPENED], [What.RESOLVED]][number]


# -- statistics --------------------------------------------------------------------------------------------------------


def test_a_full_outage_pages_within_five_minutes() -> None:
    story = Story()

    told = story.tell(**all_regions("ppff"))
    assert told in (["2 opened outage"], ["3 opened outage"])
    assert story.last.problem.severity is Severity.PAGE
    assert story.last.problem.regions == REGIONS
    assert story.tell(**all_regions("f" * 20 + "ppp")) == ["25 resolved outage"]
    assert not story.state.charts
    assert all(not place.rows for place in story.state.places)


def test_one_region_is_a_ticket_and_never_a_page() -> None:
    story = Story()

    assert story.tell(eu="pp" + "f" * 300, us="p" * 302, ap="p" * 302) == ["7 opened region"]
    assert (story.last.problem.severity, story.last.problem.regions) == (Severity.TICKET, ("eu",))
    assert story.tell(eu="ppppp", us="ppppp", ap="ppppp") == ["303 resolved region"]


def test_the_only_region_pages() -> None:
    assert Story(regions=("eu",)).tell(eu="ppfff") == ["4 opened outage"]


def test_a_region_that_never_said_anything_does_not_hide_an_outage() -> None:
    assert "5 opened outage" in Story().tell(eu="ppffff", us="mbmbmb")


def test_an_outage_that_one_region_keeps() -> None:
    story = Story()
    story.tell(eu="p" + "f" * 12, us="p" + "f" * 12, ap="p" + "f" * 12)

    told = story.tell(eu="ffffff", us="pppppp", ap="pppppp")
    assert [what.split(maxsplit=1)[1] for what in told] == ["changed outage", "opened region", "resolved outage"]
    assert story.last.why == "it fails from eu alone now"


def test_a_leak_is_a_ticket() -> None:
    story = Story()
    told = story.tell(ap="pppppppppfpppppppppppp" * 40, eu="p" * 880, us="ppppfppppppppppppppppp" * 40)
    assert told[0].endswith("opened leak")
    assert story.told[0][1].problem.severity is Severity.TICKET


def test_an_outage_takes_over_from_a_region() -> None:
    story = Story()
    story.tell(eu="p" + "f" * 10, us="p" * 11, ap="p" * 11)

    told = story.tell(**all_regions("fff"))
    assert [what.split(maxsplit=1)[1] for what in told] == ["opened outage", "resolved region"]


def test_severity_of_the_policy() -> None:
    story = Story(Policy(severity=Severity.TICKET))
    story.tell(**all_regions("pff"))
    assert story.last.problem.severity is Severity.TICKET


def test_a_second_problem_after_the_first_begins_anew() -> None:
    story = Story()
    story.tell(**all_regions("pffpppppp"))
    assert story.tell(**all_regions("f")) == ["9 opened outage"]
    assert story.last.problem.first_bad == NOON + 9 * FIVE


# -- silence, maintenance, clocks --------------------------------------------------------------------------------------


def test_silence_is_a_missed_run() -> None:
    story = Story()

    assert story.tell(eu="pp    pp", us="pppppppp") == ["4 opened missed", "7 resolved missed"]
    opened = story.told[0][1]
    assert opened.why == "eu: nothing has been heard since 2026-03-01 12:05 UTC"
    assert (opened.problem.run_id, opened.problem.regions) == ("1eu", ("eu",))


def test_a_region_in_maintenance_may_be_silent() -> None:
    story = Story()
    story.tell(eu="p", us="p")
    assert story.tell(("eu",), us="ppppp") == []
    assert story.tell(us="p") == ["6 opened missed"]


def test_a_device_that_is_run_no_more_is_forgotten() -> None:
    state, _ = decide(rule(), None, [seen(0, "eu", "f", variant="phone"), seen(0, "eu", "p")], NOON)
    for number in range(1, 5):
        state, actions = decide(rule(), state, [seen(number, "eu", "p")], NOON + number * FIVE)
        assert not actions
    assert [place.variant for place in state.places] == [""]


def test_a_failure_that_stands_when_maintenance_ends_is_told_then() -> None:
    story = Story()

    assert story.tell(REGIONS, **all_regions("FFFFFF")) == []
    assert story.tell(**all_regions("p")) == []
    story = Story()
    story.tell(REGIONS, **all_regions("FFFFFF"))
    assert story.tell(**all_regions("f")) == ["6 opened outage"]


def test_a_monitor_that_stops_in_maintenance_is_told_when_that_ends() -> None:
    story = Story()
    story.tell(eu="p", us="p")
    assert story.tell(("eu",), eu="M   ", us="pppp") == []
    assert story.tell(us="p") == ["5 opened missed"]


@pytest.mark.parametrize(("policy", "good"), [(DEFAULT, 10), (Policy(failures=2, of=5), 2)], ids=["charts", "rows"])
def test_what_failed_in_maintenance_and_is_good_again_does_not_count_with_what_comes(policy: Policy, good: int) -> None:
    story = Story(policy, regions=("eu",))
    assert story.tell(eu="pFFFFFF" + good * "p" + "f") == []
    assert story.tell(eu="ff") == [f"{8 + good + (policy is DEFAULT)} opened outage"]


def test_what_failed_in_maintenance_joins_nothing_by_time_alone() -> None:
    story = Story(Policy(failures=1, lasts=600.0))
    assert story.tell(eu="ffffffff", us="pppFFFFF") == ["2 opened outage"]


def test_one_region_outside_maintenance_is_no_outage() -> None:
    story = Story()
    story.tell(("eu", "us"), eu="FFF", us="FFF", ap="ppp")
    assert story.tell(("eu", "us"), eu="F", us="F", ap="f") == []


def test_late_runs_count_nothing() -> None:
    first, _ = decide(rule(Policy(failures=1)), None, [seen(9, "eu", "p")], NOON + 9 * FIVE)
    late = [seen(number, "eu", "f") for number in range(9)]
    assert decide(rule(Policy(failures=1)), first, late, NOON + 9 * FIVE) == (first, ())


def test_a_run_from_the_future_does_not_blind() -> None:
    policy = Policy(failures=1)
    state, actions = decide(rule(policy), None, [seen(600, "eu", "f")], NOON)
    assert actions[0].problem.first_bad == NOON
    again = decide(rule(policy), state, [seen(600, "eu", "f")], NOON)
    assert again == (state, ())
    state, actions = decide(rule(policy), state, [seen(1, "eu", "p"), seen(2, "eu", "p")], NOON + 2 * FIVE)
    assert [action.what for action in actions] == [What.RESOLVED]


def test_a_clock_that_jumps_back_is_no_silence() -> None:
    state, _ = decide(rule(), None, [seen(0, "eu", "p")], NOON)
    assert decide(rule(), state, [], NOON - timedelta(days=400)) == (state, ())


# -- another policy, other regions -------------------------------------------------------------------------------------


def test_a_problem_is_carried_into_another_policy() -> None:
    story = Story(Policy(failures=2))
    story.tell(**all_regions("ff"))
    new = rule(Policy(failures=5, severity=Severity.TICKET))

    carried, (action,) = decide(new, story.state, [], NOON + 2 * FIVE)
    assert (action.what, action.problem.severity) == (What.CHANGED, Severity.TICKET)
    assert action.why == "the policy was changed while this stood: it is carried on under the new one"
    good = [seen(number, region, "p") for number in (3, 4) for region in REGIONS]
    _, actions = decide(new, carried, good, NOON + 4 * FIVE)
    assert actions[-1].what is What.RESOLVED


def test_a_policy_that_does_not_tell_of_it_any_more() -> None:
    story = Story()
    story.tell(eu="bb")
    _, (action,) = decide(rule(Policy(on=(Verdict.FAILED,))), story.state, [], NOON + FIVE)
    assert (action.what, action.problem.kind) == (What.RESOLVED, Kind.BROKEN)
    assert action.why == "the policy was changed: broken runs do not count under the new one"


def test_regions_that_leave() -> None:
    story = Story()
    story.tell(**all_regions("ff"))
    state, (action,) = decide(rule(regions=("ap", "eu")), story.state, [], NOON + 2 * FIVE)
    assert (action.what, action.problem.regions) == (What.CHANGED, ("ap", "eu"))
    _, (action,) = decide(rule(regions=("mars",)), state, [], NOON + 2 * FIVE)
    assert (action.what, action.why) == (What.RESOLVED, "the journey does not run in ap and eu any more")


def test_what_a_policy_is_called_and_for_whom_changes_nothing() -> None:
    assert checksum(Policy(name="a", owners=("x",), remind=False)) == checksum(Policy())
    assert checksum(Policy(successes=3)) != checksum(Policy())


# -- of any runs -------------------------------------------------------------------------------------------------------

POLICIES = st.sampled_from(
    [
        DEFAULT,
        Policy(failures=2, of=3),
        Policy(regions=2, lasts=600.0),
        Policy(failures=1, successes=1, on=(Verdict.FAILED, Verdict.MISSED)),
    ]
)
RUNS = st.lists(
    st.builds(
        seen,
        st.integers(-100, 400) | st.integers(0, 12),
        st.sampled_from([*REGIONS, "elsewhere"]),
        st.sampled_from("pdfbmxsF"),
        variant=st.sampled_from(["", "phone"]),
    ),
    max_size=30,
    unique_by=lambda run: (run.at, run.region, run.variant),
)
NOWS = st.integers(-300, 600).map(lambda number: NOON + number * FIVE)
HELD = st.sets(st.sampled_from(REGIONS))


@given(POLICIES, POLICIES, RUNS, RUNS, NOWS, NOWS, HELD)
@settings(deadline=None)
def test_any_runs(
    one: Policy, other: Policy, runs: list[Seen], more: list[Seen], now: datetime, then: datetime, held: set[str]
) -> None:
    state, _ = decide(rule(one), None, runs, now, held=held)
    state, _ = decide(rule(other, regions=("eu", "us")), state, more, then)

    told = json.loads(json.dumps(wire.plain(state)))
    assert wire.build(State, told, called="state") == state
    assert decide(rule(other, regions=("eu", "us")), state, [], then) == (state, ())


@given(POLICIES, RUNS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_within_a_call_does_not_matter_nor_does_a_second_time(
    policy: Policy, runs: list[Seen], random: Random
) -> None:
    now = NOON + 500 * FIVE
    shuffled = random.sample(runs, len(runs))
    by_time = decide(rule(policy), None, sorted(runs, key=lambda run: run.at), now)

    assert decide(rule(policy), by_time.state, shuffled, now) == (by_time.state, ())
    assert decide(rule(policy), None, shuffled, now) == by_time


@given(st.lists(st.sampled_from("pf"), max_size=60), st.sampled_from(REGIONS))
@settings(deadline=None, max_examples=40)
def test_a_single_bad_region_never_pages(letters: list[str], bad: str) -> None:
    story = Story()
    others = {region: "p" * len(letters) for region in REGIONS if region != bad}
    story.tell(**{bad: "".join(letters)}, **others)
    assert all(action.problem.severity is Severity.TICKET for _, action in story.told)
