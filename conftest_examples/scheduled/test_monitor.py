import pytest


@pytest.mark.journey("Read the prices", id="prices", owner="catalogue")
@pytest.mark.schedule("30s", quiet="02:00-02:15")  # the shop is backed up then
@pytest.mark.slo(availability=0.995, window="30d")
def test_prices(journey, api):
    with journey.step("ask for all products", sla="2s"):
        answer = api.get("/api/products")
        answer.raise_for_status()
    with journey.step("read the kettle's price"):
        prices = {product["slug"]: product["price"] for product in answer.json()}
        assert prices["kettle"] == 49.90


@pytest.mark.journey("Read the kettle's page data", id="kettle")
@pytest.mark.schedule("0 7 * * 1-5")
def test_kettle(journey, api):
    with journey.step("ask for the kettle"):
        api.get("/api/products/kettle").raise_for_status()
