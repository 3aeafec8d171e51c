"""The client of api_journey.py, once: ten requests."""

import pytest

from pytest_synthetic import ApiSession, Journey


@pytest.mark.journey("Order over the API", stage="purchase", owner="shop")
def test_order(journey: Journey, api: ApiSession) -> None:
    with journey.step("browse"):
        listed = api.get("/api/products").json()
        for product in listed[:4]:
            found = api.get(f"/api/products/{product['slug']}")
            assert found.json()["price"] == product["price"]

    with journey.step("order"):
        items = [{"slug": listed[0]["slug"], "quantity": 2}]
        order = api.post("/api/orders", json={"items": items, "email": "0@example.com"})
        assert order.status_code == 201
        number = order.json()["id"]
        assert api.get(f"/api/orders/{number}").status_code == 200
        assert api.get("/healthz").json() == {"status": "ok"}

    with journey.step("cancel"):
        assert api.delete(f"/api/orders/{number}").status_code == 204
        assert api.get(f"/api/orders/{number}").status_code == 404
