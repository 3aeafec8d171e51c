"""A thousand trivial tests, no journey."""

import pytest


@pytest.mark.parametrize("number", range(1000))
def test_trivial(number: int) -> None:
    assert number >= 0
