import pytest


@pytest.mark.journey("Order a kettle", id="order", stage="purchase", owner="orders", revenue_per_hour=10_000)
@pytest.mark.schedule("1m")
@pytest.mark.mutates
def test_order(journey, api):
    with journey.step("order"):
        answer = api.post(
            "/api/orders", json={"items": [{"slug": "kettle", "quantity": 1}], "email": "ada@shop.example"}
        )
        answer.raise_for_status()
        order = answer.json()["id"]
        journey.created("order", order, remove=api.request_for("DELETE", f"/api/orders/{order}"))
    with journey.step("find it again"):
        api.get(f"/api/orders/{order}").raise_for_status()


@pytest.mark.journey("Read the prices", id="prices", stage="awareness", owner="catalogue")
@pytest.mark.schedule("30s")
def test_prices(journey, api):
    with journey.step("ask for all products", sla="2s"):
        api.get("/api/products").raise_for_status()
