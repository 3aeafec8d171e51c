"""Videos with a real browser: kept where no secret can be seen in them, withheld else."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright import __file__ as playwright

if TYPE_CHECKING:
    from pytest_synthetic.model.run import RunResult
    from tests.end_to_end.conftest import RunPytest

pytestmark = pytest.mark.slow

PRINTS = [sys.executable, "-c", "print('-'.join(['kiwi', '4711', 'Quartz']))"]
TOML = f"""
[evidence]
video = true
[secrets]
PW = {{ command = {json.dumps(PRINTS)} }}
KEY = {{ env = "SHOP_KEY" }}
"""
SUITE = """
import os, pytest

FORM = "<input id=a><p id=p>hello</p>"

@pytest.mark.journey("nothing")
def test_nothing(page):
    page.set_content(FORM)
    assert 0

@pytest.mark.journey("filled")
def test_filled(page, secrets):
    page.set_content(FORM)
    secrets.fill(page.locator("#a"), "PW")
    assert 0

@pytest.mark.journey("typed")
def test_typed(page, secrets):
    page.set_content(FORM)
    page.fill("#a", secrets["PW"])
    assert 0

@pytest.mark.journey("by the environment")
def test_environment(page):
    page.set_content(FORM)
    page.fill("#a", os.environ["SHOP_KEY"])
    assert 0

@pytest.mark.journey("shown by the page")
def test_shown(page):
    page.set_content(FORM)
    page.evaluate("p.textContent = [111, 112, 101, 110, 45, 115, 101, 115, 97, 109, 101].map(c => String.fromCharCode(c)).join('')")
    page.click("#a")
    assert 0

@pytest.mark.journey("pages closed early")
def test_pages(context, new_context):
    for made in (context, new_context()):
        page = made.new_page()
        page.set_content(FORM)
        page.close()
    made.close()
    assert 0
"""


@pytest.fixture
def filming(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give Playwright the system's ffmpeg, where Playwright's own is not installed."""
    from pytest_synthetic.channels.evidence_browser import video_hindrance

    if video_hindrance() is None:
        return
    if not (ffmpeg := shutil.which("ffmpeg")):
        pytest.skip("no ffmpeg")
    known = json.loads(Path(playwright).with_name("driver").joinpath("package", "browsers.json").read_text("utf-8"))
    revision = next(entry["revision"] for entry in known["browsers"] if entry["name"] == "ffmpeg")
    folder = tmp_path / "browsers" / f"ffmpeg-{revision}"
    folder.mkdir(parents=True)
    (folder / "ffmpeg-linux").symlink_to(ffmpeg)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(folder.parent))


def films(run: RunResult) -> list[str | None]:
    return [file.missing for file in run.artifacts if file.media_type == "video/webm"]


@pytest.mark.parametrize("how", [(), ("-n1", "--alluredir=allure")], ids=["one process", "a worker"])
def test_a_film_is_withheld_where_a_secret_may_be_seen(
    run_pytest: RunPytest, tmp_path: Path, filming: None, monkeypatch: pytest.MonkeyPatch, how: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SHOP_KEY", "open-sesame")
    (tmp_path / "test_shop.py").write_text(textwrap.dedent(SUITE), encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(TOML, encoding="utf-8")
    done = run_pytest(tmp_path, *how)
    withheld = ["withheld: a secret may be seen in it"]

    assert {run.name: films(run) for run in done.runs} == {
        "nothing": [None],
        "filled": [None],
        "typed": withheld,
        "by the environment": withheld,
        "shown by the page": withheld,
        "pages closed early": [None, None],
    }, done.out
    assert done.out.count("videos were withheld: a secret may be seen in them.") == 1
    kept = [path for path in tmp_path.rglob("*.webm") if path.read_bytes().startswith(b"\x1aE\xdf\xa3")]
    assert len([path for path in kept if path.is_relative_to(tmp_path / ".synthetic")]) == 4
    assert len([path for path in kept if path.is_relative_to(tmp_path / "allure")]) == (4 if how else 0)
    assert not list(tmp_path.rglob("*.withheld.txt"))


def test_without_a_trace_nobody_can_say(
    run_pytest: RunPytest, tmp_path: Path, filming: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "open-sesame")
    (tmp_path / "test_shop.py").write_text(textwrap.dedent(SUITE), encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(TOML.replace("video", 'trace = "off"\nvideo'), encoding="utf-8")

    assert films(run_pytest(tmp_path, "-k", "nothing").runs[0]) == ["withheld: a secret may be seen in it"]
