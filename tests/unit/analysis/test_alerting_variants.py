"""Devices and parameters of one journey are told apart: each is bad, and well again, by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_synthetic.analysis.alerting import State, decide
from pytest_synthetic.analysis.alerting.seating import MOST_VARIANTS
from pytest_synthetic.model import wire
from pytest_synthetic.model.alerting import Action, Kind, Policy, Rule, Seen, What
from pytest_synthetic.model.verdict import Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
LETTERS = {"p": "passed", "d": "degraded", "f": "failed", "b": "broken", "m": "missed"}
TWICE = Policy(failures=2)


class Shop:
    """Rounds of a journey's variants, one after the other; a round without letters passes in silence."""

    def __init__(self, policy: Policy = TWICE, *, planned: bool = True) -> None:
        self.policy, self.planned, self.round = policy, planned, 0
        self.state: State | None = None
        self.actions: list[Action] = []

    def round_of(self, **letters: str) -> list[str]:
        """One run of each: decided as it comes. `bare` is a record that knows no variant."""
        before = len(self.actions)
        for number, (variant, letter) in enumerate(letters.items()):
            began = NOON + self.round * FIVE + number * SECOND
            run = Seen(
                f"{self.round}{variant}",
                "eu",
                began,
                Verdict(LETTERS[letter]),
                variant="" if variant == "bare" else variant,
                next_by=began + 2 * FIVE + timedelta(minutes=1) if self.planned else None,
            )
            self._decide([run], began)
        self.round += 1
        return self._said(before)

    def rounds(self, **letters: str) -> list[str]:
        """A letter a round."""
        told = []
        for row in zip(*letters.values(), strict=True):
            told += self.round_of(**{name: one for name, one in zip(letters, row, strict=True) if one != " "})
        return told

    def waits(self, rounds: int) -> list[str]:
        before = len(self.actions)
        for _ in range(rounds):
            self._decide([], NOON + self.round * FIVE)
            self.round += 1
        return self._said(before)

    def _decide(self, runs: list[Seen], now: datetime) -> None:
        rule = Rule(policy=self.policy, journey="checkout", regions=("eu", "us"), runs_per_day=576, p0=0.005)
        self.state, actions = decide(rule, self.state, runs, now)
        self.actions += actions

    def _said(self, before: int) -> list[str]:
        return [f"{action.what} {action.problem.kind}: {action.why}" for action in self.actions[before:]]

    @property
    def last(self) -> Action:
        return self.actions[-1]


def test_one_card_that_always_fails_between_cards_that_pass() -> None:
    shop = Shop()

    told = shop.rounds(visa="pp", amex="ff", mastercard="pp", paypal="pp")
    assert told == []  # amex was new at first: its first run was counted with those of the others
    (opened,) = shop.rounds(visa="p", amex="f", mastercard="p", paypal="p")
    assert opened == "opened outage: eu [amex]: 2 runs in a row failed"
    assert shop.last.problem.variants == ("amex",)


def test_it_is_not_over_by_two_runs_of_another_card() -> None:
    shop = Shop()
    shop.rounds(visa="pppp", amex="pfff")

    assert shop.rounds(visa="pppppp", amex="ffffff") == []
    assert shop.rounds(visa="pp", amex="pp") == ["resolved outage: the last 4 runs were good"]


def test_what_failed_is_a_share_of_all_runs_of_the_region() -> None:
    shop = Shop()
    shop.rounds(visa="ppppppp", amex="ppffffp", paypal="ppppppp")

    assert shop.state
    problem = shop.state.standing[0].problem
    assert (problem.failed, problem.said) == (4, 14)  # from amex's first bad run on


def test_all_of_them_is_nothing_to_name() -> None:
    shop = Shop()

    (opened,) = shop.rounds(visa="ppff", amex="ppff")[:1]
    assert opened == "opened outage: eu [visa]: 2 runs in a row failed"
    assert shop.last.what is What.CHANGED
    assert shop.last.why == "not [visa] alone any more"
    assert shop.last.problem.variants == ()


def test_what_is_all_that_there_is_is_not_named_when_one_region_is_well_again() -> None:
    rule = Rule(policy=TWICE, journey="checkout", regions=("eu", "us"), runs_per_day=576, p0=0.005)
    state: State | None = None
    actions: list[Action] = []
    for number, (eu, us) in enumerate(zip("ppffp", "ppfff", strict=True)):
        at = NOON + number * FIVE
        runs = [
            Seen(f"{number}{region}", region, at, Verdict(LETTERS[letter]), variant="desktop")
            for region, letter in (("eu", eu), ("us", us))
        ]
        state, came = decide(rule, state, runs, at)
        actions += came

    assert [action.why for action in actions] == ["eu: 2 runs in a row failed; us is bad as well"]
    assert state
    assert state.standing[0].problem.variants == ()


