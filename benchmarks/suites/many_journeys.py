"""Many trivial journeys: two steps and a measurement each."""

import os

import pytest

from pytest_synthetic import Journey


@pytest.mark.journey("One of many", stage="purchase", owner="shop")
@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_RUNS"])))
def test_many(journey: Journey, number: int) -> None:
    with journey.step("first"):
        assert number >= 0
    with journey.step("second"):
        journey.measure("number", number)
