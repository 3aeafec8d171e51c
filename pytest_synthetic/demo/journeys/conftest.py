"""What the journeys of the demo shop share: patience, a customer's phone, and tidying up."""

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
def wait_for_code(api: ApiSession, phone: str) -> Callable[..., tuple[str, float]]:
    """Wait until a code has come to `phone`: `wait_for_code(within=12)` gives it, and the seconds that it took."""

    def wait(*, within: float) -> tuple[str, float]:
        started = time.monotonic()
        while True:
            answer = api.get("/api/outbox", params={"to": phone})
            answer.raise_for_status()
            arrived = [message["body"] for message in answer.json()]
            took = time.monotonic() - started
            for body in arrived:
                if body[:6].isdigit():
                    return body[:6], took
            assert took < within, f"no code came to {phone} within {within:g} s; what did arrive: {arrived or 'nothing'}"
            time.sleep(0.25)

    return wait
