from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.errors import ConfigError


@pytest.mark.parametrize("address", ["http://[::1", "http://a:99999", "http://a:b", "http://a:0", "//a", "ftp://a"])
def test_an_address_that_cannot_be_used_is_a_complaint(tmp_path: Path, address: str) -> None:
    path = tmp_path / "synthetic.toml"
    path.write_text(f'base_url = "{address}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"synthetic\.toml:1: base_url: expected http://host or https://host"):
        files.load(path, {})
