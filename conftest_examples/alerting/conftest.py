"""Starts the demo shop for each run. For a product that runs already, delete this file and set `base_url`."""

from collections.abc import Iterator

import pytest

from pytest_synthetic.demo import server


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    with server.serve() as shop:
        yield shop.base_url
