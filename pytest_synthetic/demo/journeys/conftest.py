"""What the journeys of the demo shop share: patience, a customer's phone, and tidying up."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from pytest_synthetic import ApiSession, Journey

PATIENCE = 10_000
"""Milliseconds that a click or a page may take before the journey gives up; promised times are much shorter."""


@pytest.fixture
def page(page: Page) -> Page:
    """Playwright's page, less patient than by default: a shop that needs half a minute for a click is down."""
    page.set_default_timeout(PATIENCE)
    return page


@pytest.fixture
def made_orders(api: ApiSession) -> Iterator[list[str]]:
    """The orders that a journey puts in here are deleted when it ends, however it ends."""
    orders: list[str] = []
    yield orders
    for order in orders:
        api.delete(f"/api/orders/{order}").raise_for_status()


@pytest.fixture
def phone(journey: Journey) -> str:
    """A number of this run's own, so that no code of another run is waiting there."""
    return f"+336{int(journey.run_id[:8], 16) % 100_000_000:08d}"


@pytest.fixture
def code_sent_to(api: ApiSession) -> Callable[..., str]:
    """Wait for a code by SMS: `code_sent_to(phone, within=12)`; fails when none comes, and says what did."""

    def wait(number: str, *, within: float) -> str:
        ends = time.monotonic() + within
        while True:
            answer = api.get("/api/outbox", params={"to": number})
            answer.raise_for_status()
            arrived = [message["body"] for message in answer.json()]
            codes = [found[0] for body in arrived if (found := re.search(r"\b\d{6}\b", body))]
            if codes:
                return codes[-1]
            assert time.monotonic() < ends, (
                f"no code came to {number} within {within:g} s; what did arrive: {arrived or 'nothing'}"
            )
            time.sleep(0.25)

    return wait
