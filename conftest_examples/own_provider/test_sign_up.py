"""A journey that needs the code in an SMS."""

import pytest


@pytest.mark.journey("Sign up by SMS", stage="evaluation", owner="identity")
def test_sign_up(journey, api, sms_inbox):
    with journey.step("ask for a code"), sms_inbox.expect(within="5s", give_up="30s") as sms:
        api.post("/signup", data={"phone": sms_inbox.address})

    with journey.step("confirm the number"):
        answer = api.post("/signup/code", data={"code": sms.code})
        assert answer.url.endswith("/welcome"), "the code in the SMS must be accepted"
