import pytest


@pytest.mark.journey("Sign up by SMS", stage="evaluation", owner="identity", depends_on="sms-gateway")
@pytest.mark.sla("40s")
def test_sign_up(journey, api, sms_inbox):
    with journey.step("ask for a code"), sms_inbox.expect(matching="code", within="30s", give_up="2m") as message:
        api.post("/signup", data={"phone": sms_inbox.address}).raise_for_status()

    with journey.step("confirm the number"):
        answer = api.post("/signup/code", data={"code": message.code})
        assert answer.url.endswith("/welcome"), "the code in the SMS must be accepted"
