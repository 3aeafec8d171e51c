"""Sign up with a phone number: the code must come, and it must come in time."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pytest_synthetic import Journey


@pytest.mark.journey("Sign up by SMS", stage="evaluation", owner="identity", depends_on="sms-gateway")
@pytest.mark.schedule("15m")
@pytest.mark.sla(otp="5s")
@pytest.mark.slo(availability=0.99, window="30d")
@pytest.mark.mutates
def test_sign_up_by_sms(journey: Journey, page: Page, phone: str, code_sent_to: Callable[..., str]) -> None:
    heading = page.get_by_role("heading", level=1)

    with journey.step("ask for a code", sla="10s"):
        page.goto("/signup")
        page.get_by_label("Phone").fill(phone)
        asked = time.monotonic()
        page.get_by_role("button", name="Send code").click()
        expect(heading).to_have_text("Enter your code")

    with journey.step("receive the code", owner="messaging"):
        code = code_sent_to(phone, within=12)
        journey.measure("otp", time.monotonic() - asked, "s")

    with journey.step("confirm the number", sla="10s"):
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Confirm").click()
        expect(heading).to_have_text("Welcome")
