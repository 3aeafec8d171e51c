from __future__ import annotations

import importlib.metadata
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_synthetic.cli import checks
from pytest_synthetic.cli.checks import State
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.model.region import Region


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def silent() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def reached(*regions: Region, base_url: str | None = None) -> dict[str, checks.Finding]:
    settings = Settings(regions={region.name: region for region in regions}, base_url=base_url)
    return {finding.name: finding for finding in checks.reach(settings)}


def test_regions(listening: int, silent: int) -> None:
    found = reached(
        Region(name="eu", proxy=f"http://me:secret@127.0.0.1:{listening}"),
        Region(name="us", playwright_server=f"ws://127.0.0.1:{silent}/secret"),
        Region(name="both", proxy=f"socks5://127.0.0.1:{listening}", cdp_endpoint=f"http://127.0.0.1:{silent}"),
        Region(name="mine", here=True),
        Region(name="far"),
    )
    assert found["region eu"].told == f"proxy 127.0.0.1:{listening} answers"
    assert found["region us"].told == f"remote browser 127.0.0.1:{silent}: Connection refused"
    assert found["region both"].told == f"remote browser 127.0.0.1:{silent}: Connection refused"
    assert "SYNTHETIC_HERE" in found["region mine"].told
    assert "SYNTHETIC_HERE=far" in found["region far"].mend
    states = {name.removeprefix("region "): finding.state.value for name, finding in found.items()}
    assert states == {"eu": "ok", "us": "wrong", "both": "wrong", "mine": "ok", "far": "warn", "product": "warn"}
    assert not any("secret" in f"{finding.told}{finding.mend}" for finding in found.values())


def test_a_product_that_is_not_there(silent: int) -> None:
    found = reached(base_url=f"http://127.0.0.1:{silent}")["product"]
    assert found.state is State.WRONG
    assert str(silent) in found.told


def test_packages_that_are_missing_or_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda _: ["pytest>=99", "no-such-thing>=1", "click>=8", "flask>=3.1; extra == 'demo'"],
    )
    old, missing, good = checks.packages()
    assert (old.state, missing.state, good.state) == (State.WRONG, State.WRONG, State.OK)
    assert old.mend == "pip install 'pytest>=99'"
    assert missing.told == "no-such-thing: not installed, needed: no-such-thing>=1"
    assert good.told.startswith("click ")
    assert "," not in good.told


def test_settings_that_cannot_be_read_are_the_last_line(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_text("[regions.eu]\nproxi = 1\n", encoding="utf-8")
    *_, last = checks.examine(tmp_path, {})
    assert last.name == "settings"
    assert last.state is State.WRONG
    assert f"{tmp_path / 'synthetic.toml'}:2: regions.eu.proxi" in last.told
