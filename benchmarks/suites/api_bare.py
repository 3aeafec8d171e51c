"""The client of api_journey.py, with requests alone."""

from collections.abc import Iterator

import pytest
import requests


@pytest.fixture
def api() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("customer", range(50))
def test_order(api: requests.Session, base_url: str, customer: int) -> None:
    listed = api.get(f"{base_url}/api/products").json()
    for product in listed[:4]:
        found = api.get(f"{base_url}/api/products/{product['slug']}")
        assert found.json()["price"] == product["price"]

    items = [{"slug": listed[0]["slug"], "quantity": 2}]
    order = api.post(f"{base_url}/api/orders", json={"items": items, "email": f"{customer}@example.com"})
    assert order.status_code == 201
    number = order.json()["id"]
    assert api.get(f"{base_url}/api/orders/{number}").status_code == 200
    assert api.get(f"{base_url}/healthz").json() == {"status": "ok"}

    assert api.delete(f"{base_url}/api/orders/{number}").status_code == 204
    assert api.get(f"{base_url}/api/orders/{number}").status_code == 404
