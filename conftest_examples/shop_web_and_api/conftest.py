"""Starts the demo shop."""

from collections.abc import Iterator

import pytest

from pytest_synthetic.demo import server


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Where the shop is; `page` and `api` both use it."""
    with server.serve() as shop:
        yield shop.base_url
