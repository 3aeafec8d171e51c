"""Histories to be tested: each test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.history import store
from tests.postgres import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory


@pytest.fixture(params=["sqlite", POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    address: str = request.getfixturevalue("postgres")
    return address


@pytest.fixture
def history(url: str) -> Iterator[SqlHistory]:
    opened = store.opened(url)
    yield opened
    opened.close()
