"""Starts the demo shop, unless the variable SHOP says where it runs."""

import os

import pytest

from pytest_synthetic.demo import server


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-synthetic reads synthetic.toml."""
    if "SHOP" not in os.environ:
        shop = server.serve()
        config.add_cleanup(shop.close)
        os.environ["SHOP"] = shop.base_url
        config.add_cleanup(lambda: os.environ.pop("SHOP", None))
