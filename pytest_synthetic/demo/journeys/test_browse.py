"""Before anybody buys: the catalogue, a product and its price, the French shop."""

import pytest
from playwright.sync_api import Page, expect

from pytest_synthetic import ApiSession, Journey


@pytest.mark.journey("Browse the catalogue", stage="awareness", owner="storefront", criticality="high")
@pytest.mark.schedule("5m")
@pytest.mark.sla("30s", lcp="8s", cls=0.1)
@pytest.mark.slo(availability=0.995, window="30d")
def test_browse_the_catalogue(journey: Journey, page: Page) -> None:
    with journey.step("open the shop", sla="10s"):
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Kettles, teapots and cups")

    with journey.step("look at what there is"):
        expect(page.get_by_test_id("price")).to_have_count(6)

    with journey.step("open a product", sla="10s"):
        page.get_by_role("link", name="Teapot", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Teapot")


@pytest.mark.journey("Choose a kettle", stage="evaluation", owner="storefront", criticality="critical")
@pytest.mark.schedule("5m")
@pytest.mark.sla("30s", lcp="8s")
@pytest.mark.slo(availability=0.995, window="30d")
def test_choose_a_kettle(journey: Journey, page: Page, api: ApiSession) -> None:
    with journey.step("know the price", owner="catalogue"):
        answer = api.get("/api/products/kettle")
        answer.raise_for_status()
        price = answer.json()["price"]

    with journey.step("open the product", sla="10s"):
        page.goto("/products/kettle")
        expect(page.get_by_role("heading", level=1)).to_have_text("Kettle")

    with journey.step("see the right price"):
        expect(page.get_by_test_id("price")).to_have_text(f"€{price:.2f}")

    with journey.step("put two into the cart", sla="10s"):
        page.get_by_label("Quantity").fill("2")
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_role("status")).to_have_text("Added to your cart.")
        expect(page.get_by_role("link", name="Cart 2")).to_be_visible()


@pytest.mark.journey("The shop in French", stage="awareness", owner="storefront", criticality="medium")
@pytest.mark.region("eu-west")
@pytest.mark.schedule("15m")
@pytest.mark.sla("30s")
def test_the_shop_in_french(journey: Journey, page: Page) -> None:
    with journey.step("ouvrir la boutique", sla="10s"):
        page.goto("/fr/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Bouilloires, théières et tasses")

    with journey.step("ouvrir un produit", sla="10s"):
        page.get_by_role("link", name="Bouilloire", exact=True).click()
        expect(page.get_by_test_id("price")).to_have_text("49,90 €")
        expect(page.get_by_role("button", name="Ajouter au panier")).to_be_visible()
