"""What the journeys of the demo shop share: patience, and tidying up."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from pytest_synthetic import ApiSession

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
