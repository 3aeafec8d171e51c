import pytest
from playwright.sync_api import expect


@pytest.mark.journey("See the price of a kettle", id="price", stage="evaluation", owner="web team")
@pytest.mark.region("eu-west", "us-east")
@pytest.mark.sla("15s")
def test_price(journey, page, region):
    with journey.step("open the product"):
        page.goto("products/kettle")  # relative to the base URL of the region: no slash at its beginning
        expect(page.get_by_role("heading", level=1)).to_have_text(region.labels["kettle"])
        expect(page.get_by_test_id("price")).to_have_text(region.labels["price"])

    with journey.step("the browser is at home here"):
        assert page.evaluate("navigator.language") == region.locale
        assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == region.timezone


@pytest.mark.journey("Ask for the price of a kettle", id="api-price", stage="evaluation", owner="partners")
def test_api_price(journey, api):
    with journey.step("ask"):
        answer = api.get("/api/products/kettle")
        answer.raise_for_status()
        assert answer.json()["price"] == 49.90


@pytest.mark.journey("Read the page in French", id="french", stage="awareness")
@pytest.mark.region("eu-west")
def test_french(journey, page):
    page.goto("./")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bouilloires, théières et tasses")
