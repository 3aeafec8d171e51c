"""The ways the shop can be broken on purpose, and the switch that says which are on now."""

import threading
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

from pytest_synthetic.errors import UsageError


class Fault(StrEnum):
    """A way in which real shops fail; its value is the name used on the command line and in `/__faults`."""

    description: str
    """One line a person can read, as `synthetic demo --list-faults` prints it."""

    def __new__(cls, name: str, description: str) -> Self:
        """Make the member that is equal to the string `name`."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.description = description
        return member

    DEAD_PAY_BUTTON = "dead-pay-button", "the Pay button can be clicked and nothing happens; the server is healthy"
    WRONG_PRICE = "wrong-price", "the product page and the cart show a tenth of the price; the API has the right one"
    SLOW_PAYMENT = "slow-payment", "the payment takes 6 s more, and succeeds"
    API_500 = "api-500", "the product and order APIs answer 500; the pages work"
    BLANK_PAGE = "blank-page", "the catalogue and product pages answer 200 with nothing in them"
    JS_ERROR = "js-error", "a script throws on the product page, so that nothing can be added to the cart"
    LATE_CODE = "late-code", "the one-time code is delivered 8 s after it was asked for"
    LOST_CODE = "lost-code", "the one-time code never comes; the page says that it was sent"
    PROVIDER_DOWN = "provider-down", "the SMS provider that the monitor reads does not answer; the shop is well"
    WRONG_LANGUAGE = "wrong-language", "the pages under /fr come in English"


class UnknownFaultError(UsageError):
    """A name that no fault has; `name` is what was asked for, `nearest` the valid name most like it."""

    def __init__(self, name: str) -> None:
        """Look for the nearest valid name, and put both into the message."""
        names = [fault.value for fault in Fault]
        close = get_close_matches(name, names, n=1, cutoff=0.0)
        self.name = name
        self.nearest = close[0]
        super().__init__(
            f"no fault is called {name!r}; the nearest is {self.nearest!r}, and these exist: {', '.join(names)}"
        )


def parse_faults(names: Iterable[str]) -> frozenset[Fault]:
    """Read names such as `["slow-payment"]`; raises UnknownFaultError at the first that does not exist."""
    return frozenset(_parse(name) for name in names)


def _parse(name: str) -> Fault:
    for fault in Fault:
        if fault.value == name:
            return fault
    raise UnknownFaultError(name)


def _nowhere() -> str | None:
    return None


class FaultSwitch:
    """The faults that are on; may be changed from any thread while the shop serves.

    A fault can be on for the visitors of some regions alone, as a release that is rolled out region by region.
    """

    def __init__(self, active: Iterable[Fault] = (), *, region: Callable[[], str | None] = _nowhere) -> None:
        """Start with `active` on for everybody. `region` says where the visitor comes from who is served now."""
        self._lock = threading.Lock()
        self._active = frozenset(active)
        self._regions: frozenset[str] = frozenset()
        self._region = region

    def active(self) -> frozenset[Fault]:
        """Return the faults that are on at this moment, for whoever is served."""
        with self._lock:
            active, regions = self._active, self._regions
        return active if not regions or self._region() in regions else frozenset()

    def replace(self, active: Iterable[Fault], *, regions: Iterable[str] = ()) -> None:
        """Turn on exactly `active`, and every other fault off; only for visitors from `regions`, when given."""
        wanted, where = frozenset(active), frozenset(regions)
        with self._lock:
            self._active, self._regions = wanted, where

    def __contains__(self, fault: Fault) -> bool:
        """Tell whether `fault` is on at this moment."""
        return fault in self.active()
