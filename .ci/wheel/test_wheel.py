"""One journey, run by a pytest that has pytest-synthetic from its wheel and nothing of the source."""

import sysconfig
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import pytest_synthetic
from pytest_synthetic import ApiSession, Journey


@pytest.mark.journey("The wheel works", stage="awareness", owner="packaging")
@pytest.mark.sla("30s")
def test_the_wheel_works(journey: Journey, page: Page, api: ApiSession) -> None:
    assert pytest_synthetic.__file__
    assert Path(pytest_synthetic.__file__).is_relative_to(sysconfig.get_path("purelib"))

    with journey.step("ask as a program does"):
        assert api.get("/api/ok").json() == {"ok": True}

    with journey.step("look as a customer does", sla="20s"):
        page.goto("/")
        expect(page.get_by_role("heading")).to_have_text("Hello")
