"""The customer of browser_journey.py, under pytest-playwright alone."""

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("slug", ["kettle", "teapot", "cup", "infuser", "tea-tin"])
def test_put_into_cart(page: Page, slug: str) -> None:
    page.goto(f"/products/{slug}")
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    page.get_by_role("link", name="Cart").click()
    expect(page.get_by_test_id("price")).not_to_be_empty()
