"""How sure a share is that was counted: the Jeffreys interval.

Sources: L. Brown, T. Cai, A. DasGupta, "Interval Estimation for a Binomial Proportion", Statistical Science 16 (2001)
for the interval and its ends; NIST Digital Library of Mathematical Functions 8.17.22 for the continued fraction of the
incomplete beta function, 5.11.1 for Stirling's series; Abramowitz and Stegun 26.5.22 for the first guess of a quantile.
"""

from __future__ import annotations

import math
from functools import lru_cache

from pytest_synthetic.errors import UsageError

Interval = tuple[float, float]
"""The lowest and the highest share that fit what was counted."""

CONFIDENCE = 0.95
_EXACT = 1e-14
_NEAR = 1e-4
_TRIES = 60


def jeffreys(good: int, said: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Between which shares the true one lies, of which `good` of `said` runs were seen; None when none said anything.

    The middle part of Beta(good + 1/2, said - good + 1/2). The low end is 0 when no run was good, the high end 1 when
    all were. Raises UsageError for counts that cannot be, and for a confidence that is no share.
    """
    if not 0 <= good <= said:
        raise UsageError(f"{good} good of {said}: expected no fewer than 0 and no more than all")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence={confidence!r}: expected a share between 0 and 1, such as 0.95")
    if said == 0:
        return None
    a, b, tail = good + 0.5, said - good + 0.5, (1 - confidence) / 2
    low = 0.0 if good == 0 else _share(_log_odds(a, b, tail))
    high = 1.0 if good == said else _share(-_log_odds(b, a, tail))
    return low, high


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _log_odds(a: float, b: float, tail: float) -> float:
    """The log odds t of the share below which Beta(a, b) has the probability `tail`, which is less than one half.

    Halley's method on the logarithm of the probability. In log odds the density is log-concave, so that far away steps
    of Newton's cannot leave: each one lands below the quantile, and from there they only climb.
    """
    t = _guess(a, b, tail)
    for _ in range(_TRIES):
        x, y = _share(t), _share(-t)
        log_density = _log_density(x, y, a, b)
        log_probability = _log_probability(x, y, a, b, log_density)
        off = log_probability - math.log(tail)
        slope = math.exp(log_density - log_probability)
        bend = slope * (a * y - b * x - slope) if abs(off) < 1 else 0.0
        step = 2 * off * slope / (2 * slope * slope - off * bend)
        t -= step
        if abs(step) < _EXACT or (bend and abs(step) * math.sqrt(min(a, b)) < _NEAR):
            break  # a step of Halley's leaves the third power of the error
    return t


def _guess(a: float, b: float, tail: float) -> float:
    """A first guess of the log odds; near b = 1/2, where that of the books ends, by the square of a normal variable."""
    if b < 1:
        rest = _deviate(tail / 2) ** 2 / (2 * a)
        return -math.log(math.expm1(rest)) if rest < 30 else -rest
    p, q, deviate = 1 / (2 * a - 1), 1 / (2 * b - 1), _deviate(tail)
    h, spread = 2 / (p + q), (deviate * deviate - 3) / 6
    w = deviate * math.sqrt(max(0.0, h + spread)) / h - (q - p) * (spread + 5 / 6 - 2 / (3 * h))
    return math.log(a / b) - 2 * w


@lru_cache(maxsize=16)
def _deviate(tail: float) -> float:
    from statistics import NormalDist

    return -NormalDist().inv_cdf(tail)


def _log_density(x: float, y: float, a: float, b: float) -> float:
    """The logarithm of x^a y^b / B(a, b), the density in log odds, such that counts of millions lose no digits."""
    n = a + b
    from_mean = x * b - y * a
    exponent = a * math.log1p(from_mean / a) + b * math.log1p(-from_mean / b)
    return exponent + math.log(a * b / (2 * math.pi * n)) / 2 + _stirling(n) - _stirling(a) - _stirling(b)


def _stirling(z: float) -> float:
    """What Stirling's formula leaves out of the logarithm of the gamma function."""
    if z < 10:
        return math.lgamma(z) - ((z - 0.5) * math.log(z) - z + math.log(2 * math.pi) / 2)
    w = 1 / (z * z)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - w / 1188) * w) * w) * w) / z


def _log_probability(x: float, y: float, a: float, b: float, log_density: float) -> float:
    """The logarithm of the incomplete beta function I_x(a, b), from the side on which the fraction ends sooner."""
    if x < (a + 1) / (a + b + 2):
        return log_density + math.log(_fraction(x, a, b) / a)
    return math.log1p(-math.exp(log_density) * _fraction(y, b, a) / b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b) by Lentz's method: some 20 terms for thousands of runs, 70 for 10 million."""
    upper, n = 1.0, a + b
    lower = 1 / (1 - n * x / (a + 1))
    value, m, change = lower, 0, 0.0
    while abs(change - 1) > _EXACT and m < 10_000:
        m += 1
        k = a + 2 * m
        term = m * (b - m) * x / ((k - 1) * k)
        lower, upper = 1 / (1 + term * lower), 1 + term / upper
        value *= lower * upper
        term = -(a + m) * (n + m) * x / (k * (k + 1))
        lower, upper = 1 / (1 + term * lower), 1 + term / upper
        change = lower * upper
        value *= change
    return value
