import pytest
from playwright.sync_api import Page, expect

from pytest_synthetic import Journey


@pytest.mark.journey("Put into cart", stage="purchase", owner="shop")
@pytest.mark.parametrize("name", ["Kettle", "Teapot", "Cup", "Infuser", "Tea tin"])
def test_put_into_cart(journey: Journey, page: Page, name: str) -> None:
    with journey.step("find", sla="10s"):
        page.goto("/")
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    with journey.step("choose"):
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).not_to_be_empty()
    with journey.step("see it in the cart"):
        page.get_by_role("link", name="Cart").click()
        expect(page.get_by_test_id("price")).not_to_be_empty()
