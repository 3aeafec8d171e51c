import pytest
from playwright.sync_api import expect

ADDRESS = {
    "Full name": "Ada Martin",
    "Email": "ada@shop.example",
    "Address": "1 rue de la Paix",
    "Postcode": "69002",
    "City": "Lyon",
}


@pytest.mark.journey("Look at a kettle", id="look", stage="evaluation", owner="web team", criticality="medium")
@pytest.mark.device("desktop", "iPhone 15")
@pytest.mark.sla("15s", lcp="5s", cls=0.25)
def test_look(journey, page):
    with journey.step("open the catalogue"):
        page.goto("/")
        expect(page.get_by_role("heading", level=2)).to_have_count(6)

    with journey.step("the footer", soft=True):  # worth a note, no reason to stop
        expect(page.get_by_role("contentinfo")).to_contain_text("A demo shop")

    with journey.step("open the kettle", sla="10s"):
        page.get_by_role("link", name="Kettle", exact=True).click()
        expect(page.get_by_test_id("price")).to_have_text("€49.90")


@pytest.mark.journey(
    "Buy a kettle",
    id="buy",
    stage="purchase",
    owner="payments",
    criticality="critical",
    revenue_per_hour=10_000,
    depends_on="look",
)
@pytest.mark.mutates
@pytest.mark.sla("30s")
def test_buy(journey, page, api):
    with journey.step("fill the cart"):
        page.goto("/products/kettle")
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).to_have_text("Added to your cart.")

    with journey.step("check out"):
        with journey.step("open the cart"):
            page.goto("/cart")
            page.get_by_role("link", name="Checkout").click()
        with journey.step("give the address"):
            for label, value in ADDRESS.items():
                page.get_by_label(label).fill(value)
            page.get_by_role("button", name="Continue to payment").click()

    with journey.step("pay", sla="10s", owner="payments", depends_on="bank"):
        page.get_by_role("button", name="Pay").click()
        order = page.get_by_test_id("order")
        expect(order).to_be_visible()
        number = order.inner_text()
        journey.created("order", number, remove=api.request_for("DELETE", f"/api/orders/{number}"))


@pytest.mark.journey("Look at a kettle on the train", id="train", stage="awareness", criticality="low")
@pytest.mark.network("train")
def test_train(journey, page):
    with journey.step("open the kettle"):
        page.goto("/products/kettle")
        expect(page.get_by_role("heading", level=1)).to_have_text("Kettle")
