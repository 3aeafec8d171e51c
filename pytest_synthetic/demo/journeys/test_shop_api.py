"""What partners and the app use: no browser, a second or less."""

import pytest

from pytest_synthetic import ApiSession, Journey


@pytest.mark.journey("Catalogue API", stage="evaluation", owner="catalogue", criticality="high")
@pytest.mark.schedule("1m")
@pytest.mark.sla("15s", api_first_byte="5s")
@pytest.mark.slo(availability=0.999, window="30d")
def test_catalogue_api(journey: Journey, api: ApiSession) -> None:
    with journey.step("list the products", sla="5s"):
        answer = api.get("/api/products")
        answer.raise_for_status()
        products = answer.json()
        assert [product["slug"] for product in products][:3] == ["kettle", "gooseneck-kettle", "teapot"]

    with journey.step("read one of them", sla="5s"):
        answer = api.get(f"/api/products/{products[0]['slug']}")
        answer.raise_for_status()
        assert answer.json() == products[0]


@pytest.mark.journey("Orders API", stage="purchase", owner="orders", criticality="critical")
@pytest.mark.schedule("5m")
@pytest.mark.sla("15s")
@pytest.mark.slo(availability=0.999, window="30d")
@pytest.mark.mutates
def test_orders_api(journey: Journey, api: ApiSession) -> None:
    wanted = {"items": [{"slug": "cup", "quantity": 4}], "email": "synthetic@example.com"}

    with journey.step("create an order", sla="5s"):
        answer = api.post("/api/orders", json=wanted)
        answer.raise_for_status()
        order = answer.json()
        remove = api.request_for("DELETE", f"/api/orders/{order['id']}")
        journey.created("order", order["id"], remove=remove)
        assert order["total"] == 48

    with journey.step("read it back", sla="5s"):
        answer = api.get(f"/api/orders/{order['id']}")
        answer.raise_for_status()
        assert answer.json() == order

    with journey.step("cancel it", sla="5s"):
        api.delete(f"/api/orders/{order['id']}").raise_for_status()
        journey.removed("order", order["id"])
        assert api.get(f"/api/orders/{order['id']}").status_code == 404
