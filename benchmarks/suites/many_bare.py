"""The tests of many_journeys.py, without journeys."""

import os

import pytest


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_RUNS"])))
def test_many(number: int) -> None:
    assert number >= 0
