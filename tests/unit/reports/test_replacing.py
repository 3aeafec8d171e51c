from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pytest_synthetic.reports import replacing


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(OSError, match="is no regular file"):
        replacing.replace(pipe, [b"figures"], new=0o644)

    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