def test_another_card_that_becomes_bad_is_in_the_time_line() -> None:
    shop = Shop()
    shop.rounds(visa="ppppp", amex="ppfff", paypal="ppppp")

    told = shop.rounds(visa="pp", amex="ff", paypal="ff")
    assert told == ["changed outage: [paypal] is bad as well"]
    assert shop.last.problem.variants == ("amex", "paypal")


@pytest.mark.parametrize("letter", "db")
def test_other_verdicts_likewise(letter: str) -> None:
    shop = Shop()

    (told,) = shop.rounds(visa="pppp", amex=f"pp{letter}{letter}")
    assert told == f"opened {LETTERS[letter]}: eu [amex]: 2 runs in a row were {LETTERS[letter]}"


# -- those that come and go --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planned", [True, False])
def test_parameters_that_are_never_the_same_twice_are_counted_together(planned: bool) -> None:
    shop = Shop(planned=planned)
    for number in range(300):
        assert shop.round_of(**{f"user-{number}": "p"}) == []
    assert shop.state
    assert len(shop.state.places) <= MOST_VARIANTS + 1

    assert shop.round_of(**{"user-x": "f"}) == []
    assert shop.round_of(**{"user-y": "f"}) == ["opened outage: eu: 2 runs in a row failed"]
    assert shop.last.problem.variants == ()
    assert shop.round_of(**{"user-z": "p"}) == []
    assert shop.round_of(**{"user-a": "p"}) == ["resolved outage: the last 2 runs were good"]


def test_more_cards_than_are_told_apart_are_counted_together() -> None:
    shop = Shop(planned=False)
    many: dict[str, Any] = {f"card-{number}": "p" for number in range(MOST_VARIANTS)}
    shop.round_of(**many)
    shop.round_of(**many)

    shop.round_of(**many, one="f", other="f")
    assert shop.last.why == "eu: 2 runs in a row failed"
    assert shop.state
    assert len(shop.state.places) == MOST_VARIANTS + 1


def test_a_card_that_is_taken_out_is_not_missed_and_keeps_nothing_standing() -> None:
    shop = Shop()
    shop.rounds(visa="pppp", amex="pfff")

    told = shop.rounds(visa="pppppp")
    assert told == ["resolved outage: [amex] is run no more in eu"]
    assert shop.state
    assert [place.variant for place in shop.state.places] == ["visa"]


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param({"amex": "ffff", "visa": "pppp"}, id="the first runs are counted together"),
        pytest.param({"amex": "pfff", "visa": "pfpp"}, id="another card failed once"),
        pytest.param({"amex": "pfffff", "visa": "pffppp"}, id="another card is well again"),
    ],
)
def test_a_card_that_is_taken_out_is_not_well_because_another_one_is(rounds: dict[str, str]) -> None:
    shop = Shop()
    shop.rounds(**rounds)

    assert shop.rounds(visa="pppppp") == ["resolved outage: [amex] is run no more in eu"]


def test_a_card_that_is_taken_out_while_another_one_fails_leaves_that_one() -> None:
    shop = Shop()
    shop.rounds(visa="pffff", amex="pffff")

    assert shop.rounds(visa="ffffff") == []
    assert shop.rounds(visa="pp") == ["resolved outage: the last 2 runs were good"]


def test_a_card_that_is_taken_out_where_nobody_promised_its_runs() -> None:
    shop = Shop(planned=False)
    shop.rounds(visa="pppp", amex="pfff")

    assert shop.rounds(visa="p" * 280) == []
    assert shop.rounds(visa="p" * 20) == ["resolved outage: [amex] is run no more in eu"]


def test_after_a_pause_the_first_card_does_not_say_that_another_one_is_gone() -> None:
    shop = Shop(Policy(failures=2, on=(Verdict.FAILED,)))
    shop.rounds(visa="pppp", amex="pfff")

    assert shop.waits(30) == []
    assert shop.rounds(visa="pp", amex="ff") == []
    assert shop.rounds(visa="pp", amex="pp") == ["resolved outage: the last 4 runs were good"]


@pytest.mark.parametrize("letter", "mb")
def test_the_last_good_run_before_one_that_is_of_no_variant_is_that_of_any(letter: str) -> None:
    shop = Shop()
    shop.rounds(visa="pp", amex="pp")
    shop.rounds(bare=2 * letter)

    assert shop.last.problem.last_good == NOON + FIVE + SECOND


