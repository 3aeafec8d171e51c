"""A field filled by `secrets.fill`, in a real browser: its pixels say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from pytest_synthetic.channels import browser
from pytest_synthetic.core.secret import Secret, Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.slow

VALUES = {"A": "493021WWWW", "B": "iiii.,;llj"}
PAGE = """
<style>input, textarea, [contenteditable] { font: 20px serif; caret-color: transparent; width: 300px }</style>
<input id=code type=text style="-webkit-text-security: none !important">
<textarea id=area></textarea>
<div id=free contenteditable=true></div>
<iframe srcdoc="<input id=inner style='caret-color: transparent'>"></iframe>
<x-field></x-field>
<script>
  const root = document.querySelector("x-field").attachShadow({mode: "open"});
  root.innerHTML = "<input id=shadowed style='caret-color: transparent'>";
  // As a page that writes its own style anew with every key.
  document.querySelector("#code").addEventListener("input", e => { e.target.style.cssText = "" });
</script>
"""


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.installed(), args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_content(PAGE)
        yield page
        chromium.close()


def field(page: Page, selector: str) -> Locator:
    return page.frame_locator("iframe").locator(selector) if selector == "#inner" else page.locator(selector)


def pixels(page: Page) -> bytes:
    page.evaluate("document.activeElement.blur()")
    return page.screenshot()


def test_pixels_are_those_of_any_other_secret_of_its_length(page: Page) -> None:
    secrets = Secrets(lambda name: Secret(VALUES[name], name))
    for selector in ("#code", "#area", "#free", "#inner", "#shadowed"):
        shown = {}
        for name, value in VALUES.items():
            secrets.fill(field(page, selector), name)
            typed = field(page, selector).evaluate("element => element.value ?? element.textContent")
            assert typed == value
            shown[name] = pixels(page)
        assert shown["A"] == shown["B"], selector


def test_pixels_of_a_field_filled_without_it_differ(page: Page) -> None:
    shown = []
    for value in VALUES.values():
        page.locator("#code").fill(value)
        shown.append(pixels(page))

    assert shown[0] != shown[1]
