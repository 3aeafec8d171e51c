"""The flake score: what changes by itself, and what a retry healed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.flakes import Flakes, Outcome, flakes
from pytest_synthetic.model.verdict import Verdict

LETTERS = {verdict.value[0]: verdict for verdict in (Verdict.PASSED, Verdict.DEGRADED, Verdict.FAILED, Verdict.SKIPPED)}
OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(Verdict),
    st.sampled_from(["eu-west", "us-east"]),
    st.sampled_from([None, "c1", "c2"]),
    st.sampled_from([None, "1.0"]),
    st.sampled_from([1, 1, 1, 2, 3]),
)


def runs(
    letters: str, region: str = "eu-west", commit: str | None = "c1", release: str | None = "1.0"
) -> list[Outcome]:
    return [Outcome(LETTERS[letter], region, commit, release) for letter in letters]


def counted(outcomes: list[Outcome]) -> tuple[int, int]:
    told = flakes(outcomes)
    assert told
    return told.changes, told.pairs


@pytest.mark.parametrize(
    ("letters", "changes", "pairs"),
    [("pppp", 0, 3), ("ffff", 0, 3), ("pfpf", 3, 3), ("pdpd", 0, 3), ("dfd", 2, 2), ("ppfffpp", 2, 6), ("psp", 0, 1),
     ("pssf", 1, 1), ("sspp", 0, 1)],
)  # fmt: skip
def test_changes_are_counted(letters: str, changes: int, pairs: int) -> None:
    assert counted(runs(letters)) == (changes, pairs)


def test_the_score_is_their_share() -> None:
    told = flakes(runs("ppfpp"))

    assert told
    assert told.score == 0.5


def test_another_commit_release_or_region_is_no_pair() -> None:
    assert counted([*runs("pp"), *runs("ff", commit="c2")]) == (0, 2)
    assert counted([*runs("pp"), *runs("ff", release="1.1")]) == (0, 2)
    assert counted([*runs("pp"), *runs("ff", commit=None)]) == (0, 2)
    assert counted([*runs("pp"), *runs("ff", region="us-east")]) == (0, 2)


def test_regions_and_variants_come_one_between_the_other() -> None:
    here, there = runs("ppp"), runs("fff", region="us-east")
    mobile = [one._replace(variant="mobile") for one in runs("fff")]
    mixed = [one for three in zip(here, there, mobile, strict=True) for one in three]

    assert counted(mixed) == (0, 6)


def test_runs_of_no_known_version_are_counted_and_said() -> None:
    told = flakes([*runs("pf", commit=None, release=None), *runs("fp")])

    assert told == Flakes(changes=2, pairs=2, unversioned=1, retried=0, recovered=0)


def again(letter: str, attempt: int = 2) -> Outcome:
    return runs(letter)[0]._replace(attempt=attempt)


@pytest.mark.parametrize(
    ("outcomes", "retried", "recovered"),
    [
        ([*runs("f"), again("p")], 1, 1),
        ([*runs("f"), again("f"), again("d", 3)], 1, 1),
        ([*runs("f"), again("f"), again("f", 3)], 1, 0),
        ([*runs("f"), again("s"), *runs("pp")], 0, 0),
        ([*runs("s"), again("p"), *runs("pp")], 0, 0),
        ([again("p"), *runs("ff"), again("p")], 1, 1),
    ],
)
def test_retries(outcomes: list[Outcome], retried: int, recovered: int) -> None:
    told = flakes(outcomes)

    assert told
    assert (told.retried, told.recovered) == (retried, recovered)


def test_a_retry_is_no_run_of_its_own() -> None:
    assert counted([*runs("pf"), again("p"), *runs("f"), again("p")]) == (1, 2)


def test_a_single_flake_has_counts_and_no_score() -> None:
    told = flakes([*runs("f"), again("p")])

    assert told == Flakes(changes=0, pairs=0, unversioned=0, retried=1, recovered=1)
    assert told.score is None


@pytest.mark.parametrize("outcomes", [[], runs("p"), runs("ss"), [*runs("p"), *runs("p", commit="c2")], [again("p")]])
def test_without_data_nothing_is_known(outcomes: list[Outcome]) -> None:
    assert flakes(outcomes) is None


@given(st.lists(OUTCOMES, max_size=40))
def test_counts_never_exceed_what_they_are_of(outcomes: list[Outcome]) -> None:
    told = flakes(outcomes)
    if told:
        assert 0 <= told.changes <= told.pairs < len(outcomes)
        assert 0 <= told.unversioned <= told.pairs
        assert 0 <= told.recovered <= told.retried
        assert told.score is None or 0 <= told.score <= 1


def test_a_parameter_that_always_fails_is_no_flake() -> None:
    both = [
        replaced
        for pair in zip(runs("pppp"), runs("ffff"), strict=True)
        for replaced in (pair[0], pair[1]._replace(variant="amex"))
    ]

    assert counted(both) == (0, 6)


def test_parameters_that_never_come_twice_are_compared_with_each_other() -> None:
    few = [run._replace(variant=str(number)) for number, run in enumerate(runs("pf" * 50))]
    assert flakes(few) is None
    assert counted([*few, runs("p")[0]._replace(variant="101")]) == (100, 100)
