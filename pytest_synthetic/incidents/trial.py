"""A letter that is marked as a test, sent to each address of a route: whether they take it, and why not."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.message import letter
from pytest_synthetic.alerts.saying import BY_LANGUAGE
from pytest_synthetic.alerts.sending import NotSent, label, sender_of
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.alerting import Case, Incident, Kind, Notice, Problem, Severity, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pytest_synthetic.model.alerting import Letter, Route

_WIDEST = 300
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of the letter to one address. `address` is what people may see of it; `why` it was not sent."""

    route: str
    address: str
    sent: bool
    why: str | None


def tried(route: Route, *, product: str, language: str, now: datetime, redact: Callable[[str], str]) -> Sequence[Trial]:
    """Send a test to each address of a route, side by side, and wait for all of them. In the order of the addresses.

    Raises ConfigError when not all of them are set here.
    """
    told = letter(
        example(now, f"test-{secrets.token_hex(4)}", route.severity or Severity.PAGE, language),
        product=product,
        language=language,
        links={},
        now=now,
        key=f"test-{secrets.token_hex(8)}",
        redact=redact,
        zone=route.timezone,
        test=True,
    )
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda address: _sent(address, route, told, redact), route.addresses()))


def _sent(address: str, route: Route, told: Letter, redact: Callable[[str], str]) -> Trial:
    try:
        sender_of(address, route).send(told)
    except NotSent as error:
        why = error.reason
    except ConfigError as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001  the other addresses are still tried
        why = type(error).__name__
    else:
        return Trial(route=route.name, address=label(address), sent=True, why=None)
    return Trial(route=route.name, address=label(address), sent=False, why=one_line(redact(why), _WIDEST))


def example(now: datetime, number: str, severity: Severity, language: str) -> Notice:
    """An incident as it might be, of a journey that there is not."""
    name, step, claim = BY_LANGUAGE[language].example
    began = now - timedelta(minutes=5)
    problem = Problem(
        journey="example.test_checkout",
        kind=Kind.OUTAGE,
        severity=severity,
        opened=now,
        first_bad=began,
        last_good=began - timedelta(minutes=5),
        regions=("eu-west", "us-east"),
        run_id="",
        step=step,
        claim=claim,
        failed=4,
        said=4,
    )
    case = Case(problem=problem, name=name, stage="purchase", owner="payments")
    incident = Incident(id=number, opened=now, began=began, changed=now, severity=severity, cases=(case,), revision=1)
    return Notice(Turn.OPENED, incident, now)
