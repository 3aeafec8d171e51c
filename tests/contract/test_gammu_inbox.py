"""The gammu inbox under the contract of all providers; files are written as the daemon writes them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.inboxes.gammu import GammuInbox, make
from pytest_synthetic.testing import InboxContract

PART = 67
"""Signs of one part of a long message in UTF-16."""


class TestGammuInbox(InboxContract):
    @pytest.fixture
    def folders(self, tmp_path: Path) -> dict[str, Path]:
        folders = {"+33600000001": tmp_path / "orange", "+33600000002": tmp_path / "sfr"}
        for folder in folders.values():
            folder.mkdir()
        return folders

    @pytest.fixture
    def provider(self, folders: dict[str, Path]) -> GammuInbox:
        numbers = [{"number": number, "folder": str(folder)} for number, folder in folders.items()]
        return make({"numbers": numbers}, clock=SystemClock(), sleep=time.sleep, folder=Path())

    @pytest.fixture
    def deliver(self, folders: dict[str, Path]) -> Callable[[str, str], None]:
        serials = count()

        def deliver(to: str, text: str) -> None:
            serial, units = next(serials), text.encode("utf-16-be")
            for number in range(0, len(units), 2 * PART):
                name = f"IN20261122_120000_{serial:02}_Shop_{number // (2 * PART):02}.txt"
                (folders[to] / name).write_bytes(b"\xfe\xff" + units[number : number + 2 * PART])

        return deliver

    @pytest.fixture
    def outage(self, folders: dict[str, Path]) -> Callable[[], None]:
        def unplug() -> None:
            for folder in folders.values():
                shutil.rmtree(folder)

        return unplug
