"""Shares and counts as people read them."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_synthetic.analysis.intervals import Interval


def percent(share: float, *, beside: float | None = None) -> str:
    """A share in percent, cut and never rounded up: 0.99999 is `99.99 %`, for only all is `100 %`.

    It has two decimals, or as many as the target `beside` which it stands.
    """
    return f"{_cut(share, beside)} %"


def between(interval: Interval, *, beside: float | None = None) -> str:
    """An interval of shares in percent: `99.01 to 99.84 %`."""
    return f"{_cut(interval[0], beside)} to {_cut(interval[1], beside)} %"


def promised(target: float) -> str:
    """A target in percent, with all its decimals: `99.995 %`."""
    return f"{_plain(_hundredfold(target))} %"


def counted(number: float) -> str:
    """A number of runs: `8,640`, `43.2`, `-0.36`; at most two decimals."""
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _cut(share: float, beside: float | None) -> str:
    decimals = max(2, -int(_hundredfold(beside).as_tuple().exponent)) if beside else 2
    return _plain(_hundredfold(share).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR))


def _hundredfold(share: float) -> Decimal:
    return (Decimal(repr(share)) * 100).normalize()


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
