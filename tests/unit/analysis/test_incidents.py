"""Problems that belong together become one incident, and people are told as much as they need."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_synthetic.analysis.incident_causes import seat_of
from pytest_synthetic.analysis.incident_draft import BETWEEN_UPDATES, LONGEST_TIME_LINE, incident_id
from pytest_synthetic.analysis.incidents import (
    Before,
    due,
    gather,
    hang,
    heard,
    settle,
    still_matters,
)
from pytest_synthetic.model.alerting import Incident, Kind, Notice, Severity, Turn, What
from tests.nights import Night, at, found, problem

FAR = 30
"""Minutes after which two problems are no longer one merely because of the time."""


# -- what belongs together ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "more", "together"),
    [
        ({}, {"journey": "sign-up", "minutes": 4.9}, {}, True),
        ({}, {"journey": "sign-up", "minutes": 5}, {}, False),
        ({"fingerprint": "aa"}, {"journey": "sign-up", "minutes": FAR, "fingerprint": "aa"}, {}, True),
        ({"fingerprint": "aa"}, {"journey": "sign-up", "minutes": 60, "fingerprint": "aa"}, {}, True),
        ({"fingerprint": "aa"}, {"journey": "sign-up", "minutes": 61, "fingerprint": "aa"}, {}, False),
        ({"fingerprint": "aa"}, {"journey": "sign-up", "minutes": FAR, "fingerprint": "bb"}, {}, False),
        ({"step": "pay"}, {"journey": "sign-up", "minutes": FAR, "step": "x"}, {"depends_on": ("psp",)}, True),
        ({}, {"journey": "sign-up", "minutes": FAR}, {"depends_on": ("psp",)}, False),
        ({"step": "pay"}, {"journey": "sign-up", "minutes": FAR, "step": "pay"}, {}, False),
        ({"step": "pay"}, {"minutes": 600, "step": "find", "regions": ("ap-south",)}, {}, True),
        ({"kind": Kind.REGION}, {"minutes": 600, "kind": Kind.OUTAGE}, {}, True),
        ({"kind": Kind.LEAK}, {"minutes": 600, "kind": Kind.OUTAGE}, {}, True),
        ({"kind": Kind.OUTAGE}, {"journey": "sign-up", "kind": Kind.DEGRADED}, {}, False),
        ({"kind": Kind.OUTAGE}, {"kind": Kind.BROKEN}, {}, False),
        ({"kind": Kind.DEGRADED}, {"kind": Kind.MISSED}, {}, False),
        ({"kind": Kind.BROKEN}, {"minutes": 600, "kind": Kind.MISSED}, {}, True),
    ],
)
def test_which_problems_belong_together(
    first: dict[str, Any], second: dict[str, Any], more: dict[str, Any], together: bool
) -> None:
    night = Night()
    night.opens(problem(**first), **more)
    night.opens(problem(**second), **more)

    assert len(night.known) == (1 if together else 2)


@pytest.mark.parametrize(
    ("kind", "claim", "other", "together"),
    [
        (Kind.MISSED, None, {"regions": ("eu-west",)}, True),
        (Kind.MISSED, None, {"regions": ("ap-south",)}, False),
        (Kind.BROKEN, "no agent", {"claim": "no agent", "regions": ("eu-west",)}, True),
        (Kind.BROKEN, "no agent", {"claim": "no browser", "regions": ("eu-west",)}, False),
        (Kind.BROKEN, None, {"regions": ("eu-west",)}, False),
        (Kind.OUTAGE, "no heading", {"claim": "no heading"}, False),
    ],
)
def test_monitors_of_a_region_with_the_same_reason_are_one_incident(
    kind: Kind, claim: str | None, other: dict[str, Any], together: bool
) -> None:
    night = Night()
    night.opens(problem("a", kind=kind, claim=claim))
    night.opens(problem("b", FAR, kind=kind, **{"claim": claim, **other}))

    assert len(night.known) == (1 if together else 2)


def test_a_region_without_an_agent_is_one_incident_whenever_its_journeys_were_due() -> None:
    night = Night()
    for number in range(8):
        night.opens(problem(f"journey {number}", 15 * number, kind=Kind.MISSED, regions=("eu-west",)))

    assert len(night.one.standing) == 8


def test_a_thousand_journeys_that_fail_at_once_are_one_incident_told_once() -> None:
    night = Night()
    told = night.takes(0, *[found(What.OPENED, problem(f"journey {number}"), 0) for number in range(1_000)])

    assert told == [Turn.OPENED]
    assert len(night.one.standing) == 1_000
    assert len(night.one.entries) == 1
    assert night.one.entries[0].why.endswith("and 997 more")


def test_of_two_that_fit_the_one_with_the_newest_problem_is_taken() -> None:
    night = Night()
    night.opens(problem("a", 0))
    night.opens(problem("b", 20))
    night.opens(problem("c", 24))

    assert sorted(len(incident.cases) for incident in night.incidents) == [1, 2]
    assert [told.problem.journey for told in night.incidents[1].cases] == ["b", "c"]


# -- a journey's problem through its incident --------------------------------------------------------------------------


@pytest.mark.parametrize("ended_first", [True, False])
def test_an_outage_takes_the_place_of_a_region(ended_first: bool) -> None:
    night = Night()
    alone = problem(kind=Kind.REGION, regions=("eu-west",))
    night.opens(alone)
    pair = [found(What.RESOLVED, alone, 1), found(What.OPENED, problem(minutes=1), 1)]

    told = night.takes(1, *(pair if ended_first else pair[::-1]))

    assert told == [Turn.UPDATED], "a ticket that becomes a page waits for nothing"
    assert [told.problem.kind for told in night.one.cases] == [Kind.OUTAGE]
    assert (night.one.severity, night.one.resolved, night.one.flips) == (Severity.PAGE, None, ())
    assert night.one.cases[0].ever == ("eu-west", "us-east")


def test_a_leak_stands_beside_an_outage_and_outlives_it() -> None:
    night = Night()
    leak = problem(kind=Kind.LEAK)
    night.opens(leak)
    night.opens(problem(minutes=10))

    assert night.ends(problem(minutes=10), 20) == []
    assert [told.problem.kind for told in night.one.standing] == [Kind.LEAK]
    assert night.ends(leak, 30) == [Turn.RESOLVED]


def test_the_end_of_a_problem_that_nobody_knows_changes_nothing() -> None:
    night = Night()

    assert night.ends(problem(), 3) == []
    assert night.incidents == []

    night.opens(problem())
    night.ends(problem(), 3)
    before = night.one

    assert night.ends(problem(), 4) == []
    assert night.one is before


def test_a_change_of_what_nobody_knows_opens_it() -> None:
    night = Night()

    assert night.changes(problem(), 3) == [Turn.OPENED]


def test_the_same_actions_again_change_and_tell_nothing() -> None:
    night = Night()
    pairs = [found(What.OPENED, problem(), 0), found(What.RESOLVED, problem(), 5)]
    night.takes(0, pairs[0])
    night.takes(5, pairs[1])
    before = night.one

    assert night.takes(6, *pairs) == []
    assert night.takes(6, pairs[0]) == []
    assert night.one is before


def test_a_repeat_after_a_crash_has_the_same_id() -> None:
    first = gather([], [found(What.OPENED, problem(), 0)], at(0)).incidents[0]
    again = gather([], [found(What.OPENED, problem(), 0)], at(1)).incidents[0]

    assert first.id == again.id == incident_id(at(0), "checkout", Kind.OUTAGE)
    assert len(first.id) == 8
    assert first.id not in {
        incident_id(at(0), "checkout", Kind.LEAK),
        incident_id(at(1), "checkout", Kind.OUTAGE),
        incident_id(at(0), "sign-up", Kind.OUTAGE),
    }


def test_what_opened_and_ended_unseen_is_told_all_the_same() -> None:
    night = Night()

    told = night.takes(5, found(What.OPENED, problem(), 0), found(What.RESOLVED, problem(), 5))

    assert told == [Turn.OPENED, Turn.RESOLVED]
    assert (night.one.resolved, night.one.revision) == (at(5), 2)


def test_a_case_keeps_what_the_next_one_cannot_know() -> None:
    night = Night()
    night.opens(problem(), carriers=("SFR",), evidence="a", blocked=("Refund",))
    night.ends(problem(regions=()), 5, carriers=("Orange",))

    kept = night.one.cases[0]
    assert kept.ever == ("eu-west", "us-east")
    assert (kept.carriers, kept.evidence, kept.blocked) == (("SFR", "Orange"), "a", ("Refund",))


# -- what people are told ----------------------------------------------------------------------------------------------


def test_updates_wait_for_each_other_and_none_is_lost() -> None:
    night = Night()
    night.opens(problem("a"))

    assert night.opens(problem("b", 1)) == []
    assert night.opens(problem("c", 2)) == []
    assert night.waits(4.9) == []
    assert night.waits(5) == [Turn.UPDATED]
    assert "B: " in night.one.entries[-1].why
    assert "C: " in night.one.entries[-1].why
    assert night.waits(10) == []
    assert night.changes(problem("a", regions=("eu-west", "ap-south")), 11) == [Turn.UPDATED]
    assert night.changes(problem("a", regions=("eu-west", "us-west")), 12) == []
    assert night.waits(16) == [Turn.UPDATED]


def test_only_what_grows_is_an_update() -> None:
    night = Night()
    night.opens(problem())

    assert night.changes(problem(regions=("eu-west",)), 10) == []
    assert night.changes(problem(regions=("eu-west", "us-east")), 20) == [], "it was bad there before"
    assert night.changes(problem(severity=Severity.TICKET), 30) == []
    assert night.waits(50) == []
    assert night.one.severity is Severity.PAGE, "the gravest it was"
    assert [entry.what for entry in night.one.entries] == ["opened", "changed", "changed", "changed"]


def test_a_journey_that_comes_back_while_others_stand_is_no_news() -> None:
    night = Night()
    night.opens(problem("a"))
    night.opens(problem("b", 1))
    night.waits(6)
    night.ends(problem("b", 1), 10)

    assert night.opens(problem("b", 20)) == []
    assert night.one.entries[-1].what == "back"
    assert night.waits(40) == []


def test_it_is_over_when_no_case_stands() -> None:
    night = Night()
    night.opens(problem("a"))
    night.opens(problem("b", 1))

    assert night.ends(problem("a"), 10) == []
    assert night.ends(problem("b", 1), 12) == [Turn.RESOLVED]
    assert night.one.resolved == at(12)


@pytest.mark.parametrize(
    ("minutes", "back", "told"),
    [
        (39, {}, Turn.REOPENED),
        (40, {}, Turn.REOPENED),
        (41, {}, Turn.OPENED),
        (39, {"kind": Kind.LEAK}, Turn.REOPENED),
        (39, {"kind": Kind.DEGRADED}, Turn.OPENED),
        (39, {"journey": "sign-up"}, Turn.OPENED),
        (39, {"journey": "sign-up", "fingerprint": "aa"}, Turn.REOPENED),
    ],
)
def test_what_comes_back_soon_is_the_same_incident(minutes: float, back: dict[str, Any], told: Turn) -> None:
    night = Night()
    night.opens(problem(fingerprint="aa"))
    night.ends(problem(fingerprint="aa"), 10)

    assert night.opens(problem(minutes=minutes, **back)) == [told]
    assert len(night.known) == (1 if told is Turn.REOPENED else 2)


def test_one_that_is_opened_again_is_as_grave_as_what_stands() -> None:
    night = Night()
    night.opens(problem())
    night.ends(problem(), 10)
    night.opens(problem(minutes=20, kind=Kind.REGION, regions=("eu-west",)))
    (again,) = night.notices

    assert night.opens(problem(minutes=21)) == [Turn.UPDATED]
    assert (again.incident.severity, night.one.severity) == (Severity.TICKET, Severity.PAGE)
    assert night.one.flips == (at(10), at(20))


def test_the_same_fingerprint_in_another_incident_is_remembered() -> None:
    before = {"aa": Before(at(-5_000), "k3x9q2aa")}
    told = gather([], [found(What.OPENED, problem(fingerprint="aa"), 0)], at(0), before=before)

    assert (told.incidents[0].before, told.incidents[0].before_id) == (at(-5_000), "k3x9q2aa")


# -- flapping ----------------------------------------------------------------------------------------------------------


def comes_and_goes(night: Night, times: int, **more: Any) -> list[Turn]:
    told = night.opens(problem(), **more)
    for number in range(1, times + 1):
        if number % 2:
            told += night.ends(problem(minutes=10 * (number - 1)), 10 * number, **more)
        else:
            told += night.opens(problem(minutes=10 * number), **more)
    return told


def test_what_comes_and_goes_is_said_once_until_it_is_still() -> None:
    night = Night()

    assert comes_and_goes(night, 5)[-2:] == [Turn.REOPENED, Turn.RESOLVED]
    assert night.opens(problem(minutes=60)) == [Turn.FLAPPING]
    assert night.one.flapping
    assert night.ends(problem(minutes=60), 70) == []
    assert night.opens(problem(minutes=80)) == []
    assert night.ends(problem(minutes=80), 90) == []
    assert still_matters(night.one, at(150))
    assert night.waits(120) == []
    assert night.waits(150) == [Turn.RESOLVED]
    assert night.waits(151) == []
    assert not night.one.flapping
    assert not still_matters(night.one, at(152))


def test_when_it_is_still_and_stands_people_are_told_that() -> None:
    night = Night()
    comes_and_goes(night, 6)

    assert night.waits(70) == []
    assert night.waits(130) == [Turn.UPDATED]
    assert night.waits(131) == []
    assert night.ends(problem(minutes=60), 200) == [Turn.RESOLVED]


def test_flapping_hides_no_journey_and_no_page() -> None:
    night = Night()
    alone: dict[str, Any] = {"kind": Kind.REGION, "regions": ("eu-west",)}
    night.opens(problem(**alone))
    for number in range(1, 7):
        if number % 2:
            night.ends(problem(minutes=10 * (number - 1), **alone), 10 * number)
        else:
            night.opens(problem(minutes=10 * number, **alone))
    assert night.one.flapping

    assert night.opens(problem(minutes=61, kind=Kind.OUTAGE)) == [Turn.UPDATED]
    assert night.opens(problem("sign-up", minutes=65.5)) == []
    assert night.opens(problem("sign-in", minutes=66.5)) == [Turn.UPDATED]


# -- what time brings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reminds", "minutes"), [((3600.0,), 60), ((3600.0, 600.0), 10), ((None, 1800.0), 30)])
def test_the_shortest_reminder_of_what_stands_counts(reminds: tuple[float | None, ...], minutes: float) -> None:
    night = Night()
    night.takes(0, *[found(What.OPENED, problem(f"j{n}"), 0, remind=remind) for n, remind in enumerate(reminds)])

    assert night.waits(minutes - 0.1) == []
    assert night.waits(minutes) == [Turn.REMINDED]
    assert night.waits(minutes * 2 - 0.1) == []
    assert night.waits(minutes * 2) == [Turn.REMINDED]


def test_nobody_is_reminded_of_what_is_over_flaps_or_wants_none() -> None:
    over, flapping, silent = Night(), Night(), Night()
    over.opens(problem())
    over.ends(problem(), 5)
    comes_and_goes(flapping, 6, remind=600.0)
    silent.opens(problem(), remind=None)

    assert over.waits(3_000) == []
    assert silent.waits(3_000) == []
    assert flapping.one.standing
    assert flapping.waits(75) == []


def test_whoever_was_just_told_is_not_reminded() -> None:
    night = Night()
    night.opens(problem(), remind=600.0)
    night.opens(problem("sign-up", 4), remind=600.0)
    assert night.waits(9) == [Turn.UPDATED]

    assert night.waits(18.9) == []
    assert night.waits(19) == [Turn.REMINDED]


def test_an_update_waits_no_longer_than_a_reminder() -> None:
    night = Night()
    night.opens(problem(), remind=60.0)
    night.opens(problem("sign-up", 0.5), remind=60.0)

    assert night.waits(0.9) == []
    assert night.waits(1) == [Turn.UPDATED]
    assert night.waits(2) == [Turn.REMINDED]


# -- who was told ------------------------------------------------------------------------------------------------------


def test_a_route_knows_only_after_a_message_went_out() -> None:
    night = Night()
    night.opens(problem())
    opened = night.notices[0]

    failed = settle(night.one, opened, "oncall", sent=False, now=at(1))
    sent = settle(failed, opened, "oncall", sent=True, now=at(2))
    stored = opened._replace(at=opened.at + timedelta(microseconds=999))
    twice = settle(sent, stored, "oncall", sent=True, now=at(3))

    assert failed.told == {}
    assert failed.entries[0].told == ()
    assert sent.told == {"oncall": at(2)}
    assert twice.entries[0].told == ("oncall",)


def test_who_is_told_of_a_reminder_as_an_opening_is_noted_and_not_forgotten_when_it_is_over() -> None:
    night = Night()
    night.opens(problem())
    night.waits(65)
    first = night.notices[0]._replace(turn=Turn.OPENED)

    known = settle(night.one, first, "new", sent=True, now=at(66))
    (over,) = gather([known], [found(What.RESOLVED, problem(), 70)], at(70)).notices

    assert known.entries[-1].told == ("new",)
    assert heard(settle(over.incident, over, "new", sent=True, now=at(71))) == {"new"}


def test_an_incident_of_an_earlier_version_can_be_read_and_goes_on() -> None:
    night = Night()
    night.opens(problem())
    old = night.one.to_json()
    for entry in old["entries"]:
        del entry["reasons"], entry["others"]
    for case in old["cases"]:
        del case["ending"]
    read = Incident.from_json(old)

    (over,) = gather([read], [found(What.RESOLVED, problem(), 5)], at(5)).notices

    assert Incident.from_json(over.incident.to_json()) == over.incident
    assert [len(entry.reasons) for entry in over.incident.entries] == [0, 1]


def test_no_route_knows_of_it_once_it_is_over_though_the_end_was_not_sent() -> None:
    night = Night()
    night.opens(problem())
    incident = settle(night.one, night.notices[0], "oncall", sent=True, now=at(1))
    (over,) = gather([incident], [found(What.RESOLVED, problem(), 5)], at(5)).notices

    assert settle(over.incident, over, "oncall", sent=False, now=at(6)).told == {}


def test_an_end_that_is_sent_late_does_not_hide_that_it_is_back() -> None:
    night = Night()
    night.opens(problem())
    opened = settle(night.one, night.notices[0], "oncall", sent=True, now=at(1))
    (over,) = gather([opened], [found(What.RESOLVED, problem(), 5)], at(5)).notices
    (back,) = gather([over.incident], [found(What.OPENED, problem(minutes=10), 10)], at(10)).notices
    told = settle(back.incident, back, "oncall", sent=True, now=at(11))

    assert settle(told, over, "oncall", sent=True, now=at(12)).told == {"oncall": at(11)}
    assert settle(back.incident, over, "oncall", sent=True, now=at(12)).told == {}
    late = settle(over.incident, night.notices[0], "oncall", sent=True, now=at(6))
    assert settle(late, over, "oncall", sent=True, now=at(7)).told == {}


def test_of_two_that_were_over_lately_the_newer_one_is_reopened() -> None:
    night = Night()
    for minutes in (0, 32):
        night.opens(problem(minutes=minutes))
        night.ends(problem(minutes=minutes), minutes + 1)
    older, newer = sorted(night.incidents, key=lambda incident: incident.opened)

    for known in ([older, newer], [newer, older]):
        (back,) = gather(known, [found(What.OPENED, problem(minutes=31.5), 31.5)], at(31)).incidents
        assert back.id == newer.id


# -- the time line, and what hangs on it -------------------------------------------------------------------------------


def test_the_time_line_keeps_its_first_line_and_the_newest() -> None:
    night = Night()
    night.opens(problem(), why="the first")
    for minute in range(1, 300):
        night.changes(problem(failed=minute, said=minute), minute, why=f"minute {minute}", remind=None)

    entries = night.one.entries
    assert len(entries) == LONGEST_TIME_LINE
    assert entries[0].why == "Checkout: the first"
    assert entries[-1].why == "Checkout: minute 299"


def test_blocked_journeys_hang_under_the_one_that_blocks_them() -> None:
    night = Night()
    night.opens(problem("sign-up"))
    night.opens(problem("checkout", 1))
    hung = hang(night.one, {"sign-up": ["Refund", "Invoice"], "other": ["Nothing"]})
    again = hang(hung, {"sign-up": ["Invoice", "Basket"]})

    assert [told.blocked for told in hung.cases] == [("Refund", "Invoice"), ()]
    assert again.cases[0].blocked == ("Refund", "Invoice", "Basket")
    assert hang(again, {"sign-up": ["Refund"]}) is again


# -- whatever happens --------------------------------------------------------------------------------------------------

JOURNEYS = ("a", "b", "c", "d")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "end", "wait"]),
        st.sampled_from(JOURNEYS),
        st.sampled_from(list(Kind)),
        st.sampled_from([("eu",), ("us",), ("eu", "us")]),
        st.sampled_from([None, "aa", "bb"]),
        st.sampled_from([0.2, 1, 3, 7, 20, 45]),
    ),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_it_adds_up(steps: list[tuple[str, str, Kind, tuple[str, ...], str | None, float]]) -> None:
    night, minute = Night(), 0.0
    told: dict[str, list[Notice]] = {}
    standing: dict[tuple[str, Kind], Any] = {}
    for verb, journey, kind, regions, fingerprint, later in steps:
        minute += later
        if verb == "wait":
            night.waits(minute)
        else:
            known = standing.get((journey, kind))
            if verb == "end" and known is None:
                continue
            that = known or problem(journey, minute, kind, regions=regions, fingerprint=fingerprint)
            what = What.RESOLVED if verb == "end" else What.CHANGED if known else What.OPENED
            standing[journey, kind] = None if verb == "end" else replace(that, regions=regions)
            night.takes(minute, found(what, replace(that, regions=regions), minute))
        for notice in night.notices:
            told.setdefault(notice.incident.id, []).append(notice)
    for minutes in range(1, 60):
        night.waits(minute + 5 * minutes)
        for notice in night.notices:
            told.setdefault(notice.incident.id, []).append(notice)
    for incident in night.incidents:
        check(incident, told[incident.id])
    places = Counter(seat_of(part.problem) for incident in night.incidents for part in incident.standing)
    assert set(places.values()) <= {1}, "no problem stands twice"


def check(incident: Incident, told: list[Notice]) -> None:
    assert (incident.resolved is None) == bool(incident.standing)
    assert Incident.from_json(incident.to_json()) == incident
    assert incident.revision == len(told)
    assert not incident.flapping, "all is still in the end"
    turns = [notice.turn for notice in told]
    assert turns[0] is Turn.OPENED
    assert turns.count(Turn.OPENED) == 1
    last = next(turn for turn in reversed(turns) if turn is not Turn.REMINDED)
    assert (last is Turn.RESOLVED) == (incident.resolved is not None), "the last word is true"
    assert {part.problem.journey for part in told[-1].incident.cases} == {
        part.problem.journey for part in incident.cases
    }, "people were told of every journey"
    for before, after in pairwise(told):
        if after.turn is Turn.UPDATED and before.turn is not Turn.FLAPPING:
            rose = before.incident.severity is Severity.TICKET and after.incident.severity is Severity.PAGE
            assert rose or after.at - before.at >= BETWEEN_UPDATES


def test_nothing_given_is_nothing_told() -> None:
    assert gather([], [], at(0)) == due([], at(0)) == ((), ())