def test_silence_is_that_of_a_region() -> None:
    shop = Shop(Policy(failures=1))
    shop.rounds(visa="ppp", amex="ppp")

    (told,) = shop.waits(4)
    assert told == "opened missed: eu: nothing has been heard since 2026-03-01 12:10 UTC"
    assert shop.last.problem.variants == ()
    assert shop.rounds(visa="p", amex="p") == ["resolved missed: the last 2 runs were good"]


def test_a_tick_that_was_missed_is_over_when_any_variant_runs() -> None:
    shop = Shop()
    for _ in range(5):
        assert shop.rounds(visa="pp", amex="pp") == []
        assert shop.round_of(bare="m") == []

    assert shop.round_of(bare="m") == ["opened missed: eu: 2 runs in a row were missed"]
    assert shop.rounds(visa="p", amex="p") == ["resolved missed: the last 2 runs were good"]


def test_a_test_that_could_not_be_collected_works_again() -> None:
    shop = Shop()
    shop.rounds(visa="pp", amex="pp")
    assert shop.rounds(bare="bb") == ["opened broken: eu: 2 runs in a row were broken"]
    assert shop.rounds(visa="pp", amex="pp") == ["resolved broken: the last 4 runs were good"]


def test_variants_that_are_never_reached_stay_broken() -> None:
    """Each time the process dies after the first one: a record without a variant stands for the rest."""
    shop = Shop()
    shop.rounds(visa="pp", amex="pp")
    told = shop.rounds(bare="bbbbbbbb", visa="pppppppp")
    assert told == ["opened broken: eu: 2 runs in a row were broken"]


# -- statistics --------------------------------------------------------------------------------------------------------


def test_charts_count_all_variants_together() -> None:
    shop = Shop(Policy())
    shop.rounds(visa="p" * 9, amex="p" * 9, paypal="p" * 9)

    told = shop.rounds(visa="p" * 9, amex="f" * 9, paypal="p" * 9)
    assert told[0].startswith("opened outage: eu [amex]: more runs failed than chance explains")
    assert shop.actions[0].problem.kind is Kind.OUTAGE
    assert shop.rounds(visa="p" * 60, amex="p" * 60, paypal="p" * 60)[-1].startswith("resolved outage")


def test_one_of_fifty_that_always_fails_is_a_leak() -> None:
    shop = Shop(Policy())
    cards: dict[str, Any] = {f"card-{number}": "p" for number in range(49)}
    told = []
    for _ in range(60):
        told += shop.round_of(**cards, amex="f")
    assert told[0].startswith("opened leak")


# -- what was known before ---------------------------------------------------------------------------------------------


def test_what_an_older_version_knew_is_read() -> None:
    shop = Shop()
    shop.rounds(desktop="pfff")
    told = json.loads(json.dumps(wire.plain(shop.state)))
    for place in told["places"]:
        del place["before"]
    for one in told["standing"]:
        del one["problem"]["variants"]
    shop.state = wire.build(State, told, called="state")

    assert shop.rounds(desktop="pp") == ["resolved outage: the last 2 runs were good"]


def test_a_problem_of_one_card_is_carried_into_another_policy() -> None:
    shop = Shop()
    shop.rounds(visa="pppp", amex="pfff")
    shop.policy = Policy(failures=3, successes=1)

    (carried,) = shop.round_of(visa="p")
    assert carried.startswith("changed outage: the policy was changed while this stood")
    assert shop.round_of(amex="p") == ["resolved outage: the last 2 runs were good"]


@pytest.mark.parametrize("policy", [Policy(), TWICE])
def test_what_is_known_does_not_depend_on_how_many_runs_come_at_once(policy: Policy) -> None:
    rule = Rule(policy=policy, journey="checkout", regions=("eu", "us"), runs_per_day=5000.0, p0=0.005)
    one: State | None = None
    all_: State | None = None
    for number in range(12):
        verdicts = [Verdict.PASSED if number < 4 or at % 2 or number > 8 else Verdict.FAILED for at in range(8)]
        runs = [
            Seen(f"{number}{region}{at}", region, NOON + number * FIVE + at * SECOND, verdict, variant=str(at))
            for region in rule.regions
            for at, verdict in enumerate(verdicts)
        ]
        now = NOON + number * FIVE + timedelta(minutes=1)
        for run in sorted(runs, key=lambda run: (run.at, run.region)):
            one = decide(rule, one, [run], now).state
        all_ = decide(rule, all_, runs, now).state
        assert all_ == one
