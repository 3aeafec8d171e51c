"""Shares as people read them: nothing is rounded up to all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.analysis.figures import between, counted, percent, promised


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.99999, "99.99 %"), (0.995, "99.5 %"), (0.29, "29 %"), (8597 / 8640, "99.5 %"), (1e-9, "0 %")],
)  # fmt: skip
def test_percent(share: float, said: str) -> None:
    assert percent(share) == said


@given(st.floats(0, 1, exclude_max=True))
def test_only_all_is_100_percent(share: float) -> None:
    assert percent(share) != "100 %"


def test_beside_a_target_a_share_has_its_decimals() -> None:
    assert percent(0.9999512, beside=0.99995) == "99.995 %"
    assert between((0.99994, 0.99996), beside=0.99995) == "99.994 to 99.996 %"
    assert percent(0.5, beside=0.5) == "50 %"


@pytest.mark.parametrize(("target", "said"), [(0.995, "99.5 %"), (0.99995, "99.995 %"), (0.1, "10 %")])
def test_a_target_has_all_its_decimals(target: float, said: str) -> None:
    assert promised(target) == said


@pytest.mark.parametrize(
    ("number", "said"), [(8640, "8,640"), (43.2, "43.2"), (-0.36, "-0.36"), (5.0, "5"), (0.001, "0"), (-0.001, "0"), (100, "100")]
)  # fmt: skip
def test_counts(number: float, said: str) -> None:
    assert counted(number) == said
