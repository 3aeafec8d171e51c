"""Starts the demo shop, and removes the orders that journeys make."""

from collections.abc import Callable, Iterator

import pytest

from pytest_synthetic import ApiSession
from pytest_synthetic.demo import server


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Where the shop is; `page` and `api` both use it."""
    with server.serve() as shop:
        yield shop.base_url


@pytest.fixture
def remove_order(api: ApiSession) -> Iterator[Callable[[str], None]]:
    """Call it with the number of an order: the order is deleted when the test ends, however it ends."""
    orders: list[str] = []
    yield orders.append
    for order in orders:
        answer = api.delete(f"/api/orders/{order}")
        assert answer.status_code in (204, 404), f"order {order} could not be removed: status {answer.status_code}"
