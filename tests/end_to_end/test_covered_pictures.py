"""[evidence] cover: no picture shows what a selector covers, and no picture is taken that cannot be covered."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.model.evidence import Artifact
    from pytest_synthetic.model.run import RunResult
    from tests.end_to_end.conftest import RunPytest, Session

pytestmark = pytest.mark.slow

RED = b"\xff\x00\x00"
"""The colour of what is to be covered: a picture that shows none of it covers all."""

JOURNEYS = """
import pytest

BOX = "<div class='{}' style='background: #f00; width: 40px; height: 40px'></div>"
PAGE = "<!doctype html><h1>Shop</h1>{}<div style='height: 900px'></div>{}<iframe srcdoc=\\"{}\\"></iframe>"

@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 320, "height": 240}}

@pytest.fixture
def opened(page):
    body = PAGE.format(BOX.format("card"), BOX.format("card"), BOX.format("inner"))
    page.route("**/*", lambda route: route.fulfill(status=200, content_type="text/html", body=body))
    page.goto("http://shop.test/")
    page.frame_locator("iframe").locator(".inner").wait_for()
    return page

@pytest.mark.journey("Pay")
def test_pay(journey, opened):
    assert False
"""


@pytest.fixture
def failed(run_pytest: RunPytest, tmp_path: Path) -> Failed:
    return Failed(run_pytest, tmp_path)


class Failed:
    """A journey that fails on the page, with the settings given."""

    def __init__(self, run_pytest: RunPytest, folder: Path) -> None:
        self._run_pytest = run_pytest
        self._folder = folder

    def __call__(self, toml: str) -> Session:
        (self._folder / "test_shop.py").write_text(JOURNEYS, encoding="utf-8")
        (self._folder / "synthetic.toml").write_text(toml, encoding="utf-8")
        return self._run_pytest(self._folder)


def artifact(run: RunResult, name: str) -> Artifact:
    return next(artifact for artifact in run.artifacts if artifact.name == name)


def colours(session: Session, name: str) -> set[bytes]:
    path = artifact(session.named("Pay"), name).path
    assert path, artifact(session.named("Pay"), name)
    return set(pixels((session.folder / path).read_bytes()))


def pixels(png: bytes) -> list[bytes]:
    """The colours of a picture, pixel by pixel (PNG, 8 bits, not interlaced)."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    size = {2: 3, 6: 4}[kind]
    at, data = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    raw, before, found = zlib.decompress(data), bytearray(width * size), []
    for start in range(0, height * (width * size + 1), width * size + 1):
        line = bytearray(raw[start + 1 : start + 1 + width * size])
        _unfilter(raw[start], line, before, size)
        found += [bytes(line[x : x + 3]) for x in range(0, len(line), size)]
        before = line
    return found


def _unfilter(how: int, line: bytearray, before: bytearray, size: int) -> None:
    for x in range(len(line)):
        left, up = (line[x - size] if x >= size else 0), before[x]
        corner = before[x - size] if x >= size else 0
        near = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
        line[x] = (line[x] + (0, left, up, (left + up) // 2, near)[how]) & 255


def test_without_it_pictures_show_all(failed: Failed) -> None:
    session = failed("")

    assert RED in colours(session, "screenshot")
    assert RED in colours(session, "full page")


def test_what_fits_is_covered_below_the_window_and_in_frames_too(failed: Failed) -> None:
    session = failed('[evidence]\ncover = [".card", "css=.inner", ".crad"]\n')

    assert RED not in colours(session, "screenshot")
    assert RED not in colours(session, "full page")
    assert 'note: [evidence] cover: nothing fits ".crad" on the pages pictured of "Pay"\n' in session.out


def test_where_a_selector_cannot_be_read_there_is_no_picture(failed: Failed) -> None:
    session = failed('[evidence]\ncover = [".card", "["]\n')

    run = session.named("Pay")
    for name in ("screenshot", "full page"):
        missing = artifact(run, name)
        assert missing.path is None
        assert str(missing.missing).startswith('withheld: [evidence] cover: "[" cannot be covered: Unexpected token')
    assert artifact(run, "page outline").path
    assert 'no screenshot: withheld: [evidence] cover: "[" cannot be' in " ".join(session.out.split())


def test_no_video_is_recorded_beside_covered_pictures(failed: Failed) -> None:
    session = failed('[evidence]\ncover = [".card", ".inner"]\nvideo = true\n')

    assert [artifact.name for artifact in session.named("Pay").artifacts if "video" in artifact.name] == []
    assert "note: no video is recorded: it would show what [evidence] cover hides\n" in session.out
