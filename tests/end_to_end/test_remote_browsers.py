"""A region that is reached through a browser that runs elsewhere: Playwright's server, and a Chromium over CDP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING, cast

import pytest

from pytest_synthetic.channels import browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.demo.server import RunningShop
    from tests.end_to_end.conftest import RunPytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.installed() is None, reason="needs an installed Chromium to start as the remote one"),
]


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def first_match(pattern: str, lines: IO[str]) -> str:
    """What the first line that matches says; the process prints its endpoint as soon as it listens."""
    for line in lines:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"no line matches {pattern}")


@pytest.fixture
def cdp(tmp_path: Path) -> Iterator[str]:
    """A Chromium that listens for the DevTools protocol."""
    process = subprocess.Popen(
        [str(browser.installed()), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
         "--disable-background-networking", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield first_match(r"DevTools listening on (ws://\S+)", cast("IO[str]", process.stderr))
    stop(process)


@pytest.fixture
def playwright_server(tmp_path: Path) -> Iterator[str]:
    """`playwright launch-server` with the installed Chromium."""
    config = tmp_path / "server.json"
    options = {
        "executablePath": browser.installed(),
        "host": "127.0.0.1",
        "wsPath": "/secret",
        "args": ["--no-sandbox"],
    }
    config.write_text(json.dumps(options), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "playwright", "launch-server", "--browser=chromium", f"--config={config}"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    yield first_match(r"(ws://\S+)", cast("IO[str]", process.stdout))
    # The command is a Python wrapper around a node process: the whole group goes.
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(10)
    if process.stdout:
        process.stdout.close()


JOURNEY = """
import pytest
from playwright.sync_api import expect

@pytest.mark.journey("browse")
def test_browse(journey, page, region):
    with journey.step("open"):
        page.goto("/products/kettle")
        expect(page.get_by_test_id("price")).to_have_text("€49.90")
    assert page.evaluate("navigator.language") == region.locale == "fr-FR"
"""


@pytest.mark.parametrize(("kind", "key"), [("cdp", "cdp_endpoint"), ("playwright_server", "playwright_server")])
def test_a_journey_runs_in_the_region_s_own_browser(
    kind: str,
    key: str,
    request: pytest.FixtureRequest,
    shop: RunningShop,
    run_pytest: RunPytest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = request.getfixturevalue(kind)
    (tmp_path / "test_shop.py").write_text(JOURNEY, encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(
        f'[regions.eu]\n{key} = "{endpoint}"\nlocale = "fr-FR"\n', encoding="utf-8"
    )
    # No local browser can be found: what runs, runs remotely.
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))

    session = run_pytest(tmp_path, f"--base-url={shop.base_url}", "--synthetic-region=eu")

    (run,) = session.runs
    assert (run.verdict.value, run.region, run.browser) == ("passed", "eu", "chromium"), session.out
    assert run.browser_version
    assert "lcp" in {measurement.name for measurement in run.measurements}
