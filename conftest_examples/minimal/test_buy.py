import pytest
from playwright.sync_api import expect


@pytest.mark.journey("Put a kettle in the cart", stage="purchase", owner="web team")
@pytest.mark.sla("15s")
def test_put_a_kettle_in_the_cart(journey, page):
    with journey.step("open the product", sla="10s"):
        page.goto("/products/kettle")
        expect(page.get_by_test_id("price")).to_have_text("€49.90")

    with journey.step("add it to the cart"):
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).to_have_text("Added to your cart.")
