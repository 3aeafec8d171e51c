"""The journey that earns the money: from the product to the order, on a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from pytest_synthetic import ApiSession, Inbox, Journey


@pytest.mark.journey(
    "Buy a kettle",
    stage="purchase",
    owner="payments",
    criticality="critical",
    revenue_per_hour=10_000,
    depends_on="psp",
)
@pytest.mark.region("eu-west", "us-east")
@pytest.mark.device("desktop", "iPhone 15")
@pytest.mark.schedule("5m")
@pytest.mark.sla("45s", lcp="8s")
@pytest.mark.slo(availability=0.995, window="30d")
@pytest.mark.mutates
def test_buy_a_kettle(journey: Journey, page: Page, api: ApiSession, email_inbox: Inbox) -> None:
    heading = page.get_by_role("heading", level=1)

    with journey.step("put a kettle into the cart", sla="10s"):
        page.goto("/products/kettle")
        expect(heading).to_have_text("Kettle")
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).to_have_text("Added to your cart.")

    with journey.step("check out", sla="10s"):
        page.get_by_role("link", name="Cart 1").click()
        page.get_by_role("link", name="Checkout").click()
        expect(heading).to_have_text("Delivery")

    with journey.step("say where it goes", sla="10s"):
        page.get_by_label("Full name").fill("Synthetic Customer")
        page.get_by_label("Email").fill(email_inbox.address)
        page.get_by_label("Address").fill("1 rue de la Paix")
        page.get_by_label("Postcode").fill("75002")
        page.get_by_label("City").fill("Paris")
        page.get_by_label("Country").select_option("France")
        page.get_by_role("button", name="Continue to payment").click()
        expect(heading).to_have_text("Payment")

    with (
        email_inbox.expect(matching="Thank you", within="10s", give_up="20s") as mail,
        journey.step("pay", sla="4s", depends_on="psp"),
    ):
        page.get_by_role("button", name="Pay", exact=True).click()
        # A payment that takes long is a broken promise (4 s); only one that takes longer than this has failed.
        expect(heading).to_have_text("Thank you for your order", timeout=12_000)
        order = page.get_by_test_id("order").inner_text()
        journey.created("order", order, remove=api.request_for("DELETE", f"/api/orders/{order}"))

    with journey.step("read the order e-mail", owner="messaging"):
        assert order in mail.text
