"""The Jeffreys interval against mpmath's incomplete beta function, which counts with as many digits as asked."""

from __future__ import annotations

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_synthetic.analysis.intervals import jeffreys
from pytest_synthetic.errors import UsageError

DIGITS = 40


def probability(a: float, b: float, share: float) -> float:
    """The probability that Beta(a, b) lies below `share`."""
    with mpmath.workdps(DIGITS):
        return float(mpmath.betainc(a, b, 0, mpmath.mpf(share), regularized=True))


@given(said=st.integers(1, 3000), part=st.floats(0, 1), confidence=st.sampled_from([0.5, 0.8, 0.95, 0.99, 0.9999]))
@example(said=1, part=0.0, confidence=0.95)
@example(said=1, part=1.0, confidence=0.95)
@example(said=36, part=1.0, confidence=0.95)
@example(said=2, part=0.5, confidence=1e-9)
@example(said=3000, part=0.9999, confidence=0.999999)
@settings(max_examples=150, deadline=None)
def test_each_end_cuts_off_half_of_what_is_not_sure(said: int, part: float, confidence: float) -> None:
    good = round(said * part)
    interval = jeffreys(good, said, confidence)

    assert interval is not None
    low, high = interval
    tail = (1 - confidence) / 2
    a, b = good + 0.5, said - good + 0.5
    assert low == 0 if good == 0 else probability(a, b, low) == pytest.approx(tail, rel=1e-9)
    # The same end from the other side: near 1 a share has fewer digits than what it leaves.
    assert high == 1 if good == said else 1 - probability(a, b, high) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize(
    ("good", "said"), [(9_999_999, 10**7), (9_999_000, 10**7), (5 * 10**6, 10**7), (9_950_000, 10**7), (999_500, 10**6)]
)
def test_ten_million_runs(good: int, said: int) -> None:
    interval = jeffreys(good, said)

    assert interval is not None
    assert integral(good + 0.5, said - good + 0.5, interval[0]) == pytest.approx(0.025, rel=1e-9)


def integral(a: float, b: float, share: float) -> float:
    """The probability below `share` as an integral of the density: mpmath's own series is too long for millions."""
    with mpmath.workdps(25):
        constant = mpmath.loggamma(a + b) - mpmath.loggamma(a) - mpmath.loggamma(b)
        width = mpmath.sqrt(a * b) / mpmath.mpf(a + b) ** 1.5

        def density(x: mpmath.mpf) -> mpmath.mpf:
            return mpmath.exp(constant + (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log1p(-x))

        points = [max(mpmath.mpf(0), share - n * width) for n in (40, 20, 10, 5, 2, 1, 0)]
        return float(mpmath.quad(density, points, maxdegree=5))


@given(said=st.integers(1, 10**7), bad=st.integers(0, 10**7), confidence=st.floats(0.01, 0.999999))
@settings(deadline=None)
def test_the_share_lies_inside_and_the_ends_are_shares(said: int, bad: int, confidence: float) -> None:
    good = max(0, said - bad)
    interval = jeffreys(good, said, confidence)

    assert interval is not None
    low, high = interval
    assert 0 <= low < high <= 1
    assert confidence < 0.5 or low <= good / said <= high
    mirrored = jeffreys(said - good, said, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize(
    ("failed", "said", "low", "high"), [(0, 36, 0.0, 6.7), (1, 36, 0.3, 12.3), (4, 864, 0.16, 1.10)]
)
def test_known_examples(failed: int, said: int, low: float, high: float) -> None:
    interval = jeffreys(failed, said)

    assert interval is not None
    assert [round(100 * end, 1 if said < 100 else 2) for end in interval] == [low, high]


def test_nothing_said_is_no_interval() -> None:
    assert jeffreys(0, 0) is None


@pytest.mark.parametrize(("good", "said", "confidence"), [(2, 1, 0.95), (-1, 3, 0.95), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_cannot_be_counted_is_refused(good: int, said: int, confidence: float) -> None:
    with pytest.raises(UsageError, match="expected"):
        jeffreys(good, said, confidence)
