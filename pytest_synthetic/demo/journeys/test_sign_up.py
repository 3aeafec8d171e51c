"""Sign up with a phone number: the code must come, and it must come in time, whatever the carrier."""

import pytest
from playwright.sync_api import Page, expect

from pytest_synthetic import Inbox, Journey


@pytest.mark.journey("Sign up by SMS", stage="evaluation", owner="identity", depends_on="sms-gateway")
@pytest.mark.parametrize("carrier", ["Alto Mobile", "Bravo Telecom"])
@pytest.mark.schedule("15m")
@pytest.mark.slo(availability=0.99, window="30d")
@pytest.mark.mutates
def test_sign_up_by_sms(journey: Journey, page: Page, sms_inbox: Inbox, carrier: str) -> None:
    heading = page.get_by_role("heading", level=1)

    with sms_inbox.lease(carrier=carrier) as phone:
        with journey.step("give the number", sla="10s"):
            page.goto("/signup")
            page.get_by_label("Phone").fill(phone.address)

        with (
            journey.step("receive the code", owner="messaging"),
            phone.expect(matching="code", within="5s", give_up="12s") as message,
        ):
            page.get_by_role("button", name="Send code").click()

    with journey.step("confirm the number", sla="10s"):
        expect(heading).to_have_text("Enter your code")
        page.get_by_label("Code").fill(message.code)
        page.get_by_role("button", name="Confirm").click()
        expect(heading).to_have_text("Welcome")
