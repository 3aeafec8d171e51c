"""What the journeys of the demo shop share: patience."""

import pytest
from playwright.sync_api import Page

PATIENCE = 10_000
"""Milliseconds that a click or a page may take before the journey gives up; promised times are much shorter."""


@pytest.fixture
def page(page: Page) -> Page:
    """Playwright's page, less patient than by default: a shop that needs half a minute for a click is down."""
    page.set_default_timeout(PATIENCE)
    return page
