"""The customer of browser_journey.py, once."""

import pytest
from playwright.sync_api import Page, expect

from pytest_synthetic import Journey


@pytest.mark.journey("Put into cart", stage="purchase", owner="shop")
def test_put_into_cart(journey: Journey, page: Page) -> None:
    with journey.step("find"):
        page.goto("/products/kettle")
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    with journey.step("choose"):
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).not_to_be_empty()
    with journey.step("see it in the cart"):
        page.get_by_role("link", name="Cart").click()
        expect(page.get_by_test_id("price")).not_to_be_empty()
