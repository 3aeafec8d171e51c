"""What tests of a watcher share: a history of their own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.history import store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with its tables, made once: that takes half a second."""
    file = tmp_path_factory.mktemp("empty") / "history.db"
    store.opened(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def url(tmp_path: Path, empty: Path) -> str:
    return f"sqlite:///{shutil.copy(empty, tmp_path / 'history.db')}"
