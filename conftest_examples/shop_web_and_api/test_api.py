import pytest

ORDER = {"items": [{"slug": "kettle", "quantity": 2}], "email": "ada@shop.example"}


@pytest.mark.journey("Order by API", id="api-order", stage="purchase", owner="partners")
@pytest.mark.mutates
@pytest.mark.sla("10s", api_first_byte="5s")
def test_order(journey, api):
    with journey.step("create"):
        answer = api.post("/api/orders", json=ORDER)
        assert answer.status_code == 201, answer.text
        order = answer.json()
        journey.created("order", order["id"], remove=api.request_for("DELETE", f"/api/orders/{order['id']}"))
        journey.attach("order", answer.text, "application/json")

    with journey.step("read"):
        answer = api.get(f"/api/orders/{order['id']}")
        answer.raise_for_status()
        assert answer.json()["total"] == 99.80


@pytest.mark.journey("List the products", id="api-products", stage="awareness", owner="partners")
@pytest.mark.sla(products=100)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_products(journey, api, language):
    products = api.get("/api/products").json()
    journey.measure("products", len(products), "items")
    assert all(product["names"][language] for product in products)
