"""Histories to be tested: each test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pytest_synthetic.history import database, store
from tests.postgres import needs_postgres, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.history.store import SqlHistory


@pytest.fixture(scope="package")
def postgres() -> Iterator[str]:
    with server() as address:
        yield f"{address}/postgres".replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[needs_postgres, pytest.mark.slow])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    address: str = request.getfixturevalue("postgres")
    history = store.SqlHistory(database.connect(address))
    with database.writing(history.engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    history.close()
    return address


@pytest.fixture
def history(url: str) -> Iterator[SqlHistory]:
    opened = store.opened(url)
    yield opened
    opened.close()
