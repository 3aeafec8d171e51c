"""Says where the product is. Here it is the demo shop, started for the tests on a free port of this machine."""

from collections.abc import Iterator

import pytest

from pytest_synthetic.demo import server


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """For a product that runs already, delete this file and run `pytest --base-url https://your.shop`."""
    with server.serve() as shop:
        yield shop.base_url
