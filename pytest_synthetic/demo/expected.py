"""What the journeys must say of each fault: told by `synthetic demo --fault`, held true by the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The verdict of one journey. `where` is the step that fails, or the step or measurement that takes too long."""

    journey: str
    verdict: Verdict
    where: str

    def __str__(self) -> str:
        """As `synthetic demo` prints it."""
        late = self.verdict is Verdict.DEGRADED
        return f'"{self.journey}" {self.verdict}' + (
            f': "{self.where}" takes longer than promised' if late else f' in its step "{self.where}"'
        )


def _degraded(journey: str, where: str) -> Expected:
    return Expected(journey=journey, verdict=Verdict.DEGRADED, where=where)


def _failed(journey: str, where: str) -> Expected:
    return Expected(journey=journey, verdict=Verdict.FAILED, where=where)


EXPECTED: Mapping[Fault, Expected] = {
    Fault.DEAD_PAY_BUTTON: _failed("Buy a kettle", "pay"),
    Fault.WRONG_PRICE: _failed("Choose a kettle", "see the right price"),
    Fault.SLOW_PAYMENT: _degraded("Buy a kettle", "pay"),
    Fault.API_500: _failed("Orders API", "create an order"),
    Fault.BLANK_PAGE: _failed("Browse the catalogue", "open the shop"),
    Fault.JS_ERROR: _failed("Choose a kettle", "put two into the cart"),
    Fault.LATE_CODE: _degraded("Sign up by SMS", "sms.delivery"),
    Fault.LOST_CODE: _failed("Sign up by SMS", "receive the code"),
    Fault.PROVIDER_DOWN: Expected(journey="Sign up by SMS", verdict=Verdict.BROKEN, where="receive the code"),
    Fault.WRONG_LANGUAGE: _failed("The shop in French", "ouvrir la boutique"),
}
