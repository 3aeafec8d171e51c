import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("name", ["Kettle", "Teapot", "Cup", "Infuser", "Tea tin"])
def test_put_into_cart(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    page.get_by_role("link", name="Cart").click()
    expect(page.get_by_test_id("price")).not_to_be_empty()
